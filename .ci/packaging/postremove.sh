#!/bin/sh
# After the program went. A purge takes back all that was ever managed and then
# the state; removing and upgrading touch neither.
set -e
state=/var/lib/activate
[ "$1" = purge ] || exit 0
if [ -x "$state/activate-for-purge" ]; then
	"$state/activate-for-purge" deactivate
elif [ -L "$state/current" ] || [ -e "$state/current" ]; then
	# Links in /etc lead into the state.
	echo "activate: $state/activate-for-purge cannot run, so nothing can be taken back; the state stays." >&2
	echo "Install activate again and run activate deactivate, or allow programs below $state." >&2
	exit 1
fi
rm -rf "$state" /run/activate
rmdir /etc/activate 2>/dev/null || :
