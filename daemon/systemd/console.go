package systemd

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/activate-agent/activate/daemon"
)

// Details asks systemd for each of the units.
func (s *Systemd) Details(ctx context.Context, units []string) ([]daemon.Detail, error) {
	ctx, cancel := s.bound(ctx, answerLimit)
	defer cancel()
	conn, err := s.manager(ctx)
	if err != nil {
		return nil, err
	}
	var out []daemon.Detail
	for _, unit := range units {
		all, err := conn.GetAllPropertiesContext(ctx, unit)
		if err != nil {
			return nil, fmt.Errorf("cannot ask systemd for %s: %w", unit, err)
		}
		d := daemon.Detail{Name: unit}
		d.State, _ = all["ActiveState"].(string)
		d.Ready = d.State == "active"
		if pid, ok := all["MainPID"].(uint32); ok {
			d.PID = int(pid)
		}
		if at, ok := all["StateChangeTimestamp"].(uint64); ok && at > 0 {
			d.Since = time.UnixMicro(int64(at)).UTC()
		}
		if result, _ := all["Result"].(string); result != "success" {
			d.Reason = result
		}
		out = append(out, d)
	}
	return out, nil
}

// Follow has journalctl follow.
func (s *Systemd) Follow(ctx context.Context, unit string, n int, w io.Writer) error {
	journal := s.opts.Journal
	if len(journal) == 0 {
		journal = []string{"journalctl"}
	}
	args := append(slices.Clone(journal[1:]), "--no-pager", "--quiet", "--follow", "--lines="+strconv.Itoa(n))
	args = append(args, s.journal(unit)...)
	cmd := exec.CommandContext(ctx, journal[0], args...)
	cmd.Stdout = w
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("cannot follow the log of %s: %w", unit, err)
	}
	return nil
}
