package survey_test

import (
	"crypto/md5"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/etc/dpkg"
	"github.com/activate-agent/activate/etc/survey"
)

// host is a root in the making.
type host struct {
	t   *testing.T
	dir string
	// owned and conffiles become the package database.
	owned, conffiles string
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir()}
	h.must(os.MkdirAll(h.at("etc/systemd/system/multi-user.target.wants"), 0o755))
	return h
}

func (h *host) at(p string) string { return filepath.Join(h.dir, p) }

func (h *host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) file(p, text string, mode uint32) {
	h.t.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.at(p)), 0o755))
	h.must(os.WriteFile(h.at(p), []byte(text), 0o600))
	h.must(unix.Chmod(h.at(p), mode))
}

func (h *host) link(p, target string) {
	h.t.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.at(p)), 0o755))
	h.must(os.Symlink(target, h.at(p)))
}

// conffile is installed with the text "a\n" and holds another, or is gone.
func (h *host) conffile(p, now string, mode uint32) {
	h.t.Helper()
	h.installed(p, "a\n", now, mode)
}

// installed is a conffile that was installed with a text.
func (h *host) installed(p, text, now string, mode uint32) {
	h.t.Helper()
	sum := md5.Sum([]byte(text))
	h.conffiles += " /" + p + " " + hex.EncodeToString(sum[:]) + "\n"
	if now != "" {
		h.file(p, now, mode)
	}
}

func (h *host) owns(p string) { h.owned += "/" + p + "\n" }

// survey gives what is found as lines: list, path, mode, owner, what.
func (h *host) survey() string {
	h.t.Helper()
	h.file("var/lib/dpkg/status", "Package: p\nConffiles:\n"+h.conffiles, 0o644)
	h.file("var/lib/dpkg/info/p.list", h.owned, 0o644)
	root, err := rootfs.Open(h.dir)
	h.must(err)
	defer func() { _ = root.Close() }()
	packages, err := dpkg.Read(root)
	h.must(err)
	found, err := survey.Etc(survey.Options{
		Root: root, Packages: packages,
		UserName:    func(id uint32) (string, bool) { return "www-data", id == 33 },
		GroupName:   func(uint32) (string, bool) { return "", false },
		Expressible: func(s string) bool { return !strings.Contains(s, "\x80") },
	})
	h.must(err)
	var b strings.Builder
	for _, e := range found.Changed {
		b.WriteString("changed " + line(e))
	}
	for _, e := range found.Added {
		b.WriteString("added " + line(e))
	}
	for _, r := range found.Notes {
		b.WriteString("note " + r.Path + ": " + r.Reason + "\n")
	}
	for _, r := range found.Remarks {
		b.WriteString("remark " + r.Path + ": " + r.Reason + "\n")
	}
	return b.String()
}

func line(e etc.Entry) string {
	what := e.Target
	if e.Content != nil {
		what = string(e.Content.Text)
	}
	return strings.Join([]string{string(e.Address), e.Mode, e.User, e.Group, strings.TrimSpace(what)}, " ") + "\n"
}

