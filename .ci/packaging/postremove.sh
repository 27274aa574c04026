#!/bin/sh
# After the program went. A purge takes back all that was ever managed and then
# the state; removing and upgrading touch neither.
set -e
state=/var/lib/activate
[ "$1" = purge ] || exit 0
if [ -x "$state/activate-for-purge" ]; then
	"$state/activate-for-purge" deactivate
fi
rm -rf "$state" /run/activate
rmdir /etc/activate 2>/dev/null || :
