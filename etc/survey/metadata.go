package survey

import (
	"bytes"

	"github.com/activate-agent/activate/activation/rootfs"
)

// usual tells a mode, and root as the owner.
func usual(info rootfs.Info, mode uint32) bool {
	return info.Mode == mode && info.UID == 0 && info.GID == 0
}

// unlike says how a package's file whose content nobody changed differs from
// what packages install, "" if it does not. dpkg records neither mode nor owner;
// Debian Policy 10.9 has 0755 for what can be run and 0644 for the rest, all of
// it root's, and in /etc only scripts are run.
func (s *survey) unlike(p string, info rootfs.Info, content []byte) string {
	what, mode := "files with mode 0644", uint32(0o644)
	if bytes.HasPrefix(content, []byte("#!")) {
		what, mode = "programs with mode 0755", 0o755
	}
	if !s.Packages.Known(p) || usual(info, mode) {
		return ""
	}
	return "the content is the package's, but packages install " + what + " and root's"
}

// installedClosed tells the files that packages themselves install so that not
// everybody may read them.
func installedClosed(p string, mode uint32) bool {
	switch p {
	case "etc/sudoers", "etc/sudoers.d/README":
		return mode == 0o440
	case "etc/default/cacerts":
		return mode == 0o600
	}
	return false
}
