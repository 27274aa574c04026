package daemon

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
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
	u.preflight(&d)
	return d, u.diffOverrides(&d)
}

// Leaves tells whether ch is about something that the configuration no longer
// asks for: its deletion, or the return of what stood there before.
func (u *Units) Leaves(ch plan.Change) bool {
	return !slices.ContainsFunc(u.files, func(f File) bool { return f.Address == ch.Address })
}

// Originals gives the map to record with the generation that d makes: what
// stood at each desired address before it became ours, further files and enablement
// links of others that a later generation replaced included.
func (u *Units) Originals(d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	for _, f := range u.files {
		if s, ok := u.cfg.Earlier[f.Address]; ok {
			out[f.Address] = s
		}
	}
	for a, s := range d.Adopted {
		if a.Kind() == plan.KindUnit || a.Kind() == plan.KindMount {
			out[a] = s
		}
	}
	for _, ch := range d.Changes {
		if ch.Before == nil || u.Leaves(ch) {
			continue
		}
		if _, ours := u.cfg.Last[ch.Address]; !ours {
			out[ch.Address] = ch.Before
		} else if s := u.withForeign(ch, out[ch.Address]); s != nil {
			out[ch.Address] = s
		}
	}
	return out
}

// withForeign adds to what stood at ch's address the further files and links that ch
// replaces and that are not ours, and the attributes of what was only adopted so far.
func (u *Units) withForeign(ch plan.Change, earlier plan.State) plan.State {
	// States that cannot be read have made New or Diff fail.
	last, _ := decode(ch.Address, u.cfg.Last[ch.Address])
	before, _ := decode(ch.Address, ch.Before)
	original, _ := decode(ch.Address, earlier)
	original.addXattrs(before, last)
	original.addParts(before, last)
	for link, text := range before.Links {
		_, known := original.Links[link]
		if _, ours := last.Links[link]; ours || known {
			continue
		}
		original.Links = maps.Clone(original.Links)
		if original.Links == nil {
			original.Links = map[string]string{}
		}
		original.Links[link] = text
		if owner, theirs := before.LinkOwners[link]; theirs {
			original.LinkOwners = maps.Clone(original.LinkOwners)
			if original.LinkOwners == nil {
				original.LinkOwners = map[string]LinkOwner{}
			}
			original.LinkOwners[link] = owner
		}
	}
	original.Path = before.Path
	return encode(original)
}

// addParts adds the further files of before that neither s nor last has.
func (s *State) addParts(before, last State) {
	for _, p := range partNames(before) {
		_, known := s.Parts[p]
		if _, ours := last.Parts[p]; ours || known {
			continue
		}
		s.Parts = maps.Clone(s.Parts)
		s.setPart(p, before.Parts[p])
		s.takeXattrs(p, before)
	}
}

