package daemon

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// Diff holds the desired unit files against the root. It reads only. Its
// changes are sorted by address, deletions after the rest; their states are
// of type State.
func (u *Units) Diff(ctx context.Context) (plan.Diff, error) {
	var d plan.Diff
	desired := map[plan.Address]bool{}
	for _, f := range u.sorted() {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		desired[f.Address] = true
		if err := u.diffFile(&d, f); err != nil {
			d.Problems = append(d.Problems, plan.Problemf(f.Address, f.Origin, "", "cannot write %s: %v", f.Address, err))
		}
	}
	for _, a := range slices.Sorted(maps.Keys(u.cfg.Last)) {
		if desired[a] {
			continue
		}
		if err := u.diffGone(&d, a); err != nil {
			d.Problems = append(d.Problems, plan.Problemf(a, "", "", "cannot remove %s: %v", a, err))
		}
	}
	return d, nil
}

// States is what a record keeps of the desired files, given back as
// Config.Last by a later run. It is called after Diff.
func (u *Units) States() (map[plan.Address]plan.State, error) {
	out := map[plan.Address]plan.State{}
	for _, f := range u.files {
		w, err := u.want(f)
		if err != nil {
			return nil, err
		}
		out[f.Address] = plan.Encode(w)
	}
	return out, nil
}

func (u *Units) sorted() []File {
	return slices.SortedFunc(slices.Values(u.files), func(a, b File) int {
		return strings.Compare(string(a.Address), string(b.Address))
	})
}

// want is the state f asks for, with the directories that are or become ours
// by it. It is worked out once: after Apply nothing tells any more which
// directories were missing.
func (u *Units) want(f File) (State, error) {
	w, ok := u.wants[f.Address]
	if ok {
		return w, nil
	}
	w = want(f)
	for _, dir := range u.needs(w) {
		ours := slices.Contains(u.made, dir)
		if !ours {
			_, err := u.cfg.Root.Lstat(dir)
			if ours = isMissing(err); err != nil && !ours {
				return w, err
			}
		}
		if ours {
			w.Made = append(w.Made, dir)
		}
	}
	u.wants[f.Address] = w
	return w, nil
}

// needs gives every directory that holds something of s, outermost first.
func (u *Units) needs(s State) []string {
	var dirs []string
	for _, p := range append([]string{s.Path}, linkNames(s)...) {
		for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (u *Units) diffFile(d *plan.Diff, f File) error {
	last, err := decode(f.Address, u.cfg.Last[f.Address])
	if err != nil {
		return err
	}
	w, err := u.want(f)
	if err != nil {
		return err
	}
	now, err := u.observe(f.Path, linkNames(w, last))
	if err != nil {
		return err
	}
	_, ours := u.cfg.Last[f.Address]
	switch {
	case now.same(w):
		d.Unchanged++
		if !ours {
			if d.Adopted == nil {
				d.Adopted = map[plan.Address]plan.State{}
			}
			d.Adopted[f.Address] = plan.Encode(now)
		}
		return nil
	case ours:
		now.Made = last.Made
	}
	ch := plan.New(f.Address, encode(now), plan.Encode(w), reason(now, w, last, ours), f.Origin)
	if ch.Action == plan.Update && (now.Target == "") != (w.Target == "") {
		ch.Action = plan.Replace
	}
	ch.Parents = u.missing(w)
	d.Changes = append(d.Changes, ch)
	return nil
}

// missing gives those of w's directories that are not there.
func (u *Units) missing(w State) []string {
	var out []string
	for _, dir := range w.Made {
		if _, err := u.cfg.Root.Lstat(dir); isMissing(err) {
			out = append(out, dir)
		}
	}
	return out
}

// reason says why now has to become w.
func reason(now, w, last State, ours bool) string {
	switch {
	case now.SHA256 == "" && now.Target == "" && ours:
		return "it is missing"
	case now.empty():
		return "new"
	case !ours:
		return "another file stands there"
	case !now.sameFile(last) && !now.sameFile(w):
		return "it was changed by hand"
	case now.SHA256 != w.SHA256:
		return "content differs"
	case now.Target != w.Target:
		return "the link differs"
	case now.sameFile(w):
		return "it is enabled otherwise"
	}
	return "mode or owner differs"
}

// diffGone plans the way back of a file that is no longer desired: to what
// stood there before it, or to nothing.
func (u *Units) diffGone(d *plan.Diff, a plan.Address) error {
	last, err := decode(a, u.cfg.Last[a])
	if err != nil {
		return err
	}
	earlier, err := decode(a, u.cfg.Earlier[a])
	if err != nil {
		return err
	}
	earlier.Path = last.Path
	now, err := u.observe(last.Path, linkNames(last, earlier))
	if err != nil {
		return err
	}
	now.Made = last.Made
	switch {
	case now.same(earlier):
		return nil
	case u.cfg.KeepEdited && !now.sameFile(last):
		d.Warnings = append(d.Warnings, plan.Problemf(a, "", "Remove it when it is no longer needed.",
			"%s was changed by hand and is left as it is", u.cfg.Root.Name(last.Path)))
		return nil
	}
	why := "no longer declared"
	if !earlier.empty() {
		why = "no longer declared; what stood there before comes back"
	}
	ch := plan.New(a, encode(now), encode(earlier), why, "")
	if ch.Action == plan.Update && (now.Target == "") != (earlier.Target == "") {
		ch.Action = plan.Replace
	}
	d.Changes = append(d.Changes, ch)
	return nil
}
