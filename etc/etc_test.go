package etc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
)

func open(t *testing.T) *host {
	t.Helper()
	h := newHost(t, t.TempDir())
	t.Cleanup(func() { _ = h.root.Close() })
	return h
}

func (h *host) write(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	p := filepath.Join(h.dir, name)
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, os.WriteFile(p, []byte(content), mode))
	must(t, os.Chmod(p, mode))
}

func (h *host) content(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	must(t, err)
	return string(b)
}

func actions(d plan.Diff) []string {
	var out []string
	for _, ch := range d.Changes {
		out = append(out, string(ch.Action)+" "+string(ch.Address))
	}
	return out
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	unknown := file("srv/f", "x", "0644")
	unknown.User = "nobody-here"
	inTheWay := file("srv/full", "x", "0644")
	fail := file("srv/there", "x", "0644")
	fail.OnConflict = "fail"
	unknownOfLink := linked("m", "x")
	unknownOfLink.Group = "nobody-here"
	cases := []struct {
		name    string
		entries []etc.Entry
		want    string
	}{
		{"an account file", []etc.Entry{copied("passwd", "x")}, "it is an account file"},
		{"an account file's backup", []etc.Entry{file("etc/shadow-", "x", "0644")}, "it is an account file"},
		{"the static link", []etc.Entry{linked("static/x", "x")}, "belongs to the agent"},
		{"the state directory", []etc.Entry{file(stateDir+"/x", "x", "0644")}, "in the state directory"},
		{"a path that climbs", []etc.Entry{{Address: "etc/../x", Path: "etc/../x", Type: etc.File, Content: text("")}}, "not a path below the root"},
		{"a name that is too long", []etc.Entry{file("srv/none/"+strings.Repeat("a", 256), "x", "0644")}, "at most 4095 and 255 bytes"},
		{"one path twice", []etc.Entry{file("srv/f", "x", "0644"), symlink("srv/f", "/x")}, "asks for the same path"},
		{"below a file", []etc.Entry{file("srv/f", "x", "0644"), file("srv/f/g", "x", "0644")}, "something else than a directory"},
		{"below a file on the host", []etc.Entry{file("srv/there/g", "x", "0644")}, "is a file, not a directory"},
		{"below another's link", []etc.Entry{file("srv/theirs/g", "x", "0644")}, "a link that is not root's"},
		{"an unknown owner", []etc.Entry{unknown}, `there is no user "nobody-here"`},
		{"an unknown owner of a link", []etc.Entry{unknownOfLink}, `there is no group "nobody-here"`},
		{"a directory in the way", []etc.Entry{inTheWay}, "a directory is in the way"},
		{"a FIFO in the way", []etc.Entry{file("srv/fifo", "x", "0644")}, "a FIFO is in the way"},
		{"a socket in the way", []etc.Entry{symlink("srv/socket", "/x")}, "a socket is in the way"},
		{"a link to a directory in the way of one", []etc.Entry{directory("srv/link", "0755")}, "a link to the directory"},
		{"on_conflict", []etc.Entry{fail}, "something else is there"},
		{"a mode that is none", []etc.Entry{file("srv/f", "x", "0999")}, "not three or four octal digits"},
		{"no target", []etc.Entry{symlink("srv/l", "")}, "target must have"},
		{"a missing secret", []etc.Entry{secretFile("srv/s", "/run/none")}, "its secret_source does not exist"},
	}
	h := open(t)
	h.write(t, "srv/full/f", "", 0o644)
	h.write(t, "srv/there", "other", 0o644)
	must(t, syscall.Mkfifo(filepath.Join(h.dir, "srv/fifo"), 0o644))
	must(t, syscall.Mknod(filepath.Join(h.dir, "srv/socket"), syscall.S_IFSOCK|0o644, 0))
	must(t, os.Symlink("full", filepath.Join(h.dir, "srv/link")))
	must(t, os.Symlink("full", filepath.Join(h.dir, "srv/theirs")))
	must(t, os.Lchown(filepath.Join(h.dir, "srv/theirs"), 1234, 1234))
	before := h.tree(t)
	for _, c := range cases {
		d := h.diff(t, c.entries...)
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, d.Problems, c.want)
			continue
		}
		if d.Problems[0].Origin == "" && c.entries[0].Origin != "" {
			t.Errorf("%s: no origin", c.name)
		}
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("a diff changed the host: %s", diff)
	}
}

func secretFile(p, source string) etc.Entry {
	e := file(p, "", "0600")
	e.Content = &etc.Content{SecretSource: source, Size: -1, Secret: true}
	return e
}

