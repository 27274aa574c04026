package survey

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// generated tells the paths that programs make for themselves or that stand
// for this one machine. A directory among them is not entered.
func generated(p string) bool {
	name := strings.TrimPrefix(p, "etc/")
	switch name {
	// Accounts are users' business; the password history is pam_unix(8)'s.
	case "passwd", "group", "shadow", "gshadow", "subuid", "subgid", "passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-",
		".pwd.lock", "security/opasswd":
		return true
	// Which machine this is, what its network said, and what is mounted.
	case "machine-id", "machine-info", "hostname", "resolv.conf", "mtab", "adjtime", ".updated", "hostid":
		return true
	// Caches and lists that tools of packages write anew.
	case "ld.so.cache", "shells", "udev/hwdb.bin", "ca-certificates.conf", "alternatives", "ssl/certs", "dpkg/origins/default",
		"pam.d/common-account", "pam.d/common-auth", "pam.d/common-password", "pam.d/common-session", "pam.d/common-session-noninteractive",
		"console-setup", "xml", "sgml", "python3", "runit/runsvdir", "ssl/private/ssl-cert-snakeoil.key", "lvm/archive", "lvm/backup", "lvm/cache":
		return true
	// Ours, and a history of others.
	case "activate", "static", "systemd/system/activate-boot.service", "systemd/system/activate-booted.service", ".git", ".etckeeper":
		return true
	}
	if runlevel, _, _ := strings.Cut(name, "/"); len(runlevel) == 5 && strings.HasPrefix(runlevel, "rc") && strings.HasSuffix(runlevel, ".d") {
		return true
	}
	return strings.HasPrefix(name, "ssh/ssh_host_") || leftover(path.Base(name))
}

// leftover tells the copies that dpkg(1) and ucf(1) keep beside a file.
func leftover(base string) bool {
	return slices.ContainsFunc([]string{".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak", ".dpkg-tmp", ".dpkg-remove", ".dpkg-backup", ".ucf-old", ".ucf-dist", ".ucf-new"},
		func(suffix string) bool { return strings.HasSuffix(base, suffix) })
}

// generatedLink tells the links that tools make: alternatives, what systemctl
// enables of a package's units, masks that a removed package left, ours.
func (s *survey) generatedLink(p, target string) bool {
	abs := target
	if !path.IsAbs(target) {
		abs = path.Join("/", path.Dir(p), target)
	}
	switch {
	case strings.HasPrefix(abs, "/etc/alternatives/"), strings.HasPrefix(abs, "/etc/static/"):
		return true
	case p == "etc/systemd/system/default.target":
		return false
	case !strings.HasPrefix(p, "etc/systemd/system/") && !strings.HasPrefix(p, "etc/systemd/user/"):
		return false
	case abs == "/dev/null":
		there, err := s.Root.Exists("var/lib/systemd/deb-systemd-helper-masked/" + path.Base(p))
		return err == nil && there
	case generated(strings.TrimPrefix(abs, "/")):
		return true
	}
	return strings.HasPrefix(abs, "/usr/lib/systemd/") || strings.HasPrefix(abs, "/lib/systemd/") || s.Packages.Owns(rootfs.Rel(abs))
}

// pristine tells whether a file that no package lists is still what a package's
// script made of a file of the package.
func (s *survey) pristine(p string, content []byte) bool {
	base := path.Base(p)
	if (p == "etc/hosts.allow" || p == "etc/hosts.deny" || strings.HasPrefix(p, "etc/apparmor.d/")) && onlyComments(content) {
		return true
	}
	if p == "etc/environment" && len(content) == 0 || p == "etc/fstab" && bytes.Equal(bytes.TrimSpace(content), []byte("# UNCONFIGURED FSTAB FOR BASE SYSTEM")) {
		return true
	}
	for _, from := range []string{"usr/share/base-files/" + base, "usr/share/libc-bin/" + base, "usr/share/readline/" + base, "usr/share/factory/" + p} {
		original, err := s.Root.ReadFile(from, limit)
		if err == nil && bytes.Equal(original, content) {
			return true
		}
	}
	return false
}

// onlyComments tells a file without a setting.
func onlyComments(content []byte) bool {
	for line := range bytes.Lines(content) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// tmpfilesLinks are the links below /etc that tmpfiles.d(5) of the distribution
// has made.
func tmpfilesLinks(root *rootfs.Root) (map[string]bool, error) {
	const dir = "usr/lib/tmpfiles.d"
	names, err := root.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	out := map[string]bool{}
	for _, name := range names {
		text, err := root.ReadFile(path.Join(dir, name), limit)
		if err != nil {
			// A link to elsewhere, or no file at all: then more is taken for a
			// person's.
			continue
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) >= 2 && f[0][0] == 'L' {
				out[rootfs.Rel(f[1])] = true
			}
		}
	}
	return out, nil
}

// privateKey tells keys in PEM, PKCS#8 and OpenSSH's form.
func privateKey(content []byte) bool {
	return bytes.Contains(content, []byte("PRIVATE KEY-----"))
}
