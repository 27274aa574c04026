#!/bin/sh
# Installs what testvm needs on a Debian host. Run again, it does nothing.
set -eu
missing=
for pair in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap nsenter:util-linux systemd-analyze:systemd strace:strace hyperfine:hyperfine chromium:chromium qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils mke2fs:e2fsprogs xz:xz-utils zstd:zstd; do
	command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
	apt-get update -q
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
fi
