#!/bin/sh
# Brings a fresh Debian to a configuration, as root: what examples/nix.hcl needs
# of the distribution, the program, and the switch. Again, it switches again.
# Usage: provision.sh PROGRAM CONFIG
set -eu
command -v nix-daemon >/dev/null || {
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends nix-bin
}
install -m 0755 "$1" /usr/local/bin/activate
exec /usr/local/bin/activate switch "$2"
