# Prints what a configuration decides on this host, in an order of its own,
# so that two hosts with the same configuration print the same.
cd /
echo "== accounts"
# Field 3 of shadow is the day of the last change. A process takes its time.
(cd /etc && awk -F: -v OFS=: 'FILENAME == "shadow" { $3 = "" } { print FILENAME, $0 }' passwd group shadow gshadow subuid subgid) | sort
echo "== files"
find etc/app/ etc/motd etc/systemd/system etc/profile.d srv home/keeper -xdev \
	! -path 'etc/systemd/system/*.d/lean.conf' -printf '%p %y %m %U %G\n' 2>/dev/null | sort
echo "== contents"
find -L etc/app etc/motd etc/systemd/system etc/profile.d srv home/keeper -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum
echo "== services"
pgrep -a -x sleep | sed 's/^[0-9]* //' | sort
systemctl list-units --failed --plain --no-legend
systemctl is-active always steady only-a only-b told late.timer late.service
echo "== left over"
find etc srv home var/lib usr/local -xdev -name '.activate-*'
ls /var/lib/activate/journal
find var/lib/activate/generations -maxdepth 2 -name staged -o -name .stage -o -name .removed
ls -d var/lib/activate run/activate etc/systemd/system/activate* etc/systemd/system/*/activate*
dmesg | grep -i 'ext4-fs error'
exit 0