// Parents gives the list to record with the generation that d makes: the
// directories made for unit files, now or earlier, that are still needed.
func (u *Units) Parents(d plan.Diff) []string {
	var out []string
	for _, f := range u.files {
		for _, dir := range leads(f.Address, want(f)) {
			if slices.Contains(u.cfg.Parents, dir) {
				out = append(out, dir)
			}
		}
	}
	for _, ch := range d.Changes {
		if !u.Leaves(ch) {
			out = append(out, ch.Parents...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (u *Units) sorted() []File {
	return slices.SortedFunc(slices.Values(u.files), func(a, b File) int {
		return strings.Compare(string(a.Address), string(b.Address))
	})
}

// needs gives every directory that holds something of s, outermost first.
func needs(s State) []string {
	paths := slices.Concat(linkNames(s), partNames(s))
	if s.SHA256 != "" || s.Target != "" {
		paths = append(paths, s.Path)
	}
	return above(paths...)
}

// above gives every directory above the paths, outermost first.
func above(paths ...string) []string {
	var dirs []string
	for _, p := range paths {
		for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// leads gives every directory that is there for the sake of s, at a, outermost
// first: those it needs, and the place of a mount, which the init makes.
func leads(a plan.Address, s State) []string {
	dirs := needs(s)
	if a.Kind() != plan.KindMount || s.empty() {
		return dirs
	}
	for dir := rootfs.Rel(a.Name()); dir != "."; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (u *Units) diffFile(d *plan.Diff, f File) error {
	last, err := decode(f.Address, u.cfg.Last[f.Address])
	if err != nil {
		return err
	}
	w := u.want(f)
	now, err := u.observe(f.Path, w, last)
	if err != nil {
		return err
	}
	_, ours := u.cfg.Last[f.Address]
	if ours && last.Path != f.Path {
		return u.diffMoved(d, f, last, w)
	}
	if now.same(w) {
		d.Unchanged++
		if ours {
			return nil
		}
		if now, err = u.withLinkOwners(now); err != nil {
			return err
		}
		if d.Adopted == nil {
			d.Adopted = map[plan.Address]plan.State{}
		}
		d.Adopted[f.Address] = plan.Encode(now)
		return nil
	}
	if now, err = u.withAttributes(now); err != nil {
		return err
	}
	ch := plan.New(f.Address, encode(now), plan.Encode(w), reason(now, w, last, ours), f.Origin)
	if ch.Action == plan.Update && (now.Target == "") != (w.Target == "") {
		ch.Action = plan.Replace
	}
	ch.Parents = u.missing(f.Address, w)
	d.Changes = append(d.Changes, ch)
	return nil
}

// diffMoved plans a file that goes from where one init reads it to where
// another does.
func (u *Units) diffMoved(d *plan.Diff, f File, last, w State) error {
	now, err := u.observe(last.Path, last)
	if err == nil {
		err = u.recordable(now)
	}
	if err != nil {
		return err
	}
	ch := plan.New(f.Address, encode(now), plan.Encode(w), "another init reads it", f.Origin)
	ch.Parents = append(u.missing(f.Address, w), u.madeFor(f.Address, now)...)
	d.Changes = append(d.Changes, ch)
	return nil
}

// missing gives those of the directories that w, at a, leads to that are not
// there.
func (u *Units) missing(a plan.Address, w State) []string {
	var out []string
	for _, dir := range leads(a, w) {
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
	case !maps.Equal(now.Parts, w.Parts):
		return "content of its further files differs"
	case now.sameFile(w):
		return "it is enabled otherwise"
	}
	return "mode or owner differs"
}

// edited gives the path of what of now is there and not as we left it, empty where
// there is none.
func edited(now, last State) string {
	if (now.SHA256 != "" || now.Target != "") && !now.sameFile(last) {
		return last.Path
	}
	for _, p := range partNames(now) {
		if now.Parts[p] != last.Parts[p] {
			return p
		}
	}
	return ""
}

// wayOut says what to do about an edited file that stays, and keeps what stood
// there before us.
func (u *Units) wayOut(d *plan.Diff, earlier State) string {
	contents := slices.Sorted(maps.Values(contentsOf(earlier)))
	if len(contents) == 0 {
		return "Remove it when it is no longer needed."
	}
	var places []string
	for _, sha := range slices.Compact(contents) {
		d.Unreturned = append(d.Unreturned, sha)
		places = append(places, u.cfg.Root.Name(u.cfg.Store.Place(sha)))
	}
	return fmt.Sprintf("What stood there before is kept as %s.", strings.Join(places, ", "))
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
	now, err := u.observe(last.Path, last, earlier)
	if err != nil {
		return err
	}
	switch {
	case now.same(earlier):
		// Already so, but for attributes that a file of ours has not.
		if lacks, err := u.lacksAny(earlier); err != nil || !lacks {
			return err
		}
	case now.empty(), earlier.same(last):
		// Removed by somebody, or never more than adopted.
		return nil
	case u.cfg.KeepEdited && edited(now, last) != "":
		d.Warnings = append(d.Warnings, plan.Problemf(a, "", u.wayOut(d, earlier),
			"%s was changed by hand and is left as it is", u.cfg.Root.Name(edited(now, last))))
		return nil
	}
	p, lost := u.lost(now, earlier)
	if lost == rootfs.Unreadable {
		d.Problems = append(d.Problems, plan.Problemf(a, "", "Run again; move the copy away to give it up.",
			"what stood at %s cannot come back: its copy in the state directory is %s", u.cfg.Root.Name(p), lost))
		return nil
	}
	if lost != "" {
		d.Warnings = append(d.Warnings, plan.Problemf(a, "", "What is there stays; put back or remove it by hand.",
			"what stood at %s cannot come back: its copy in the state directory is %s", u.cfg.Root.Name(p), lost))
		return nil
	}
	if u.dropLostXattrs(d, a, &earlier) {
		return nil
	}
	if now, err = u.withAttributes(now); err != nil {
		return err
	}
	why := "no longer declared"
	if !earlier.empty() {
		why = "no longer declared; what stood there before comes back"
	}
	ch := plan.New(a, encode(now), encode(earlier), why, "")
	if ch.Action == plan.Update && (now.Target == "") != (earlier.Target == "") {
		ch.Action = plan.Replace
	}
	ch.Parents = u.madeFor(a, now)
	d.Changes = append(d.Changes, ch)
	return nil
}
