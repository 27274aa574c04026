package daemon

import (
	"errors"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Overrider is an Init that others can tell what a unit is in place of the files
// that Render makes.
type Overrider interface {
	// Overrides are the directories, relative to the root, with definitions that
	// count before those of Render, the first before the others.
	Overrides() []string
}

// diffOverrides tells of units that are something else than their files say, which
// are as they should be: the files of others that do it are not ours to remove.
func (u *Units) diffOverrides(d *plan.Diff) error {
	init, ok := u.cfg.Init.(Overrider)
	if !ok || len(u.files) == 0 {
		return nil
	}
	for _, dir := range init.Overrides() {
		names, err := u.namesIn(dir)
		if err != nil {
			return err
		}
		for _, f := range u.sorted() {
			if slices.Contains(names, path.Base(f.Path)) {
				d.Warnings = append(d.Warnings, u.hidden(f, path.Join(dir, path.Base(f.Path))))
			}
		}
	}
	if !u.cfg.TellDropIns {
		return nil
	}
	return u.diffDropIns(d, slices.Concat(init.Overrides(), u.editable()))
}

// hidden is the finding that the file by stands before that of f.
func (u *Units) hidden(f File, by string) plan.Problem {
	root := u.cfg.Root
	p := plan.Problemf(f.Address, f.Origin, "Remove "+root.Name(by)+" and have the init read its files again (systemctl daemon-reload).",
		"%s is not what is declared: %s stands before %s", path.Base(f.Path), root.Name(by), root.Name(f.Path))
	if state, err := u.masks(by); err == nil && state {
		p.Summary = path.Base(f.Path) + " can't start: " + root.Name(by) + " masks it"
	}
	p.Drift = true
	return p
}

// masks tells whether the file at p makes a unit none, by its being empty or a
// link to nowhere.
func (u *Units) masks(p string) (bool, error) {
	_, state, err := view{units: u}.read(p)
	return state == masked, err
}

// editable are the directories of the init where people and tools of the host put
// drop-ins; those of packages are elsewhere.
func (u *Units) editable() []string {
	return slices.DeleteFunc(slices.Clone(u.cfg.Init.Dirs()), func(dir string) bool {
		return dir != u.cfg.Init.Dirs()[0] && !strings.HasPrefix(dir, "etc/") && !strings.HasPrefix(dir, "run/")
	})
}

// diffDropIns tells of drop-ins of others for units of ours.
func (u *Units) diffDropIns(d *plan.Diff, dirs []string) error {
	for _, f := range u.sorted() {
		var found []string
		for _, dir := range dirs {
			at := path.Join(dir, path.Base(f.Path)+".d")
			names, err := u.namesIn(at)
			if err != nil {
				return err
			}
			for _, name := range names {
				if p := path.Join(at, name); strings.HasSuffix(name, ".conf") && !u.wanted(p) {
					found = append(found, u.cfg.Root.Name(p))
				}
			}
		}
		if len(found) > 0 {
			d.Warnings = append(d.Warnings, plan.Problemf(f.Address, f.Origin, "They are not managed here and stay.",
				"%s is more than what is declared, by drop-ins of others: %s", path.Base(f.Path), strings.Join(found, ", ")))
		}
	}
	return nil
}

// namesIn lists a directory that need not be there.
func (u *Units) namesIn(dir string) ([]string, error) {
	names, err := u.cfg.Root.ReadDir(dir)
	if isMissing(err) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, rootfs.Reason(err)
	}
	slices.Sort(names)
	return names, nil
}
