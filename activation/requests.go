package activation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// The files into which snippets write units, one a line, that are to be
// restarted or reloaded once the pipeline is through. Their paths are in
// ACTIVATE_RESTART_LIST and ACTIVATE_RELOAD_LIST.
const (
	restartList = "restart-list"
	reloadList  = "reload-list"
)

// listLimit bounds a list's size in bytes.
const listLimit = 1 << 20

// requestLists gives the lists' paths, relative to the root.
func (e *Engine) requestLists() []string {
	return []string{path.Join(e.runDir(), restartList), path.Join(e.runDir(), reloadList)}
}

// clearRequests removes what snippets asked for, or left in the place of a list.
func (e *Engine) clearRequests() error {
	for _, p := range e.requestLists() {
		if err := e.Root.RemoveAll(p); err != nil {
			return fmt.Errorf("cannot clear the requests of snippets: %w", err)
		}
	}
	return nil
}

// addRequests adds the units that snippets asked for to those the plan acts
// on. A unit that the plan restarts, starts or stops anyway is left to it.
func (tx *transaction) addRequests() error {
	lists := tx.engine.requestLists()
	restart, err := tx.engine.requested(lists[0])
	if err != nil {
		return err
	}
	reload, err := tx.engine.requested(lists[1])
	if err != nil {
		return err
	}
	if len(restart)+len(reload) == 0 {
		return nil
	}
	u := &tx.journal.Units
	for _, name := range restart {
		if !planned(*u, name) {
			u.Restart = append(u.Restart, name)
			u.Reload = slices.DeleteFunc(u.Reload, func(r string) bool { return r == name })
		}
	}
	for _, name := range reload {
		if !planned(*u, name) && !slices.Contains(u.Reload, name) {
			u.Reload = append(u.Reload, name)
		}
	}
	slices.Sort(u.Restart)
	slices.Sort(u.Reload)
	// The journal owes them before the lists go.
	if err := tx.engine.State.WriteJournal(tx.journal); err != nil {
		return err
	}
	return tx.engine.clearRequests()
}

func planned(u plan.Units, name string) bool {
	return slices.Contains(u.Stop, name) || slices.Contains(u.Start, name) || slices.Contains(u.Restart, name)
}

// longestUnit is UNIT_NAME_MAX of systemd, in bytes.
const longestUnit = 255

// isNoUnit tells a character that no unit's name has, see systemd.unit(5).
func isNoUnit(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune(":-_.\\@", r)
}

// requested reads one list. Names without a suffix are services.
func (e *Engine) requested(p string) ([]string, error) {
	b, err := e.Root.ReadFile(p, listLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read what snippets ask for: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		name := strings.TrimSpace(line)
		switch {
		case name == "":
			continue
		case strings.ContainsFunc(name, isNoUnit) || len(name) > longestUnit:
			return nil, fmt.Errorf("cannot use %s: %q is not the name of a unit", e.Root.Name(p), name)
		case !strings.Contains(name, "."):
			name += ".service"
		}
		names = append(names, name)
	}
	return names, nil
}
