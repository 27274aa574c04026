package offspring_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/offspring"
)

// family is a command with children that left its session, its parent and its
// environment, one after the other. Each writes its number.
const family = `
echo $$ >leader
sh -c 'echo $$ >child; exec sleep 1000' &
setsid sh -c 'echo $$ >session; exec sleep 1000' &
env -i sh -c 'echo $$ >bare; exec sleep 1000' &
(setsid sh -c 'echo $$ >orphan; exec sleep 1000' &)
wait`

var members = []string{"leader", "child", "session", "bare", "orphan"}

// leave starts the family as a runner that is killed leaves it: nobody waits for
// it, and only its trace is known.
func leave(t *testing.T) (trace offspring.Trace, pids []int) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	traces := make(chan offspring.Trace, 2)
	cmd := shell(ctx, dir, family)
	go func() {
		ended <- offspring.RunNoted(cmd, func(now offspring.Trace) error {
			traces <- now
			return nil
		})
	}()
	if first := <-traces; first.Leader != 0 || first.Mark == "" {
		t.Errorf("before it began: %+v", first)
	}
	trace = <-traces
	for _, name := range members {
		pids = append(pids, awaitPID(t, dir, name))
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err == nil {
			t.Error("a command that was killed ended well")
		}
	})
	return trace, pids
}

func TestEnd(t *testing.T) {
	t.Parallel()
	bystander := exec.Command("sleep", "1000")
	must(t, bystander.Start())
	trace, pids := leave(t)
	if trace.Leader != pids[0] {
		t.Errorf("the trace %+v is not of %d", trace, pids[0])
	}
	must(t, offspring.End(trace))
	for i, pid := range pids {
		if runs(pid) {
			t.Errorf("%s lives on", members[i])
		}
	}
	if !runs(bystander.Process.Pid) {
		t.Error("another process was killed, too")
	}
	must(t, bystander.Process.Kill())
	_ = bystander.Wait()
	// Again, there is nothing to do.
	must(t, offspring.End(trace))
}

// What only has the numbers of a command is not what it started.
func TestEndOfAnother(t *testing.T) {
	t.Parallel()
	trace, pids := leave(t)
	for what, other := range map[string]offspring.Trace{
		"another boot":    {Boot: "x", Mark: trace.Mark, Leader: trace.Leader, Start: trace.Start},
		"a number reused": {Boot: trace.Boot, Mark: offspring.Variable + "=x", Leader: trace.Leader, Start: trace.Start + 1},
		"no process":      {Boot: trace.Boot, Mark: offspring.Variable + "=x"},
	} {
		must(t, offspring.End(other))
		for i, pid := range pids {
			if !runs(pid) {
				t.Errorf("%s: %s was killed", what, members[i])
			}
		}
	}
}

// A command that cannot be noted does not go on.
func TestNotNoted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := errors.New("no space")
	for _, at := range []int{1, 2} {
		calls := 0
		err := offspring.RunNoted(shell(t.Context(), dir, "echo $$ >mine; exec sleep 1000"), func(offspring.Trace) error {
			if calls++; calls == at {
				if at == 2 {
					awaitPID(t, dir, "mine")
				}
				return full
			}
			return nil
		})
		if !errors.Is(err, full) || strings.Contains(err.Error(), "signal") {
			t.Errorf("got %v", err)
		}
	}
	if pid := awaitPID(t, dir, "mine"); runs(pid) {
		t.Errorf("%d lives on", pid)
	}
}
