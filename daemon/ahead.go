package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// fewFiles is for how many files it costs less to flush each alone than to flush
// their file system.
const fewFiles = 4

// writeAhead writes the files of changes, where they are many, all together; Apply
// then finds them as they are to be. What can't be written ahead is left to it,
// and so is what is not as it was planned.
func (u *Units) writeAhead(ctx context.Context, changes []plan.Change) error {
	if len(changes) < fewFiles {
		return nil
	}
	batch := u.cfg.Root.Batch()
	defer batch.Drop()
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := u.prepare(batch, ch); err != nil {
			return fmt.Errorf("cannot %s %s: %w", ch.Action, ch.Address, err)
		}
	}
	if err := batch.Install(); err != nil {
		return fmt.Errorf("cannot install the units: %w", err)
	}
	return nil
}

// prepare puts the files of one change into batch.
func (u *Units) prepare(batch *rootfs.Batch, ch plan.Change) error {
	after, now, ready := u.sides(ch)
	if !ready {
		return nil
	}
	err := u.makeDirs(after)
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTDIR) {
		// Another change may take out of the way what is there.
		return nil
	}
	if err != nil {
		return err
	}
	for _, p := range partNames(after) {
		if will := after.Parts[p]; will.SHA256 != "" && will != now.Parts[p] {
			if err := u.write(batch, p, will, after.Xattrs[p]); err != nil {
				return err
			}
		}
	}
	if after.SHA256 == "" || now.sameFile(after) {
		return nil
	}
	return u.write(batch, after.Path, after.file(), after.Xattrs[after.Path])
}

// sides gives what a change goes to and what there is now; ready tells that there
// is one of both as planned. What is wrong is left for apply to tell.
func (u *Units) sides(ch plan.Change) (after, now State, ready bool) {
	before, err := decode(ch.Address, ch.Before)
	if err != nil {
		return after, now, false
	}
	if after, err = decode(ch.Address, ch.After); err != nil || after.Path == "" {
		return after, now, false
	}
	if before.Path != "" && before.Path != after.Path {
		// It moves, and is a change of its own.
		before = State{}
	}
	if now, err = u.observe(after.Path, before, after); err != nil {
		return after, now, false
	}
	return after, now, u.check(now, before, after, linkNames(before, after)) == nil
}