func TestEtc(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		make func(h *host)
		want string
	}{
		"nothing": {func(*host) {}, ""},
		"configuration files of packages": {func(h *host) {
			h.conffile("etc/same", "a\n", 0o600)
			h.conffile("etc/other", "b\n", 0o640|0o004)
			h.conffile("etc/secret", "hidden\n", 0o440)
			h.conffile("etc/gone", "", 0)
		}, "changed etc/other 0644 root root b\nremark /etc/same: not everybody may read it, mode 0600; the content is the package's\nremark /etc/secret: not everybody may read it, mode 0440\nremark /etc/gone: a package installed it, and it is gone\n"},
		"only the mode or owner of a package's file was changed": {func(h *host) {
			h.conffile("etc/same", "a\n", 0o644)
			h.conffile("etc/suid", "a\n", 0o4755)
			h.conffile("etc/program", "a\n", 0o755)
			h.conffile("etc/given", "a\n", 0o644)
			h.must(os.Chown(h.at("etc/given"), 33, 0))
			h.conffile("etc/hidden", "a\n", 0o600)
			h.conffile("etc/sudoers", "a\n", 0o440)
			h.installed("etc/cron.daily/on", "#!/bin/sh\n", "#!/bin/sh\n", 0o755)
			h.installed("etc/cron.daily/off", "#!/bin/sh\n", "#!/bin/sh\n", 0o644)
			h.owns("etc/team.d")
			h.must(os.Mkdir(h.at("etc/team.d"), 0o755))
			h.must(unix.Chmod(h.at("etc/team.d"), 0o2775))
			h.owns("etc/secret.d")
			h.must(os.Mkdir(h.at("etc/secret.d"), 0o700))
			h.owns("etc/unknown")
			h.file("etc/unknown", "1\n", 0o664)
		}, "changed etc/cron.daily/off 0644 root root #!/bin/sh\nchanged etc/given 0644 www-data root a\nchanged etc/program 0755 root root a\n" +
			"changed etc/suid 4755 root root a\nchanged directory//etc/team.d 2775 root root \n" +
			"note /etc/cron.daily/off: the content is the package's, but packages install programs with mode 0755 and root's\n" +
			"note /etc/given: the content is the package's, but packages install files with mode 0644 and root's\n" +
			"note /etc/program: the content is the package's, but packages install files with mode 0644 and root's\n" +
			"note /etc/suid: the content is the package's, but packages install files with mode 0644 and root's\n" +
			"note /etc/team.d: it is a package's, and packages install directories with mode 0755 and root's\n" +
			"remark /etc/hidden: not everybody may read it, mode 0600; the content is the package's\n"},
		"diverted files": {func(h *host) {
			h.conffile("etc/mine", "1\n", 0o644)
			h.file("etc/mine.distrib", "a\n", 0o644)
			h.conffile("etc/theirs", "1\n", 0o644)
			h.file("etc/theirs.distrib", "a\n", 0o644)
			h.file("var/lib/dpkg/info/other:amd64.list", "/etc/theirs\n", 0o644)
			h.file("var/lib/dpkg/diversions", "/etc/mine\n/etc/mine.distrib\n:\n/etc/theirs\n/etc/theirs.distrib\nother\n", 0o644)
		}, "added etc/mine 0644 root root 1\n"},
		"files of nobody": {func(h *host) {
			h.file("etc/x/y", "1\n", 0o4755)
			h.must(os.Chown(h.at("etc/x/y"), 33, 77))
			h.must(unix.Chmod(h.at("etc/x/y"), 0o4755))
			h.file("etc/closed", "hidden\n", 0o600)
			h.file("etc/key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o644)
			h.file("etc/bad\x80name", "1\n", 0o644)
			h.file("etc/a.dpkg-old", "1\n", 0o644)
			h.must(unix.Mkfifo(h.at("etc/fifo"), 0o644))
			h.owns("etc/owned")
			h.file("etc/owned", "1\n", 0o644)
		}, "added etc/x/y 4755 www-data 77 1\nremark /etc/bad\x80name: its name is not UTF-8 in the form that HCL keeps (NFC)\n" +
			"remark /etc/closed: not everybody may read it, mode 0600\nremark /etc/fifo: it is a FIFO\nremark /etc/key: it holds a private key, although everybody may read it\n"},
		"directories": {func(h *host) {
			h.file("etc/closed/x", "hidden\n", 0o644)
			h.must(unix.Chmod(h.at("etc/closed"), 0o750))
			h.owns("etc/sudoers.d")
			h.owns("etc/sudoers.d/README")
			h.file("etc/sudoers.d/README", "1\n", 0o440)
			h.file("etc/sudoers.d/me", "hidden\n", 0o644)
			h.must(unix.Chmod(h.at("etc/sudoers.d"), 0o750))
			h.file("etc/app/x", "1\n", 0o644)
			h.must(unix.Chmod(h.at("etc/app"), 0o775))
			h.must(os.Mkdir(h.at("etc/empty"), 0o711))
		}, "added directory//etc/app 0775 root root \nadded etc/app/x 0644 root root 1\n" +
			"remark /etc/closed: not everybody may enter it, mode 0750; what is in it stays as it is\n" +
			"remark /etc/sudoers.d/me: not everybody may enter /etc/sudoers.d, mode 0750\n"},
		"links": {func(h *host) {
			h.link("etc/localtime", "/usr/share/zoneinfo/UTC")
			h.link("etc/editor", "/etc/alternatives/editor")
			h.link("etc/rc2.d/S01x", "../init.d/x")
			h.link("etc/vconsole.conf", "default/keyboard")
			h.file("usr/lib/tmpfiles.d/x.conf", "#\nL /etc/vconsole.conf - - - - default/keyboard\n", 0o644)
			h.link("etc/bad", "\x80")
		}, "added symlink//etc/localtime    /usr/share/zoneinfo/UTC\nremark /etc/bad: it leads to a name that is not UTF-8 in the form that HCL keeps (NFC)\n"},
		"links of systemd": {func(h *host) {
			h.link("etc/systemd/system/multi-user.target.wants/a.service", "/lib/systemd/system/a.service")
			h.link("etc/systemd/system/multi-user.target.wants/b.service", "../b.service")
			h.link("etc/systemd/system/alias.service", "/usr/lib/systemd/system/a.service")
			h.link("etc/systemd/system/masked.service", "/dev/null")
			h.link("etc/systemd/system/removed.service", "/dev/null")
			h.file("var/lib/systemd/deb-systemd-helper-masked/removed.service", "", 0o644)
			h.link("etc/systemd/system/default.target", "/lib/systemd/system/rescue.target")
		}, "added symlink//etc/systemd/system/default.target    /lib/systemd/system/rescue.target\nadded symlink//etc/systemd/system/masked.service    /dev/null\n" +
			"added symlink//etc/systemd/system/multi-user.target.wants/b.service    ../b.service\n"},
		"what scripts of packages make": {func(h *host) {
			h.file("usr/share/base-files/profile", "p\n", 0o644)
			h.file("etc/profile", "p\n", 0o644)
			h.file("usr/share/base-files/motd", "m\n", 0o644)
			h.file("etc/motd", "changed\n", 0o644)
			h.file("etc/environment", "", 0o644)
			h.file("etc/apparmor.d/local/x", "# Site-specific\n\n", 0o644)
			h.file("etc/apparmor.d/local/y", "# Site-specific\n/srv r,\n", 0o644)
			h.file("etc/hosts.deny", "# none\n", 0o644)
			h.file("etc/machine-id", "0\n", 0o444)
			h.file("etc/ssh/ssh_host_rsa_key.pub", "0\n", 0o644)
		}, "added etc/apparmor.d/local/y 0644 root root # Site-specific\n/srv r,\nadded etc/motd 0644 root root changed\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			c.make(h)
			if diff := cmp.Diff(c.want, h.survey()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
