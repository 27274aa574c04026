package modules

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isSignal tells the names of signal(7), without SIG, and of the real-time
// signals, which count from the first or back from the last.
func isSignal(name string) bool {
	for _, end := range []string{"RTMIN", "RTMAX"} {
		if offset, ok := strings.CutPrefix(name, end); ok {
			n, err := strconv.Atoi(offset)
			return offset == "" || err == nil && n >= -30 && n <= 30
		}
	}
	return unix.SignalNum("SIG"+name) != 0
}

// signals are the names of signal(7) that are not of real time.
func signals() []string {
	var names []string
	for n := range syscall.Signal(65) {
		if name := unix.SignalName(n); name != "" {
			names = append(names, strings.TrimPrefix(name, "SIG"))
		}
	}
	return names
}
