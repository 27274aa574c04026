package rootfs

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"sync"
)

// idMaps are the ids that this process's user namespace has, see user_namespaces(7).
type idMaps struct {
	once       sync.Once
	uids, gids []idRange
}

// idRange is one line of a map: the ids from first on.
type idRange struct{ first, count uint64 }

// Mapped tells whether a file can be given to that user and group: in a container with
// a user namespace of its own, only to those that its maps have. To a caller who is
// not root it does not matter.
func (r *Root) Mapped(uid, gid uint32) bool {
	if r.uid != 0 {
		return true
	}
	r.ids.once.Do(func() {
		r.ids.uids, r.ids.gids = readIDMap("/proc/self/uid_map"), readIDMap("/proc/self/gid_map")
	})
	return holds(r.ids.uids, uid) && holds(r.ids.gids, gid)
}

// holds takes a map that could not be read, or is empty, for one that has all.
func holds(ranges []idRange, id uint32) bool {
	for _, x := range ranges {
		if uint64(id) >= x.first && uint64(id)-x.first < x.count {
			return true
		}
	}
	return len(ranges) == 0
}

func readIDMap(file string) []idRange {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []idRange
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		var x idRange
		var outside uint64
		if _, err := fmt.Sscan(lines.Text(), &x.first, &outside, &x.count); err == nil {
			out = append(out, x)
		}
	}
	return out
}
