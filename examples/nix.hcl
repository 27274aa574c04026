# A multi-user Nix on a plain Debian with the package nix-bin:
#
#     activate switch examples/nix.hcl
#
# Afterwards any user can build through the daemon.

imports = ["nix"]

nix {
  build_users = 10
  max_jobs    = 2

  # Debian's Nix is not in the store, and neither is a shell: builds that use
  # the host's /bin/sh need to see the host. Remove this line once your builds
  # bring their own tools.
  sandbox = false

  settings = {
    "keep-outputs" = true
  }
}
