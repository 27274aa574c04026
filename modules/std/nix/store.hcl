# The store and what goes with it.

option "read_only_store" {
  type        = bool
  default     = host.init == "systemd"
  description = "Mounts /nix/store read-only over itself, so that nothing but the daemon writes there. On by default where the init can do it before the daemon starts."
  example     = false
}

option "per_user_mode" {
  type        = mode
  default     = "0755"
  description = "The mode of profiles/per-user and gcroots/per-user. Since 2.4 Nix makes what is in them itself; an older one needs \"1777\"."
  example     = "1777"
}

directory "tree" {
  for_each = toset([
    "/nix",
    "/nix/var",
    "/nix/var/log",
    "/nix/var/log/nix",
    "/nix/var/log/nix/drvs",
    "/nix/var/nix",
    "/nix/var/nix/builds",
    "/nix/var/nix/daemon-socket",
    "/nix/var/nix/db",
    "/nix/var/nix/gcroots",
    "/nix/var/nix/profiles",
    "/nix/var/nix/temproots",
    "/nix/var/nix/userpool",
  ])
  path = each.key
  mode = "0755"
}

directory "per-user" {
  for_each = toset(["/nix/var/nix/gcroots/per-user", "/nix/var/nix/profiles/per-user"])
  path     = each.key
  mode     = self.per_user_mode
}

directory "/nix/store" {
  mode  = "1775"
  user  = "root"
  group = self.build_users > 0 ? "nixbld" : "root"
}

# Nix before 2.8 finds profiles only through this link.
symlink "/nix/var/nix/gcroots/profiles" {
  target = "/nix/var/nix/profiles"
}

mount "/nix/store" {
  when    = self.read_only_store
  what    = "/nix/store"
  type    = "bind"
  options = ["ro"]
  before  = ["nix-daemon"]
}
