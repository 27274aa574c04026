package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Save keeps the content of every Before of changes in the store, so that it
// can come back. It runs before Apply.
func (u *Units) Save(ctx context.Context, changes []plan.Change) error {
	if hasSecrets(u.cfg.Desired) {
		// With another key the next run would see other triggers.
		if err := u.cfg.Store.SaveKey(); err != nil {
			return err
		}
	}
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		before, err := decode(ch.Address, ch.Before)
		if err != nil {
			return err
		}
		if err := u.keep(before); err != nil {
			return fmt.Errorf("cannot save %s: %w", ch.Address, err)
		}
	}
	return nil
}

// keep saves the contents and attributes of the files of s.
func (u *Units) keep(s State) error {
	if len(s.Xattrs) > 0 {
		// They are kept by keyed hashes.
		if err := u.cfg.Store.SaveKey(); err != nil {
			return err
		}
	}
	if err := u.keepContents(s); err != nil {
		return err
	}
	return u.keepXattrs(s)
}

func (u *Units) keepContents(s State) error {
	for p, sha := range contentsOf(s) {
		if u.cfg.Store.Keeps(sha) {
			continue
		}
		content, err := u.content(p, sha)
		if err == nil {
			_, _, err = u.cfg.Store.Put(bytes.NewReader(content), false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Apply makes the changes, in order. What already is as its change wants it is
// left alone, so it can run again after an interruption; the undo is Apply of
// the inverses. The error names the address, and wraps rootfs.ErrChanged when
// something else stands there than what was planned for.
func (u *Units) Apply(ctx context.Context, changes []plan.Change) error {
	if err := u.writeAhead(ctx, changes); err != nil {
		return err
	}
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := u.apply(ch); err != nil {
			return fmt.Errorf("cannot %s %s: %w", ch.Action, ch.Address, err)
		}
	}
	return nil
}

func (u *Units) apply(ch plan.Change) error {
	before, err := decode(ch.Address, ch.Before)
	if err != nil {
		return err
	}
	after, err := decode(ch.Address, ch.After)
	if err != nil {
		return err
	}
	if before.Path != "" && after.Path != "" && before.Path != after.Path {
		// It moves between inits: each side is a change of its own.
		gone, made := ch, ch
		gone.After, made.Before = nil, nil
		return errors.Join(u.apply(gone), u.apply(made))
	}
	p := after.Path
	if p == "" {
		p = before.Path
	}
	links, parts := linkNames(before, after), partNames(before, after)
	now, err := u.observe(p, before, after)
	if err != nil {
		return err
	}
	if err := u.check(now, before, after, links); err != nil {
		return err
	}
	if err := u.makeDirs(after); err != nil {
		return err
	}
	if err := u.applyParts(parts, now, after); err != nil {
		return err
	}
	if err := u.applyFile(p, now, after); err != nil {
		return err
	}
	if err := u.applyLinks(links, now, after); err != nil {
		return err
	}
	return u.prune(slices.Concat(ch.Parents, u.madeFor(ch.Address, before)), leads(ch.Address, after))
}

// makeDirs makes the directories that s has to have.
func (u *Units) makeDirs(s State) error {
	if s.empty() {
		return nil
	}
	for _, dir := range needs(s) {
		if _, err := u.cfg.Root.MakeDirs(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// madeFor gives the directories that are there for s, at a, and are ours; those of
// its file also where somebody has removed that.
func (u *Units) madeFor(a plan.Address, s State) []string {
	dirs := slices.Concat(leads(a, s), above(s.Path))
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool { return !slices.Contains(u.cfg.Parents, dir) })
}

// check refuses when a part is neither as it was planned from nor as it is
// planned to be: an interruption may have left each part at either.
func (u *Units) check(now, before, after State, links []string) error {
	if !now.sameFile(before) && !now.sameFile(after) {
		return fmt.Errorf("%s: %w", u.cfg.Root.Name(now.Path), rootfs.ErrChanged)
	}
	for _, p := range partNames(now, before, after) {
		if part := now.Parts[p]; part != before.Parts[p] && part != after.Parts[p] {
			return fmt.Errorf("%s: %w", u.cfg.Root.Name(p), rootfs.ErrChanged)
		}
	}
	for _, link := range links {
		if text := now.Links[link]; text != before.Links[link] && text != after.Links[link] {
			return fmt.Errorf("%s: %w", u.cfg.Root.Name(link), rootfs.ErrChanged)
		}
	}
	return nil
}

func (u *Units) applyFile(p string, now, after State) error {
	if now.sameFile(after) {
		if lacks, err := u.lacksXattrs(p, after.Xattrs[p]); err != nil || !lacks {
			return err
		}
	}
	switch {
	case after.Target != "":
		return u.applyTarget(p, after)
	case after.SHA256 == "":
		return u.cfg.Root.Remove(p)
	}
	return u.write(u.cfg.Root, p, after.file(), after.Xattrs[p])
}

// applyTarget makes p a link, with the owner that one of before had.
func (u *Units) applyTarget(p string, after State) error {
	owner := u.own()
	if after.UID != 0 || after.GID != 0 {
		owner = LinkOwner{after.UID, after.GID}
	}
	return u.putLink(after.Target, p, owner)
}

func (u *Units) applyLinks(links []string, now, after State) error {
	for _, link := range links {
		var err error
		owner, theirs := after.LinkOwners[link]
		if !theirs {
			owner = u.own()
		}
		switch text := after.Links[link]; {
		case text == now.Links[link] && theirs:
			err = u.giveLink(link, owner)
		case text == now.Links[link]:
		case text == "":
			err = u.cfg.Root.Remove(link)
		default:
			err = u.putLink(text, link, owner)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// prune removes directories that were made for files or mounts of ours and hold
// nothing any more, innermost first.
func (u *Units) prune(made, keep []string) error {
	slices.Sort(made)
	for _, dir := range slices.Backward(slices.Compact(made)) {
		if slices.Contains(keep, dir) || u.wanted(dir) {
			continue
		}
		err := u.cfg.Root.RemoveDir(dir)
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist):
		// Somebody's files, mount, or link are there.
		case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EEXIST), errors.Is(err, unix.EBUSY), errors.Is(err, unix.ENOTDIR):
		default:
			return err
		}
	}
	return nil
}

// wanted tells whether another subsystem is to have the path p.
func (u *Units) wanted(p string) bool { return u.cfg.Wanted != nil && u.cfg.Wanted(p) }

// Paths gives the paths that Apply of ch may write, beside which a killed run
// may have left a temporary file.
func (u *Units) Paths(ch plan.Change) []string {
	// A state that cannot be read has made Diff or Apply fail.
	before, _ := decode(ch.Address, ch.Before)
	after, _ := decode(ch.Address, ch.After)
	paths := slices.Concat(linkNames(before, after), partNames(before, after))
	for _, p := range []string{before.Path, after.Path} {
		if p != "" {
			paths = append(paths, p)
		}
	}
	return paths
}

// Contents gives the bytes of ch's file on both sides, for its diff; nil where
// there is no file. A unit file that is not for everybody is secret.
func (u *Units) Contents(ch plan.Change) (before, after []byte, secret bool, err error) {
	was, err := decode(ch.Address, ch.Before)
	if err != nil {
		return nil, nil, false, err
	}
	will, err := decode(ch.Address, ch.After)
	if err != nil {
		return nil, nil, false, err
	}
	if private(was) || private(will) {
		return nil, nil, true, nil
	}
	if was.SHA256 != "" {
		if before, err = u.content(was.Path, was.SHA256); err != nil {
			return nil, nil, false, err
		}
	}
	if will.SHA256 != "" {
		after, err = u.content(will.Path, will.SHA256)
	}
	return before, after, false, err
}

// private tells whether others may not read the file.
func private(s State) bool { return s.SHA256 != "" && !strings.HasSuffix(s.Mode, "4") }
