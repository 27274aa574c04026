package users

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// span is an inclusive range of ids, and the words of login.defs(5) for its ends.
// It has none where the first is above the last.
type span struct {
	min, max ID
	from, to string
}

// exhausted is the error where no id is left.
func (r span) exhausted() error {
	if r.min > r.max {
		return fmt.Errorf("/etc/login.defs has no ids to choose from: %s is %s and %s is %s", r.from, r.min, r.to, r.max)
	}
	return fmt.Errorf("no id is free from %s to %s (%s and %s in /etc/login.defs)", r.min, r.max, r.from, r.to)
}

// common is what two ranges share; each end keeps its own word.
func (r span) common(with span) span {
	if with.min > r.min {
		r.min, r.from = with.min, with.from
	}
	if with.max < r.max {
		r.max, r.to = with.max, with.to
	}
	return r
}

// defs are the ranges of login.defs(5) that ids are chosen from. A user gets the
// same subordinate uids and gids: sub is what the ranges for both share, and
// subCount the larger of the two numbers.
type defs struct {
	user, systemUser, group, systemGroup span
	sub                                  span
	subCount                             uint32
}

// defaultDefs is what holds where login.defs is silent.
func defaultDefs() defs {
	return defs{
		user: span{1000, 59999, "UID_MIN", "UID_MAX"}, systemUser: span{100, 999, "SYS_UID_MIN", "SYS_UID_MAX"},
		group: span{1000, 59999, "GID_MIN", "GID_MAX"}, systemGroup: span{100, 999, "SYS_GID_MIN", "SYS_GID_MAX"},
		sub: span{100000, 600100000, "SUB_UID_MIN", "SUB_UID_MAX"}, subCount: 65536,
	}
}

// readDefs reads the root's login.defs.
func readDefs(root *rootfs.Root) (defs, error) {
	data, err := root.ReadThrough("etc/login.defs", 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return defaultDefs(), nil
	}
	if err != nil {
		return defs{}, fmt.Errorf("cannot read %s: %w", root.Name("etc/login.defs"), rootfs.Reason(err))
	}
	return parseDefs(data), nil
}

// parseDefs takes the ranges out of login.defs(5): a word, white space, a
// number in decimal, octal or hex. Other lines are passed over. System ids end
// below the normal ones where it does not say.
func parseDefs(data []byte) defs {
	values := map[string]ID{}
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, len(data)+1)
	for s.Scan() {
		words := strings.Fields(s.Text())
		if len(words) < 2 || strings.HasPrefix(words[0], "#") || strings.Contains(words[1], "_") {
			continue
		}
		if n, err := strconv.ParseUint(strings.Trim(words[1], `"`), 0, 32); err == nil && n < 1<<32-1 {
			values[words[0]] = ID(n)
		}
	}
	d := defaultDefs()
	subGID := span{d.sub.min, d.sub.max, "SUB_GID_MIN", "SUB_GID_MAX"}
	for _, r := range []*span{&d.user, &d.group, &d.sub, &subGID, &d.systemUser, &d.systemGroup} {
		if n := values[r.from]; n > 0 {
			r.min = n
		}
	}
	d.systemUser.max, d.systemGroup.max = min(d.systemUser.max, d.user.min-1), min(d.systemGroup.max, d.group.min-1)
	for _, r := range []*span{&d.user, &d.group, &d.sub, &subGID, &d.systemUser, &d.systemGroup} {
		if n, said := values[r.to]; said {
			r.max = n
		}
	}
	d.sub = d.sub.common(subGID)
	if n := max(values["SUB_UID_COUNT"], values["SUB_GID_COUNT"]); n > 0 {
		d.subCount = uint32(n)
	}
	return d
}
