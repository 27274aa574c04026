# What a person does to a Debian over the years.
set -e

groupadd -g 1500 devs
useradd -m -c 'Ann Example,,,' -s /bin/bash -G sudo,devs ann
mkdir -m 700 /home/ann/.ssh
echo 'ssh-ed25519 AAAA ann@laptop' >/home/ann/.ssh/authorized_keys
chmod 600 /home/ann/.ssh/authorized_keys
chown -R ann: /home/ann/.ssh
echo 'ann:correct horse battery staple' | chpasswd
useradd -u 1444 -g users -M -d /srv/bob -e 2031-01-31 bob
useradd -m --badname Carol.X
usermod -aG devs www-data
mkdir -p /var/lib/systemd/linger
touch /var/lib/systemd/linger/ann

# Configuration files of packages.
echo 'alias ll="ls -l"' >>/etc/bash.bashrc
[ ! -e /etc/ssh/sshd_config ] || echo 'PermitRootLogin no' >>/etc/ssh/sshd_config
rm /etc/issue.net
chmod -x /etc/cron.daily/dpkg
[ ! -e /etc/deluser.conf ] || chown ann:devs /etc/deluser.conf
chown ann:devs /etc/debian_version
chmod 640 /etc/pam.conf
chmod 2775 /etc/skel
dpkg-divert --quiet --local --rename --add /etc/pam.d/other
echo '# mine' >/etc/pam.d/other

# Files of nobody, with all that text can have.
printf 'x = "${y}" %%{z} $${q} \\u0041\n\tb\nEOT\n' >/etc/odd.conf
printf 'no newline' >/etc/no-newline
printf 'a\r\nb\r\n' >/etc/crlf
printf 'e\314\201\n' >/etc/decomposed
head -c 3000 /dev/urandom >/etc/binary
seq 9999 >/etc/large
: >/etc/empty
chmod 755 /etc/crlf
chown ann:devs /etc/no-newline
chmod 4711 /etc/empty
echo 'password = hunter2' >/etc/secret
chmod 600 /etc/secret
mkdir -m 2775 /etc/app.d
chgrp devs /etc/app.d
echo 1 >'/etc/app.d/a b.conf'
ln -s ../odd.conf /etc/app.d/link
mkdir -m 700 /etc/closed
echo hunter2 >/etc/closed/x
mkfifo /etc/fifo

# Units.
cd /etc/systemd/system
printf '[Unit]\nDescription=An "app" at ${HOME} %%n\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\nAlias=app-alias.service\n' >app.service
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' >job.service
printf '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n' >job.timer
printf '[Socket]\nListenStream=/run/echo.sock\nAccept=yes\n[Install]\nWantedBy=sockets.target\n' >echo.socket
printf '[Service]\nExecStart=/bin/cat\nStandardInput=socket\n' >echo@.service
for name in inst@ stopped disabled failing; do
	printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >$name.service
done
sed -i 's/sleep.*/false/' failing.service
mkdir dbus.service.d
printf '[Service]\nNice=5\n' >dbus.service.d/nice.conf
systemctl daemon-reload
systemctl --quiet enable --now app.service job.timer echo.socket inst@a.service stopped.service failing.service
systemctl stop stopped.service
systemctl --quiet mask fstrim.timer
systemctl --quiet set-default multi-user.target
