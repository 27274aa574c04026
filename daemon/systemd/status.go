package systemd

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"

	"github.com/activate-agent/activate/daemon"
)

// Status asks for all loaded units at once, then for the named ones that were
// not among them.
func (s *Systemd) Status(ctx context.Context, names []string) (map[string]daemon.Status, error) {
	ctx, cancel := s.bound(ctx, answerLimit)
	defer cancel()
	conn, err := s.manager(ctx)
	if err != nil {
		return nil, err
	}
	loaded, err := conn.ListUnitsContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list the units of %s: %w", s.called(), err)
	}
	out := map[string]daemon.Status{}
	for _, u := range loaded {
		// A unit that follows another is that unit under a second name.
		if u.Followed == "" {
			out[u.Name] = status(ctx, conn, u)
		}
	}
	var missing []string
	for _, name := range names {
		if _, ok := out[name]; !ok && !isTemplate(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		more, err := conn.ListUnitsByNamesContext(ctx, missing)
		if err != nil {
			return nil, fmt.Errorf("cannot ask %s for units: %w", s.called(), err)
		}
		for _, u := range more {
			out[u.Name] = status(ctx, conn, u)
		}
	}
	for _, name := range names {
		if st, ok := out[name]; ok && st.Active == "inactive" {
			st.Unmet = unmet(ctx, conn, name)
			out[name] = st
		}
	}
	return out, nil
}

func status(ctx context.Context, conn *systemd.Conn, u systemd.UnitStatus) daemon.Status {
	st := daemon.Status{Name: u.Name, Active: u.ActiveState, Failed: u.ActiveState == "failed"}
	st.Queued = u.JobType == "start" || u.JobType == "restart"
	if strings.HasPrefix(u.SubState, "auto-restart") {
		// org.freedesktop.systemd1(5): how the last run ended, whichever of its
		// commands ended it.
		result, err := conn.GetUnitTypePropertyContext(ctx, u.Name, "Service", "Result")
		if err == nil {
			text, _ := result.Value.Value().(string)
			st.Failed = text != "success"
		}
	}
	return st
}

// unmet tells whether the last start of an inactive unit ended at one of its
// conditions.
func unmet(ctx context.Context, conn *systemd.Conn, name string) bool {
	at, err := conn.GetUnitPropertyContext(ctx, name, "ConditionTimestamp")
	if err != nil {
		return false
	}
	met, err := conn.GetUnitPropertyContext(ctx, name, "ConditionResult")
	if err != nil {
		return false
	}
	tried, _ := at.Value.Value().(uint64)
	ok, _ := met.Value.Value().(bool)
	return tried != 0 && !ok
}

// Followers asks for the dependencies over which systemd passes on stops and
// restarts, in the definitions as they are loaded.
func (s *Systemd) Followers(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := s.bound(ctx, answerLimit)
	defer cancel()
	conn, err := s.manager(ctx)
	if err != nil {
		return nil, err
	}
	all, err := conn.GetUnitPropertiesContext(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("cannot ask systemd what depends on %s: %w", name, err)
	}
	var out []string
	for _, property := range []string{"RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"} {
		names, _ := all[property].([]string)
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// logTimeout bounds the wait for the journal.
const logTimeout = 10 * time.Second

// Log asks the journal for what belongs to the unit. Not for its last run only:
// the journal often cannot tell which run a line is from when the process that
// wrote it is gone at once, which is the case that matters here.
func (s *Systemd) Log(ctx context.Context, name string, n int) []string {
	journal := s.opts.Journal
	if len(journal) == 0 {
		journal = []string{"journalctl"}
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	// What was written just now may still be on its way; without an answer
	// there is less to show, that is all.
	_ = exec.CommandContext(ctx, journal[0], append(slices.Clone(journal[1:]), "--sync")...).Run()
	args := append(slices.Clone(journal[1:]), "--no-pager", "--quiet", "--output=cat", "--lines="+strconv.Itoa(n))
	args = append(args, s.journal(name)...)
	out, err := exec.CommandContext(ctx, journal[0], args...).Output()
	if text := strings.TrimSpace(string(out)); err == nil && text != "" {
		return strings.Split(text, "\n")
	}
	return nil
}
