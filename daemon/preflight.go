package daemon

import (
	"fmt"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// preflight finds the flags of chattr(1), the mounts and the read-only file systems
// that would stop a change of a unit's files half way.
func (u *Units) preflight(d *plan.Diff) {
	looked := map[string]error{}
	for _, ch := range d.Changes {
		if err := u.hindrance(ch, looked); err != nil {
			d.Problems = append(d.Problems, plan.Problemf(ch.Address, ch.Origin, "", "cannot %s %s: %v", ch.Action, ch.Address, err))
		}
	}
}

// hindrance is why ch can't be made. What the directories say is kept in looked.
func (u *Units) hindrance(ch plan.Change, looked map[string]error) error {
	before, err := decode(ch.Address, ch.Before)
	if err != nil {
		return err
	}
	after, err := decode(ch.Address, ch.After)
	if err != nil {
		return err
	}
	for _, p := range touched(before, after) {
		dir := path.Dir(p)
		if _, known := looked[dir]; !known {
			looked[dir] = u.cfg.Root.ClosedBeside(dir, path.Dir(u.cfg.Store.Place("")))
		}
		if looked[dir] != nil {
			return looked[dir]
		}
		if u.cfg.Root.Immutable(p) {
			return fmt.Errorf("%s is immutable; take the flag off with chattr -i -a", u.cfg.Root.Name(p))
		}
		if u.cfg.Root.Mounted(p) {
			return fmt.Errorf("something is mounted over %[1]s; unmount it with umount %[1]s", u.cfg.Root.Name(p))
		}
	}
	return nil
}

// touched gives the paths of files and links that are not the same in both states.
func touched(before, after State) []string {
	var out []string
	if before.Path != after.Path || !before.sameFile(after) {
		for _, s := range []State{before, after} {
			if s.SHA256 != "" || s.Target != "" {
				out = append(out, s.Path)
			}
		}
	}
	for _, p := range partNames(before, after) {
		if before.Parts[p] != after.Parts[p] {
			out = append(out, p)
		}
	}
	for _, p := range linkNames(before, after) {
		if before.Links[p] != after.Links[p] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
