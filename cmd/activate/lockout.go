package main

import (
	"fmt"
	"slices"
	"strconv"
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
			o, err := otherPath(paths, p, ch)
			return o, true, err
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

// otherPath is what ch makes of p.
func otherPath(paths *etc.Subsystem, p string, ch plan.Change) (users.Other, error) {
	o := users.Other{Address: ch.Address, Path: p, Origin: ch.Origin}
	if ch.After == nil {
		return o, nil
	}
	after, err := plan.Decode[etc.State](ch.After)
	if err != nil {
		return o, err
	}
	o.User, o.Group = owned(after.User, after.UID), owned(after.Group, after.GID)
	switch after.Type {
	case etc.Symlink:
		o.Type, o.Target = rootfs.Symlink, after.Target
		return o, nil
	case etc.Directory:
		o.Type, o.New = rootfs.Dir, ch.Action == plan.Create || ch.Action == plan.Replace
	case etc.File, etc.Linked:
		o.Type = rootfs.File
		content, known, err := paths.ContentAfter(ch)
		if err != nil {
			return o, err
		}
		o.Content, o.Unread = content, !known
	}
	mode, err := strconv.ParseUint(after.Mode, 8, 12)
	if err != nil {
		return o, fmt.Errorf("cannot read the mode of %s: %w", ch.Address, err)
	}
	o.Mode = uint32(mode)
	return o, nil
}

// owned is the owner that a state names, or that was observed.
func owned(name string, id *uint32) string {
	if id != nil {
		return strconv.FormatUint(uint64(*id), 10)
	}
	return name
}
