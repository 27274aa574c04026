#!/bin/sh
# Before the program goes. The host stays as it is: what activate manages goes
# on working. A copy of the program stays with the state, so that a purge can
# take everything back.
set -e
state=/var/lib/activate
case "$1" in
remove | 0)
	if [ -e "$state/current" ]; then
		cp -p /usr/bin/activate "$state/activate-for-purge"
		echo "activate is going; what it manages stays. To have the host as it was before:"
		echo "  $state/activate-for-purge deactivate"
	fi
	;;
esac
