package etc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Apply makes the changes in their order. One whose After already holds is
// skipped, so it may be called again after any interruption; undoing is
// applying plan.Inverses. It stops at the first error, which names the path
// and wraps rootfs.ErrChanged where the host is neither as before nor as after
// the change. The caller has called Save, and flushes the Root.
func (s *Subsystem) Apply(ctx context.Context, changes []plan.Change) error {
	own, err := s.owners()
	if err != nil {
		return err
	}
	// Others may have made directories since the plan.
	s.cfg.Root.Forget()
	for len(changes) > 0 {
		run, creations := leading(changes)
		if creations && len(run) >= manyCreations {
			err = s.create(ctx, run, own)
		} else {
			err = s.applyAll(ctx, run, own)
		}
		if err != nil {
			return err
		}
		changes = changes[len(run):]
	}
	return nil
}

// applyAll makes changes one after the other.
func (s *Subsystem) applyAll(ctx context.Context, changes []plan.Change, own Owners) error {
	made := map[string]bool{}
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if ch.Action == plan.Delete || ch.Action == plan.Replace {
			clear(made)
		}
		if err := s.apply(ch, own, made); err != nil {
			return fmt.Errorf("cannot %s %s: %w", ch.Action, s.cfg.Root.Name(PathOf(ch.Address)), rootfs.Reason(err))
		}
	}
	return nil
}

// step is one change under way.
type step struct {
	s             *Subsystem
	path          string
	before, after *State
	parents       []string
	own           Owners
	// parentsMade are those that this Apply made for earlier changes.
	parentsMade map[string]bool
}

func (s *Subsystem) apply(ch plan.Change, own Owners, parentsMade map[string]bool) error {
	st := step{s: s, path: PathOf(ch.Address), parents: ch.Parents, own: own, parentsMade: parentsMade}
	if why := s.forbidden(st.path); why != "" {
		return errors.New(why)
	}
	var err error
	if st.before, err = s.decode(ch.Before); err != nil {
		return err
	}
	if st.after, err = s.decode(ch.After); err != nil {
		return err
	}
	if done, err := st.linkAtOnce(); done || err != nil {
		return err
	}
	f, err := s.observe(st.path)
	if st.after == nil && (errors.Is(err, unix.ENAMETOOLONG) || errors.Is(err, rootfs.ErrLink)) {
		// What its file system has no name for was never made. Nor is anything of
		// ours behind a link that nothing is made through.
		f, err = found{path: st.path}, nil
	}
	if err != nil {
		return err
	}
	if st.after == nil && st.gaveWay(f) {
		return nil
	}
	if st.after == nil && st.isWay(f) {
		return st.prune()
	}
	if s.isCovered(st.path) {
		// It returned before the link that leads to it was replaced.
		return nil
	}
	return st.run(f)
}

// run makes the change if it is not made yet.
func (t step) run(f found) error {
	differs, err := t.s.differences(f, t.after, t.own)
	if err != nil {
		return err
	}
	if differs != "" {
		if err := t.check(f); err != nil {
			return err
		}
		if err := t.change(f); err != nil {
			return err
		}
	}
	if t.after == nil {
		return t.prune()
	}
	return t.remember()
}

// remember takes the stamp of what was made.
func (t step) remember() error {
	info, err := t.s.cfg.Root.Lstat(t.path)
	if err != nil {
		return err
	}
	t.stamp(info)
	return nil
}

func (t step) stamp(info rootfs.Info) {
	t.s.settled(found{path: t.path, info: info, target: t.after.Target}, t.after)
}

func (t step) change(f found) error {
	if t.after == nil {
		return t.remove()
	}
	if !f.exists() {
		if err := t.makeParents(); err != nil {
			return err
		}
	}
	switch t.after.Type {
	case Linked, Symlink:
		if err := t.clearDirectory(f); err != nil {
			return err
		}
		return t.link()
	case Directory:
		return t.directory(f)
	case File:
		if err := t.clearDirectory(f); err != nil {
			return err
		}
		return t.file(f)
	}
	return fmt.Errorf("cannot put back a path of type %q", t.after.Type)
}

// link makes the link.
func (t step) link() error {
	if err := t.s.cfg.Root.Symlink(t.after.Target, t.path); err != nil {
		return err
	}
	_, err := t.ownLink()
	return err
}

// ownLink gives a link that was just made the owner that one of before had, else
// root's: in a directory with setgid it has the directory's group. It gives what
// lstat(2) says then.
func (t step) ownLink() (rootfs.Info, error) {
	root := t.s.cfg.Root
	own := root.Private()
	uid, gid := own.UID, own.GID
	if t.after.UID != nil && t.after.GID != nil {
		uid, gid = *t.after.UID, *t.after.GID
	}
	info, err := root.Lstat(t.path)
	if err != nil || info.UID == uid && info.GID == gid {
		return info, err
	}
	if err := root.SetLinkOwner(t.path, uid, gid); err != nil {
		return info, err
	}
	return root.Lstat(t.path)
}

