package activation

import "slices"

// LeaveNothing takes away what this run, or the interrupted one that it ended,
// made for activate itself where none of it is of use: a first switch that was
// refused or undone. What records something stays, ids that were given
// included. The caller holds the lock, whose file goes last.
func (e *Engine) LeaveNothing() error {
	current, err := e.State.Current()
	if err != nil || current > 0 {
		return err
	}
	entry, err := e.State.ReadBootEntry()
	if err != nil || len(entry.Paths) > 0 {
		return err
	}
	made := unique(slices.Concat(entry.Parents, e.made))
	if slices.Contains(made, e.State.Dir()) {
		records, err := e.State.Records()
		if err != nil || records {
			return err
		}
		if err := e.removeStateDir(map[string]bool{e.LockPath(): true}); err != nil {
			return err
		}
	}
	if slices.Contains(made, e.runDir()) {
		return e.removeLock(made)
	}
	return e.removeEmpty(made)
}
