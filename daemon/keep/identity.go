package keep

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Identity is one process for as long as it lives: a number is used again, a
// number with its start time is not.
type Identity struct {
	PID int `json:"pid,omitempty"`
	// Start is the start time of proc(5), in ticks since the boot.
	Start uint64 `json:"start,omitempty"`
}

// stat is what proc(5) says of a process.
type stat struct {
	pid, ppid, session int
	state              string
	start              uint64
}

// Identify gives the process that has the number now; the zero value when
// there is none.
func Identify(pid int) Identity {
	s, ok := readStat(pid)
	if !ok {
		return Identity{}
	}
	return Identity{PID: pid, Start: s.start}
}

// Alive tells whether that very process still runs. One that ended and was
// not yet waited for does not.
func (i Identity) Alive() bool {
	if i.PID <= 0 {
		return false
	}
	s, ok := readStat(i.PID)
	return ok && s.start == i.Start && s.state != "Z" && s.state != "X"
}

// Signal sends sig to that very process.
func (i Identity) Signal(sig unix.Signal) {
	fd, err := unix.PidfdOpen(i.PID, 0)
	if err != nil {
		if i.Alive() {
			_ = unix.Kill(i.PID, sig)
		}
		return
	}
	defer func() { _ = unix.Close(fd) }()
	// The descriptor holds the number, so what is alive now stays the one.
	if i.Alive() {
		_ = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
}

// readStat reads /proc/PID/stat; the command's name may hold anything, so the
// fields are counted from its last bracket.
func readStat(pid int) (stat, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return stat{}, false
	}
	s := stat{pid: pid, state: fields[0]}
	s.ppid, _ = strconv.Atoi(fields[1])
	s.session, _ = strconv.Atoi(fields[3])
	s.start, _ = strconv.ParseUint(fields[19], 10, 64)
	return s, true
}

// processes gives all that run, by number.
func processes() map[int]stat {
	out := map[int]stat{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.state != "Z" && s.state != "X" {
			out[pid] = s
		}
	}
	return out
}

// descendants are the living processes below pid. A keeper adopts orphans, so
// that none of its service escapes by forking twice.
func descendants(pid int) []Identity {
	all := processes()
	below := func(s stat) bool {
		for range len(all) {
			if s.ppid == pid {
				return true
			}
			parent, ok := all[s.ppid]
			if !ok {
				return false
			}
			s = parent
		}
		return false
	}
	return matching(all, below)
}

// inSession are the living processes of the session.
func inSession(session int) []Identity {
	return matching(processes(), func(s stat) bool { return s.session == session })
}

func matching(all map[int]stat, want func(stat) bool) []Identity {
	var out []Identity
	for _, s := range all {
		if want(s) {
			out = append(out, Identity{PID: s.pid, Start: s.start})
		}
	}
	slices.SortFunc(out, func(a, b Identity) int { return a.PID - b.PID })
	return out
}
