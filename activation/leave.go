package activation

import "slices"

// LeaveNothing takes away what this run, or the interrupted one that it ended,
// made for activate itself where none of it is of use: a first switch that was
// refused or undone. What records something stays, ids that were given
// included. The caller holds the lock, whose file goes last.
func (e *Engine) LeaveNothing() error {
	current, err := e.State.Current()
	if err != nil {
		return err
	}
	if current > 0 {
		return e.noteWay()
	}
	entry, err := e.State.ReadBootEntry()
	if err != nil {
		return err
	}
	if len(entry.Paths) > 0 {
		return e.noteWay()
	}
	made := unique(slices.Concat(entry.Parents, e.made))
	if slices.Contains(made, e.State.Dir()) {
		records, err := e.State.Records()
		if err != nil {
			return err
		}
		if records {
			return e.noteWay()
		}
		if err := e.removeStateDir(map[string]bool{e.LockPath(): true}, made); err != nil {
			return err
		}
	}
	if slices.Contains(made, e.runDir()) {
		return e.removeLock(made)
	}
	return e.removeEmpty(made)
}

// noteWay records the directories above that of the lock which this run made, where
// another one that began beside it is what records something: it found them there.
// A run with nothing else to do writes nothing for the lock's own directory, which
// goes in any case.
func (e *Engine) noteWay() error {
	if !slices.ContainsFunc(e.made, func(p string) bool { return p != e.runDir() }) {
		return nil
	}
	return e.noteMade()
}