func TestDeclaredOwnerIsKnownBeforeItExists(t *testing.T) {
	t.Parallel()
	h := open(t)
	e := file("srv/f", "x", "0640")
	e.User, e.Group = "web", "web"
	h.owners.UserDeclared = func(n string) bool { return n == "web" }
	h.owners.GroupDeclared = h.owners.UserDeclared
	s := h.subsystem(desiredOf(e))
	d, err := s.Diff(context.Background())
	must(t, err)
	if len(d.Problems) > 0 || len(d.Changes) != 1 {
		t.Fatalf("got %+v", d)
	}
	h.stage(t, desiredOf(e))
	must(t, s.Save(context.Background(), d.Changes))
	if err := s.Apply(context.Background(), d.Changes); err == nil || !strings.Contains(err.Error(), "does not exist yet") {
		t.Fatalf("an owner that does not exist: %v", err)
	}
	h.owners.User = func(string) (uint32, bool) { return 77, true }
	h.owners.Group = func(string) (uint32, bool) { return 88, true }
	must(t, s.Apply(context.Background(), d.Changes))
	info, err := h.root.Lstat("srv/f")
	must(t, err)
	if info.UID != 77 || info.GID != 88 || info.Mode != 0o640 {
		t.Errorf("got %+v", info)
	}
}

func TestWhatStoodInTheWayComesBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "etc/motd", "theirs", 0o640)
	must(t, os.Chown(filepath.Join(h.dir, "etc/motd"), 5, 6))
	before := h.tree(t)
	if d := h.switchTo(t, linked("motd", "ours")); d.Changes[0].Action != plan.Replace {
		t.Errorf("got %v", actions(d))
	}
	if got, err := os.Readlink(filepath.Join(h.dir, "etc/motd")); err != nil || got != "/etc/static/motd" {
		t.Errorf("got %q, %v", got, err)
	}
	h.switchTo(t)
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

func TestOverwriteKeepsNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "etc/motd", "theirs", 0o644)
	e := copied("motd", "ours")
	e.OnConflict = "overwrite"
	h.switchTo(t, e)
	h.switchTo(t)
	if _, err := os.Lstat(filepath.Join(h.dir, "etc/motd")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it came back: %v", err)
	}
}

