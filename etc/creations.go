package etc

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"sync"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// manyCreations is from how many new entries of etc on a second processor pays.
const manyCreations = 256

// leading gives the changes at the front that are of one sort: new entries of
// etc, which depend on nothing but their parents, or all others.
func leading(changes []plan.Change) (run []plan.Change, creations bool) {
	isNew := func(ch plan.Change) bool { return ch.Kind == plan.KindEtc && ch.Action == plan.Create }
	creations = isNew(changes[0])
	n := 1
	for n < len(changes) && isNew(changes[n]) == creations {
		n++
	}
	return changes[:n], creations
}

// create makes new entries of etc on all processors. Two that need the same
// parent find it half made at worst, and finish it.
func (s *Subsystem) create(ctx context.Context, changes []plan.Change, own Owners) error {
	var joining sync.Mutex
	return s.cfg.Root.Parallel(len(changes), manyCreations/2, func(root *rootfs.Root, from, to int) error {
		part := *s
		part.cfg.Root, part.cfg.Store = root, s.cfg.Store.On(root)
		part.fresh = make(map[string]Stamp, to-from)
		err := part.applyAll(ctx, changes[from:to], own)
		joining.Lock()
		defer joining.Unlock()
		maps.Copy(s.fresh, part.fresh)
		return err
	})
}

// linkAtOnce makes a link where nothing is expected to stand, without looking
// first. It tells whether that worked; where something stands after all, the
// long way judges it.
func (t step) linkAtOnce() (bool, error) {
	if t.before != nil || t.after == nil || !t.after.isLink() {
		return false, nil
	}
	if err := t.makeParents(); err != nil {
		return false, err
	}
	err := t.s.cfg.Root.NewSymlink(t.after.Target, t.path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	info, err := t.ownLink()
	if err != nil {
		return false, err
	}
	t.stamp(info)
	return true, nil
}
