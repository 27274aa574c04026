package offspring

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// process is what proc_pid_stat(5) says of one.
type process struct {
	pid, parent, session int
	state                string
	// start is when it began, in ticks since the boot: a number is used again, a
	// number with its start is not.
	start uint64
}

func (p process) alive() bool { return p.state != "Z" && p.state != "X" }

// before tells whether p began before other did. Ticks are long; within one the
// numbers tell, which are given in turn.
func (p process) before(other process) bool {
	return p.start < other.start || p.start == other.start && p.pid < other.pid
}

// lookUp reads /proc/PID/stat; ok is false where there is no such process. Its
// name may hold anything, so fields are counted from the last bracket.
func lookUp(pid int) (p process, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 20 {
		return process{}, false
	}
	p = process{pid: pid, state: fields[0]}
	p.parent, _ = strconv.Atoi(fields[1])
	p.session, _ = strconv.Atoi(fields[3])
	p.start, _ = strconv.ParseUint(fields[19], 10, 64)
	return p, true
}

// processes gives all there are, by their parents.
func processes() map[int][]process {
	// A child of ours between its fork and its program looks like an orphan.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	out := map[int][]process{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := lookUp(pid); ok {
			out[p.parent] = append(out[p.parent], p)
		}
	}
	return out
}

// kill ends that very process. One that is gone, or that nobody may kill, is left
// for the next look to tell.
func (p process) kill() {
	// It holds the process by a descriptor where the kernel has them, so that what
	// is the same now stays the same.
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return
	}
	defer func() { _ = handle.Release() }()
	if now, ok := lookUp(p.pid); ok && now.start == p.start {
		_ = handle.Kill()
	}
}