func TestAdoptedIsLeftInPlace(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/f", "same", 0o644)
	before := h.tree(t)
	d := h.switchTo(t, file("srv/f", "same", "0644"), directory("srv", "0755"))
	if len(d.Changes) != 0 || len(d.Adopted) != 2 {
		t.Errorf("got %+v", d)
	}
	h.switchTo(t)
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

func TestDriftPolicies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		policy            string
		changes, problems int
		warnings          int
	}{
		{"", 1, 0, 0}, {"overwrite", 1, 0, 0}, {"keep", 0, 0, 1}, {"fail", 0, 1, 0},
	}
	for _, c := range cases {
		t.Run("on_drift "+c.policy, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			e := copied("f", "ours")
			e.OnDrift = c.policy
			h.switchTo(t, e)
			h.write(t, "etc/f", "edit", 0o644)
			d := h.diff(t, e)
			if len(d.Changes) != c.changes || len(d.Problems) != c.problems || len(d.Warnings) != c.warnings {
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestAnEditedFileStaysWhenItLeaves(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.switchTo(t, copied("f", "ours"))
	h.write(t, "etc/f", "edited by hand", 0o644)
	d := h.switchTo(t)
	if len(d.Changes) != 0 || len(d.Warnings) != 1 || h.content(t, "etc/f") != "edited by hand" {
		t.Errorf("got %+v", d)
	}
}

func TestSecretsStayOutOfPlans(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/old", "hunter2-old", 0o600)
	h.write(t, "run/secret", "hunter2-new", 0o600)
	sensitive := file("srv/text", "hunter2-text", "0600")
	sensitive.Content = &etc.Content{Text: []byte("hunter2-text"), Secret: true}
	entries := []etc.Entry{secretFile("srv/old", "/run/secret"), sensitive}
	d := h.switchTo(t, entries...)
	if h.content(t, "srv/old") != "hunter2-new" || h.content(t, "srv/text") != "hunter2-text" {
		t.Fatal("not written")
	}
	s := h.subsystem(desiredOf(entries...))
	for _, ch := range d.Changes {
		for _, side := range []plan.State{ch.Before, ch.After} {
			if strings.Contains(string(side), "hunter2") || strings.Contains(string(side), `"sha256"`) {
				t.Errorf("a plan shows %s", side)
			}
		}
		if before, after, secret, err := s.Contents(ch); err != nil || !secret || before != nil || after != nil {
			t.Errorf("contents of %s: %q %q %v %v", ch.Address, before, after, secret, err)
		}
	}
	if d := h.diff(t, entries...); len(d.Changes) > 0 {
		t.Errorf("not converged: %v", actions(d))
	}
	h.write(t, "run/secret", "hunter2-changed", 0o600)
	if d := h.diff(t, entries...); len(d.Changes) != 1 {
		t.Errorf("a changed source: %v", actions(d))
	}
}

func TestContentsForPeople(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.switchTo(t, copied("f", "one"), linked("l", "eins"))
	entries := []etc.Entry{copied("f", "two"), linked("l", "zwei")}
	s := h.subsystem(desiredOf(entries...))
	d, err := s.Diff(context.Background())
	must(t, err)
	var got []string
	for _, ch := range d.Changes {
		before, after, secret, err := s.Contents(ch)
		must(t, err)
		if secret {
			t.Errorf("%s is no secret", ch.Address)
		}
		got = append(got, string(before)+" "+string(after))
	}
	if diff := cmp.Diff([]string{"one two", "eins zwei"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAttributesOfAFileWithTwoNamesAreNotChangedInPlace(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/precious", "x", 0o600)
	must(t, os.Link(filepath.Join(h.dir, "srv/precious"), filepath.Join(h.dir, "srv/trap")))
	e := file("srv/trap", "x", "0666")
	e.User = "1234"
	h.switchTo(t, e)
	info, err := h.root.Lstat("srv/precious")
	must(t, err)
	if info.Mode != 0o600 || info.UID != 0 {
		t.Errorf("the other name changed: %+v", info)
	}
}

// What an editor saves while the new content is written and flushed stays.
func TestSavedWhileItIsWritten(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"open", "fsync"} {
		h := open(t)
		h.write(t, "srv/f", "theirs", 0o644)
		desired := desiredOf(file("srv/f", "ours", "0644"))
		s := h.subsystem(desired)
		d, err := s.Diff(t.Context())
		must(t, err)
		h.stage(t, desired)
		must(t, s.Save(t.Context(), d.Changes))
		h.fault = func(at, name string) error {
			if at == op && strings.HasSuffix(name, "/srv/f") {
				h.write(t, "srv/f", "raced", 0o644)
			}
			return nil
		}
		err = s.Apply(t.Context(), d.Changes)
		if !errors.Is(err, rootfs.ErrChanged) || !strings.Contains(err.Error(), "/srv/f") {
			t.Errorf("at %s: got %v", op, err)
		}
		if got := h.tree(t); h.content(t, "srv/f") != "raced" || strings.Contains(got, ".activate-") {
			t.Errorf("at %s: %s", op, got)
		}
	}
}

func TestAppliedTwiceAndChangedInBetween(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/f", "theirs", 0o644)
	desired := desiredOf(file("srv/f", "ours", "0644"))
	s := h.subsystem(desired)
	d, err := s.Diff(context.Background())
	must(t, err)
	h.stage(t, desired)
	must(t, s.Save(context.Background(), d.Changes))
	h.write(t, "srv/f", "raced", 0o644)
	err = s.Apply(context.Background(), d.Changes)
	if !errors.Is(err, rootfs.ErrChanged) || !strings.Contains(err.Error(), "/srv/f") {
		t.Fatalf("got %v", err)
	}
	if h.content(t, "srv/f") != "raced" {
		t.Error("the race was lost")
	}
}

func TestParentsAreMadeAndPruned(t *testing.T) {
	t.Parallel()
	h := open(t)
	before := h.tree(t)
	h.switchTo(t, file("srv/a/b/c", "x", "0644"), linked("d/e/f", "y"))
	h.switchTo(t, linked("d/g", "y"))
	if _, err := os.Lstat(filepath.Join(h.dir, "srv")); err == nil {
		t.Error("/srv stays")
	}
	h.write(t, "etc/d/foreign", "", 0o644)
	h.switchTo(t)
	must(t, os.Remove(filepath.Join(h.dir, "etc/d/foreign")))
	must(t, os.Remove(filepath.Join(h.dir, "etc/d")))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

// A power cut leaves of a new file what had reached the disk.
func TestAFileThatAPowerCutLeftIsFinished(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789abcdef", 10_000)
	for name, c := range map[string]struct {
		left string
		ok   bool
	}{
		"nothing":           {"", true},
		"a part":            {text[:4096], true},
		"a large part":      {text[:131072], true},
		"all":               {text, true},
		"something else":    {"an administrator was quicker", false},
		"more":              {text + "and more", false},
		"a part with edits": {text[:4000] + "!" + text[4001:5000], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			desired := desiredOf(file("srv/big", text, "0644"))
			h.stage(t, desired)
			d, err := h.subsystem(desired).Diff(t.Context())
			must(t, err)
			h.write(t, "srv/big", c.left, 0o644)
			h.resume = true
			err = h.subsystem(desired).Apply(t.Context(), d.Changes)
			got := h.content(t, "srv/big")
			if c.ok && (err != nil || got != text) {
				t.Errorf("%v, %d bytes", err, len(got))
			}
			if !c.ok && (!errors.Is(err, rootfs.ErrChanged) || got != c.left) {
				t.Errorf("%v, %d bytes", err, len(got))
			}
		})
	}
}
