# grow.sh TREE LISTS ARCHIVES PACKAGE...: installs packages in a tree, by this
# host's apt. It runs in a mount namespace of its own.
set -eu
tree=$1 lists=$2 archives=$3
shift 3
conf=$(mktemp)
trap 'rm -f "$conf"' EXIT
cat > "$conf" <<X
Dir "$tree";
Dir::State::lists "$lists";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "/dev/null";
Dir::Etc::Trusted "/etc/apt/trusted.gpg";
Dir::Etc::TrustedParts "/etc/apt/trusted.gpg.d/";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "true";
DPkg::Chroot-Directory "$tree";
DPkg::Options:: "--force-unsafe-io";
X
export APT_CONFIG="$conf" DEBIAN_FRONTEND=noninteractive
cache=$tree/var/cache/apt/archives
mkdir -p "$cache/partial" "$archives"
for deb in "$archives"/*.deb; do
	[ ! -e "$deb" ] || ln "$deb" "$cache/"
done
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sysfs "$tree/sys"
# No service starts: the tree is no host.
printf '#!/bin/sh\nexit 101\n' > "$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
# Lists from before may name what the mirror has no more.
apt-get -qqy install "$@" </dev/null || {
	flock "$lists" apt-get -qqy update
	apt-get -qqy install "$@" </dev/null
}
rm "$tree/usr/sbin/policy-rc.d"
for deb in "$cache"/*.deb; do
	[ -e "$deb" ] || continue
	ln "$deb" "$archives/" 2>/dev/null || :
	rm "$deb"
done
