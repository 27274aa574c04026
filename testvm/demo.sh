#!/bin/sh
# The demo, run as root in a fresh Debian with systemd and the package nix-bin:
# one switch gives a working multi-user Nix. Each step is shown before it runs.
set -eu

step() {
	printf '\n\033[1m# %s\033[0m\n$ %s\n' "$1" "$2"
	sh -c "$2"
}

step "Nothing is set up: no build users, no daemon." \
	"getent group nixbld || echo 'no group nixbld'; systemctl is-active nix-daemon.socket || true"
step "What would happen?" \
	"activate plan /root/examples/nix.hcl | head -n 40"
step "Make it so." \
	"activate switch /root/examples/nix.hcl"
step "Again: nothing to do, in milliseconds." \
	"activate switch /root/examples/nix.hcl"
useradd --create-home alice
cat >/home/alice/hello.nix <<'NIX'
derivation {
  name = "hello";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo built by uid $(id -u) > $out" ];
  PATH = "/usr/bin:/bin";
}
NIX
step "An ordinary user builds through the daemon." \
	"runuser -l alice -c 'nix-build --no-out-link hello.nix' | tee /tmp/path; cat \$(cat /tmp/path)"
step "One setting changes: only the daemon restarts, the socket stays." \
	"activate switch --set nix.max_jobs=4 /root/examples/nix.hcl"
step "And back." \
	"activate rollback && activate generations"
