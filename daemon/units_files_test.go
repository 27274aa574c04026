package daemon_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// host is a root directory with a store, and what the last generation put
// there.
type host struct {
	t       *testing.T
	dir     string
	root    *rootfs.Root
	store   *rootfs.Store
	last    map[plan.Address]plan.State
	earlier map[plan.Address]plan.State
	parents []string
	keep    bool
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir(), last: map[plan.Address]plan.State{}, earlier: map[plan.Address]plan.State{}}
	h.write("etc/systemd/system/.keep", "")
	root, err := rootfs.Open(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	store, err := rootfs.OpenStore(root, "state/key", "state/blobs")
	if err != nil {
		t.Fatal(err)
	}
	h.root, h.store = root, store
	return h
}

func (h *host) write(path, text string) {
	h.t.Helper()
	full := filepath.Join(h.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) link(path, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(h.dir, path)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(text, filepath.Join(h.dir, path)); err != nil {
		h.t.Fatal(err)
	}
}

// tree gives every path below etc with its content or link text.
func (h *host) tree() map[string]string {
	h.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Join(h.dir, "etc"), func(p string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(h.dir, p)
		switch {
		case e.IsDir():
			out[rel] = "directory"
		case e.Type()&os.ModeSymlink != 0:
			text, err := os.Readlink(p)
			out[rel] = "-> " + text
			return err
		default:
			text, err := os.ReadFile(p)
			out[rel] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *host) units(d daemon.Desired) *daemon.Units {
	h.t.Helper()
	u, err := daemon.New(daemon.Config{
		Init: systemd.Offline(), Root: h.root, Store: h.store, Desired: d,
		Last: h.last, Earlier: h.earlier, Parents: h.parents, KeepEdited: h.keep,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

func (h *host) diff(d daemon.Desired) plan.Diff {
	h.t.Helper()
	diff, err := h.units(d).Diff(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return diff
}

// apply takes the host to d as the engine does, and keeps the records.
func (h *host) apply(d daemon.Desired) plan.Diff {
	h.t.Helper()
	u := h.units(d)
	diff, err := u.Diff(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if len(diff.Problems) > 0 {
		h.t.Fatalf("problems: %v", diff.Problems)
	}
	h.must(u.Save(h.t.Context(), diff.Changes))
	h.must(u.Apply(h.t.Context(), diff.Changes))
	h.parents, h.earlier = u.Parents(diff), u.Originals(diff)
	maps.Copy(h.last, diff.Adopted)
	for _, ch := range diff.Changes {
		if u.Leaves(ch) {
			delete(h.last, ch.Address)
		} else {
			h.last[ch.Address] = ch.After
		}
	}
	return diff
}

func (h *host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func actions(d plan.Diff) map[string]string {
	out := map[string]string{}
	for _, ch := range d.Changes {
		out[string(ch.Address)] = string(ch.Action) + ": " + ch.Reason
	}
	return out
}

func web(argv ...string) daemon.Desired {
	return daemon.Desired{Services: []daemon.Service{{
		Name: "web", Process: &daemon.Process{Argv: argv}, PartOf: []string{"default"},
		Autostart: true, RestartIfChanged: true, Origin: "web.hcl:1",
	}}}
}

const (
	webFile = "etc/systemd/system/web.service"
	webLink = "etc/systemd/system/multi-user.target.wants/web.service"
)

func TestApplyThenNothingToDo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	before := h.tree()

	diff := h.apply(web("/bin/one"))
	if d := cmp.Diff(map[string]string{"unit/web.service": "create: new"}, actions(diff)); d != "" {
		t.Error(d)
	}
	if got := h.tree()[webLink]; got != "-> /etc/systemd/system/web.service" {
		t.Errorf("the enablement link is %q", got)
	}
	again := h.diff(web("/bin/one"))
	if len(again.Changes) != 0 || again.Unchanged != 1 {
		t.Errorf("second diff: %v, %d unchanged", actions(again), again.Unchanged)
	}
	h.apply(daemon.Desired{})
	if d := cmp.Diff(before, h.tree()); d != "" {
		t.Errorf("removal does not restore the tree: %s", d)
	}
}

func TestUndoRestoresTheTree(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(web("/bin/one"))
	before := h.tree()
	desired := web("/bin/two")
	desired.Services = append(desired.Services, daemon.Service{
		Name: "more", Process: &daemon.Process{Argv: []string{"/bin/more"}}, PartOf: []string{"extra"},
	})
	desired.Services[0].Autostart = false

	u := h.units(desired)
	diff, err := u.Diff(t.Context())
	h.must(err)
	h.must(u.Save(t.Context(), diff.Changes))
	h.must(u.Apply(t.Context(), diff.Changes))
	h.must(u.Apply(t.Context(), diff.Changes)) // as after an interruption
	if _, still := h.tree()[webLink]; still {
		t.Error("web is still enabled")
	}
	h.must(u.Apply(t.Context(), plan.Inverses(diff.Changes)))
	if d := cmp.Diff(before, h.tree()); d != "" {
		t.Errorf("undo does not restore the tree: %s", d)
	}
}

func TestWhatStoodInTheWayComesBack(t *testing.T) {
	t.Parallel()
	for name, foreign := range map[string]func(*host){
		"file": func(h *host) { h.write(webFile, "[Service]\nExecStart=/bin/theirs\n") },
		"mask": func(h *host) { h.link(webFile, "/dev/null") },
		"enabled elsewhere": func(h *host) {
			h.write(webFile, "[Service]\nExecStart=/bin/theirs\n")
			h.link(webLink, "/lib/systemd/system/web.service")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			foreign(h)
			before := h.tree()
			h.apply(web("/bin/one"))
			h.apply(web("/bin/two"))
			if got := h.tree()[webLink]; got != "-> /etc/systemd/system/web.service" {
				t.Errorf("the enablement link is %q", got)
			}
			h.apply(daemon.Desired{})
			if d := cmp.Diff(before, h.tree()); d != "" {
				t.Errorf("removal does not bring back what stood there: %s", d)
			}
		})
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm func(*host)
		want string
	}{
		"edited":   {func(h *host) { h.write(webFile, "[Service]\n") }, "update: it was changed by hand"},
		"removed":  {func(h *host) { h.must(os.Remove(filepath.Join(h.dir, webFile))) }, "update: it is missing"},
		"disabled": {func(h *host) { h.must(os.Remove(filepath.Join(h.dir, webLink))) }, "update: it is enabled otherwise"},
		"mode":     {func(h *host) { h.must(os.Chmod(filepath.Join(h.dir, webFile), 0o600)) }, "update: it was changed by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.apply(web("/bin/one"))
			whole := h.tree()
			c.harm(h)
			if d := cmp.Diff(map[string]string{"unit/web.service": c.want}, actions(h.apply(web("/bin/one")))); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(whole, h.tree()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEditedFileIsKeptOnRequest(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(web("/bin/one"))
	h.write(webFile, "[Service]\nExecStart=/bin/mine\n")
	h.keep = true
	diff := h.diff(daemon.Desired{})
	if len(diff.Changes) != 0 || len(diff.Warnings) != 1 {
		t.Errorf("changes %v, warnings %v", actions(diff), diff.Warnings)
	}
}

func TestAdopted(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	files, err := systemd.Offline().Render(web("/bin/one"))
	h.must(err)
	h.write(webFile, string(files[0].Content))
	h.link(webLink, "/etc/systemd/system/web.service")
	before := h.tree()

	diff := h.apply(web("/bin/one"))
	if len(diff.Changes) != 0 || diff.Adopted["unit/web.service"] == nil {
		t.Errorf("changes %v, adopted %v", actions(diff), diff.Adopted)
	}
	h.apply(web("/bin/two"))
	h.apply(daemon.Desired{})
	if d := cmp.Diff(before, h.tree()); d != "" {
		t.Errorf("an adopted file does not come back: %s", d)
	}
}

func TestApplyRefusesAnotherState(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	u := h.units(web("/bin/one"))
	diff, err := u.Diff(t.Context())
	h.must(err)
	h.write(webFile, "came in between\n")
	err = u.Apply(context.Background(), diff.Changes)
	if !isChanged(err) {
		t.Errorf("Apply over a changed host: %v", err)
	}
	if got := h.tree()[webFile]; got != "came in between\n" {
		t.Errorf("the file was overwritten: %q", got)
	}
}

func TestDirectoryInTheWayIsAProblem(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.write(webFile+"/x", "")
	diff := h.diff(web("/bin/one"))
	if len(diff.Problems) != 1 || diff.Problems[0].Origin != "web.hcl:1" {
		t.Errorf("problems: %v", diff.Problems)
	}
}

func isChanged(err error) bool { return errors.Is(err, rootfs.ErrChanged) }