// remove takes the path away. A directory that got content since is kept.
func (t step) remove() error {
	err := t.s.cfg.Root.Remove(t.path)
	if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// prune removes the directories that were made for the path, from the inside,
// as far as they are empty.
func (t step) prune() error {
	for _, dir := range slices.Backward(t.parents) {
		info, err := t.s.cfg.Root.Lstat(dir)
		if err == nil {
			err = t.s.cfg.Root.RemoveDir(dir)
		}
		switch {
		case err == nil:
			t.s.pruned[dir] = rootfs.Attr{Mode: info.Mode, UID: info.UID, GID: info.GID}
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, rootfs.ErrLink):
		case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EBUSY), errors.Is(err, unix.ENOTDIR):
			return nil
		default:
			return err
		}
	}
	return nil
}

// makeParents makes the planned parents, the caller's and 0755, or as they were.
func (t step) makeParents() error {
	for _, dir := range t.parents {
		if t.parentsMade[dir] {
			continue
		}
		if err := t.makeParent(dir); err != nil {
			return err
		}
		t.parentsMade[dir] = true
	}
	return nil
}

func (t step) makeParent(dir string) error {
	attr, pruned := t.s.pruned[dir]
	if !pruned {
		attr = t.s.cfg.Root.Private()
		attr.Mode = 0o755
	}
	err := t.s.cfg.Root.Mkdir(dir, attr)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := t.s.cfg.Root.Lstat(dir)
	if err != nil || !t.halfMade(info, attr) {
		return err
	}
	return t.s.cfg.Root.SetAttr(dir, attr)
}

// clearDirectory removes the empty directory of ours that a file or link
// replaces; rename(2) can't.
func (t step) clearDirectory(f found) error {
	if f.info.Type != rootfs.Dir {
		return nil
	}
	return t.s.cfg.Root.Remove(t.path)
}

func (t step) directory(f found) error {
	attr, err := t.attr()
	if err != nil {
		return err
	}
	if f.info.Type == rootfs.Dir {
		return t.s.cfg.Root.SetAttr(t.path, attr)
	}
	if f.exists() {
		if err := t.s.cfg.Root.Remove(t.path); err != nil {
			return err
		}
	}
	return t.s.cfg.Root.Mkdir(t.path, attr)
}

// file writes the content, or only the attributes where the content is right
// and the file has no second name through which another path would change.
func (t step) file(f found) error {
	attr, err := t.attr()
	if err != nil {
		return err
	}
	// A file that exists is replaced by one that is on disk; a new one may be
	// flushed with all others.
	attr.Lazy = !f.exists()
	same := false
	if f.info.Type == rootfs.File {
		if same, err = t.s.holdsContent(f, *t.after); err != nil {
			return err
		}
	}
	if attr.Xattrs, err = t.s.cfg.Store.KeptXattrs(t.after.Xattrs); err != nil {
		return err
	}
	// What was observed says itself all that it had.
	attr.Restored = t.after.UID != nil
	if same && f.info.Nlink == 1 && attr.Xattrs == nil {
		return t.s.cfg.Root.SetAttr(t.path, attr)
	}
	content, err := t.content(same)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	return t.s.cfg.Root.WriteFileIf(t.path, content, attr, func() error { return t.still(f) })
}

func (t step) attr() (rootfs.Attr, error) {
	uid, gid, pending, err := t.own.ids(*t.after)
	if err == nil && pending {
		err = fmt.Errorf("its owner %s:%s does not exist yet", t.after.User, t.after.Group)
	}
	return rootfs.Attr{Mode: t.after.mode(), UID: uid, GID: gid}, err
}

// content opens the bytes to write; inPlace means that the path has them
// already and only needs an inode of its own.
func (t step) content(inPlace bool) (io.ReadCloser, error) {
	switch {
	case inPlace:
		return t.s.cfg.Root.Open(t.path)
	case t.after.SecretSource == "":
		return t.s.cfg.Store.Open(t.after.hash())
	}
	b, err := t.s.cfg.Root.ReadFile(rootfs.Rel(t.after.SecretSource), secretLimit)
	if err != nil {
		return nil, fmt.Errorf("cannot read its secret_source %s: %w", t.after.SecretSource, rootfs.Reason(err))
	}
	if t.after.Keyed != "" && t.s.cfg.Store.Keyed(b) != t.after.Keyed {
		return nil, fmt.Errorf("its secret_source %s: %w", t.after.SecretSource, rootfs.ErrChanged)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
