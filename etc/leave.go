package etc

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// leaving is the removals of a plan under way, and what they make of the paths
// they touch, so that what comes after is compared with the host as it will be
// then.
type leaving struct {
	s    *Subsystem
	own  Owners
	diff *plan.Diff
	// prune is the directories made for entries that no desired path needs.
	prune map[string]bool
	// after is the state of each path that leaves: nil when it will be free.
	after map[string]*State
	// freed counts the files and links that make way for a directory.
	freed int
}

// leave plans the way of everything in Last that is no longer desired, deepest
// path first.
func (s *Subsystem) leave(own Owners, diff *plan.Diff) (*leaving, error) {
	l := &leaving{s: s, own: own, diff: diff, prune: s.prunable(), after: map[string]*State{}}
	var going []Entry
	for _, e := range s.cfg.Last.Entries {
		if _, stays := s.desiredAt()[e.Path]; !stays {
			going = append(going, e)
		}
	}
	slices.SortStableFunc(going, func(a, b Entry) int { return strings.Compare(b.Path, a.Path) })
	for _, e := range going {
		if err := l.entry(e); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// prunable is the directories made for entries that no desired path, and nobody else,
// needs.
func (s *Subsystem) prunable() map[string]bool {
	out := map[string]bool{}
	for _, p := range s.cfg.Parents {
		if !s.needed[p] && !s.keeps(p) {
			out[p] = true
		}
	}
	return out
}

func (l *leaving) entry(e Entry) error {
	f, unseen := l.s.observe(e.Path)
	if unseen != nil && !errors.Is(unseen, rootfs.ErrLink) && !errors.Is(unseen, unix.ELOOP) && !errors.Is(unseen, unix.ENAMETOOLONG) {
		// It may well be there, and is ours until it is seen to be gone.
		l.diff.Problems = append(l.diff.Problems, plan.Problemf(e.Address, "", "", "%v", unseen))
		return nil
	}
	if unseen != nil {
		// A parent became somebody's link: nothing of ours is there.
		l.warn(e, "", "%v", unseen)
		return nil
	}
	original, err := l.s.decode(l.s.cfg.Originals[e.Address])
	if err != nil {
		return fmt.Errorf("cannot use the record of what stood at %s: %w", e.Address, err)
	}
	edited, err := l.s.edited(e, f, l.own.before())
	if err != nil {
		return err
	}
	covered := edited != "" && l.s.cfg.Root.Mounted(e.Path)
	if covered && f.info.Type == rootfs.Dir {
		l.warn(e, "Its own owner and mode are below the mount.", "cannot put back %s: %s, so it stays", l.s.cfg.Root.Name(e.Path), mountedOver)
		return nil
	}
	if covered {
		// What is there is no edit: what we made is still below it.
		l.diff.Problems = append(l.diff.Problems, l.s.mounted(e.Address, "", "remove"))
		return nil
	}
	if edited != "" {
		return l.editedOne(e, f, original, edited)
	}
	if stays, err := l.stays(e, f, original); stays || err != nil {
		return err
	}
	lost, err := l.lost(f, original)
	if err != nil {
		return err
	}
	if lost == rootfs.Unreadable {
		l.diff.Problems = append(l.diff.Problems, plan.Problemf(e.Address, "", "Run again; move the copy away to give it up.",
			"cannot put back what stood at %s: the copy of it, %s, is %s",
			l.s.cfg.Root.Name(e.Path), l.s.cfg.Root.Name(l.s.cfg.Store.Place(original.hash())), lost))
		return nil
	}
	if lost != "" {
		l.warn(e, "Bring the copy back first, or remove by hand what is not needed.",
			"cannot put back what stood at %s: the copy of it, %s, is %s, so what is there stays",
			l.s.cfg.Root.Name(e.Path), l.s.cfg.Root.Name(l.s.cfg.Store.Place(original.hash())), lost)
		if lost == "damaged" {
			// Somebody may still make something of it.
			l.diff.Unreturned = append(l.diff.Unreturned, original.hash())
		}
		return nil
	}
	bare, refused := l.withoutLost(e, original)
	if refused {
		return nil
	}
	return l.goTo(e, f, bare)
}

// editedOne leaves what somebody made of e's path. Where that is what stood there before
// us, it has returned already, and there is nothing to tell.
func (l *leaving) editedOne(e Entry, f found, original *State, edited string) error {
	if original != nil {
		differs, err := l.s.differences(f, original, l.own)
		if err != nil {
			return err
		}
		if differs == "" {
			l.after[e.Path] = original
			return nil
		}
	}
	l.warn(e, l.wayOut(original),
		"cannot remove %s: it was edited since it was made (%s), so it stays", l.s.cfg.Root.Name(e.Path), edited)
	return nil
}

// withoutLost is what stood there, less the extended attributes where their copy
// is lost: the rest returns. A copy that cannot be read now is not lost, and refused.
func (l *leaving) withoutLost(e Entry, original *State) (bare *State, refused bool) {
	if original == nil || original.Xattrs == "" {
		return original, false
	}
	store := l.s.cfg.Store
	name, copied := l.s.cfg.Root.Name(e.Path), l.s.cfg.Root.Name(store.Place(original.Xattrs))
	switch why := store.LostXattrs(e.Path, original.Xattrs); why {
	case "":
		return original, false
	case rootfs.Unreadable:
		l.diff.Problems = append(l.diff.Problems, plan.Problemf(e.Address, "", "Run again; move the copy away to give it up.",
			"cannot put back the extended attributes of %s: the copy of them, %s, is %s", name, copied, why))
		return nil, true
	default:
		l.warn(e, "Set them by hand.", "what stood at %s returns without its extended attributes: the copy of them, %s, is %s", name, copied, why)
	}
	without := *original
	without.Xattrs = ""
	return &without, false
}

// wayOut says what to do about an edited path that stays, and keeps what stood
// there before us.
func (l *leaving) wayOut(original *State) string {
	if original == nil || original.Type == Directory {
		return "Remove it by hand if it is not needed."
	}
	if original.Type != File {
		return fmt.Sprintf("A link to %s stood there before.", original.Target)
	}
	l.diff.Unreturned = append(l.diff.Unreturned, original.hash())
	return fmt.Sprintf("What stood there before is kept as %s.", l.s.cfg.Root.Name(l.s.cfg.Store.Place(original.hash())))
}

func (l *leaving) warn(e Entry, advice, format string, args ...any) {
	l.diff.Warnings = append(l.diff.Warnings, plan.Problemf(e.Address, "", advice, format, args...))
}

// stays tells whether e's path must stay because of what is below it.
func (l *leaving) stays(e Entry, f found, original *State) (bool, error) {
	if l.s.needed[e.Path] && e.Type == Directory && original == nil {
		return true, nil
	}
	if !f.exists() || e.Type != Directory || original != nil {
		return false, nil
	}
	why := mountedOver
	if !l.s.cfg.Root.Mounted(e.Path) {
		if vacated, err := l.vacated(e.Path); vacated || err != nil {
			return false, err
		}
		why = "it is not empty"
	}
	l.warn(e, "", "cannot remove %s: %s, so it stays", l.s.cfg.Root.Name(e.Path), why)
	return true, nil
}

// goTo adds the change from what f is to what stood there before.
func (l *leaving) goTo(e Entry, f found, original *State) error {
	l.after[e.Path] = original
	if original == nil && e.Type != Directory && l.s.needed[e.Path] {
		l.frees(e.Path)
	}
	differs, err := l.s.differences(f, original, l.own)
	if err != nil || differs == "" {
		return err
	}
	before, err := l.s.current(e, f)
	if err != nil {
		return err
	}
	why := "no longer in the configuration"
	if original != nil {
		before = ownedLink(before, f, original)
		why += ", what stood there before returns"
	}
	ch := l.s.change(e.Address, before, original, why, "")
	if original == nil {
		ch.Parents = ancestorsIn(e.Path, l.prune)
	}
	l.diff.Changes = append(l.diff.Changes, ch)
	return nil
}

// ownedLink gives a link of ours its owner where the link that stood there has
// another: their texts may be the same, and then only that tells them apart.
func ownedLink(before *State, f found, original *State) *State {
	if before == nil || !before.isLink() || !original.isLink() || original.UID == nil {
		return before
	}
	owned := *before
	owned.UID, owned.GID = &f.info.UID, &f.info.GID
	return &owned
}

// edited says how f, which an earlier run made for e, differs from that; ""
// when it does not, or is gone. The attributes of a directory that is to be
// removed do not matter.
func (s *Subsystem) edited(e Entry, f found, own Owners) (string, error) {
	_, returns := s.cfg.Originals[e.Address]
	if !f.exists() || e.Type == Directory && f.info.Type == rootfs.Dir && !returns {
		return "", nil
	}
	was, err := s.applied(e)
	if err != nil {
		return "", fmt.Errorf("cannot use the record of %s: %w", e.Address, err)
	}
	if _, _, _, err := own.ids(*was); err != nil {
		// An owner whose account is gone can't be compared, and is no edit.
		was.UID, was.GID = &f.info.UID, &f.info.GID
	}
	return s.differences(f, was, own)
}

// frees notes that the file or link at p makes way for a directory.
func (l *leaving) frees(p string) {
	l.after[p] = nil
	l.freed++
}

// clears tells whether a file or link that leaves stood where p needs a
// directory, so that nothing is at p whatever can be seen there now.
func (l *leaving) clears(p string) bool {
	if l.freed == 0 {
		return false
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if after, leaves := l.after[dir]; leaves && after == nil {
			return true
		}
	}
	return false
}

// vacated tells whether the directory p will be empty once the removals are
// done: everything in it leaves.
func (l *leaving) vacated(p string) (bool, error) {
	names, err := l.s.cfg.Root.ReadDir(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, rootfs.ErrLink) {
		return errors.Is(err, fs.ErrNotExist), nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read the directory %s: %w", l.s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	for _, name := range names {
		child := path.Join(p, name)
		if after, leaves := l.after[child]; leaves && after == nil {
			continue
		}
		if !l.prune[child] {
			return false, nil
		}
		if empty, err := l.vacated(child); !empty || err != nil {
			return false, err
		}
	}
	return true, nil
}

// ancestorsIn gives the directories above p that are in set, outermost first.
func ancestorsIn(p string, set map[string]bool) []string {
	var out []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if set[dir] {
			out = append(out, dir)
		}
	}
	slices.Reverse(out)
	return out
}
