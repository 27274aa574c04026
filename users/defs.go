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

// span is an inclusive range of ids.
type span struct{ min, max ID }

// defs are the ranges of login.defs(5) that ids are chosen from.
type defs struct {
	user, systemUser, group, systemGroup span
	sub                                  span
	subCount                             uint32
}

// defaults is what holds where login.defs is silent.
func defaultDefs() defs {
	normal, system := span{1000, 59999}, span{100, 999}
	return defs{
		user: normal, systemUser: system, group: normal, systemGroup: system,
		sub: span{100000, 600100000}, subCount: 65536,
	}
}

// readDefs reads the root's login.defs.
func readDefs(root *rootfs.Root) (defs, error) {
	data, err := root.ReadFile("etc/login.defs", 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return defaultDefs(), nil
	}
	if err != nil {
		return defs{}, fmt.Errorf("cannot read %s: %w", root.Name("etc/login.defs"), rootfs.Reason(err))
	}
	return parseDefs(data), nil
}

// parseDefs takes the ranges out of login.defs(5): a word, white space, a
// number in decimal, octal or hex. Other lines and impossible ranges are
// passed over, as the shadow tools do.
func parseDefs(data []byte) defs {
	values := map[string]uint64{}
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, len(data)+1)
	for s.Scan() {
		words := strings.Fields(s.Text())
		if len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if n, err := strconv.ParseUint(strings.Trim(words[1], `"`), 0, 32); err == nil {
			values[words[0]] = n
		}
	}
	d := defaultDefs()
	set := func(r *span, from, to string) {
		got := *r
		if n, ok := values[from]; ok {
			got.min = ID(n)
		}
		if n, ok := values[to]; ok {
			got.max = ID(n)
		}
		if got.min > 0 && got.min <= got.max && got.max < 1<<32-1 {
			*r = got
		}
	}
	set(&d.user, "UID_MIN", "UID_MAX")
	set(&d.systemUser, "SYS_UID_MIN", "SYS_UID_MAX")
	set(&d.group, "GID_MIN", "GID_MAX")
	set(&d.systemGroup, "SYS_GID_MIN", "SYS_GID_MAX")
	set(&d.sub, "SUB_UID_MIN", "SUB_UID_MAX")
	if n := values["SUB_UID_COUNT"]; n > 0 {
		d.subCount = uint32(n)
	}
	return d
}
