package keep

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOrphansAreForgotten: the end of a process that nobody will ask for is not kept: a
// service may leave very many, and their numbers are given again.
func TestOrphansAreForgotten(t *testing.T) { //nolint:paralleltest // it waits for all children
	r := &reaper{watched: map[int]chan unix.WaitStatus{}, ended: map[int]unix.WaitStatus{}}
	gone := orphan(t, r)
	if len(r.ended) > 0 {
		t.Errorf("%d is kept", gone)
	}
	r.remember()
	if gone = orphan(t, r); len(r.ended) != 1 {
		t.Fatalf("%d is not kept although it may be asked for", gone)
	}
	select {
	case <-r.watch(gone):
	default:
		t.Errorf("the end of %d is not told", gone)
	}
	orphan(t, r)
	r.remember()
	if len(r.ended) > 0 {
		t.Error("ends of before are kept")
	}
}

// orphan gives the number of a child that r has reaped.
func orphan(t *testing.T, r *reaper) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	r.reap()
	return cmd.Process.Pid
}
