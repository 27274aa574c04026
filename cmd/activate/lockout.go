package main

import (
	"slices"
	"sync"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// otherPaths tells the judge of lock-out what changes make of paths: people's
// keys may stand there, or the way to them lead through.
func otherPaths(paths *etc.Subsystem, changes []plan.Change) users.Others {
	byPath := sync.OnceValue(func() map[string]plan.Change {
		out := map[string]plan.Change{}
		for _, ch := range changes {
			// Of two changes at one path, the later one is not the removal.
			if p := etc.PathOf(ch.Address); isPath(ch) && (ch.After != nil || out[p].After == nil) {
				out[p] = ch
			}
		}
		return out
	})
	return users.Others{
		Taken: slices.ContainsFunc(changes, func(ch plan.Change) bool { return isPath(ch) && ch.Before != nil }),
		At: func(p string) (users.Other, bool, error) {
			ch, changed := byPath()[p]
			if !changed {
				return users.Other{}, false, nil
			}
			return otherPath(paths, p, ch)
		},
	}
}

func isPath(ch plan.Change) bool {
	switch ch.Kind {
	case plan.KindEtc, plan.KindFile, plan.KindDirectory, plan.KindSymlink:
		return true
	}
	return false
}

// otherPath is what ch makes of p; false for a file whose bytes nobody knows yet.
func otherPath(paths *etc.Subsystem, p string, ch plan.Change) (o users.Other, known bool, err error) {
	o = users.Other{Address: ch.Address, Path: p, Origin: ch.Origin}
	if ch.After == nil {
		return o, true, nil
	}
	after, err := plan.Decode[etc.State](ch.After)
	if err != nil {
		return o, false, err
	}
	switch after.Type {
	case etc.Directory:
		o.Type, o.New = rootfs.Dir, ch.Action == plan.Create || ch.Action == plan.Replace
		return o, true, nil
	case etc.Symlink:
		o.Type, o.Target = rootfs.Symlink, after.Target
		return o, true, nil
	case etc.File, etc.Linked:
		o.Type = rootfs.File
	}
	o.Content, known, err = paths.ContentAfter(ch)
	return o, known, err
}
