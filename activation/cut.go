package activation

import "fmt"

// finishings is how often an interrupted run is finished through a snippet that
// cuts it off again.
const finishings = 2

// guarded runs a snippet. Of a run that is finished after an interruption the
// journal counts beforehand that the snippet cuts it off: one that reboots the host
// or kills what runs it, would else keep this run and all after it from ending. The
// error is that of run, or that it cut the run off too often and was not run.
func (tx *transaction) guarded(snippet string, run func() error) error {
	if !tx.recovers {
		return run()
	}
	cut := tx.journal.Cut[snippet]
	if cut >= finishings {
		return fmt.Errorf("the run was cut off %d times while it ran", cut+1)
	}
	tx.count(snippet, cut+1)
	err := run()
	tx.count(snippet, 0)
	return err
}

// count has the journal say how often a snippet cut the run off.
func (tx *transaction) count(snippet string, cut int) {
	if tx.journal.Cut == nil {
		tx.journal.Cut = map[string]int{}
	}
	tx.journal.Cut[snippet] = cut
	if cut == 0 {
		delete(tx.journal.Cut, snippet)
	}
	if err := tx.engine.State.WriteJournal(tx.journal); err != nil {
		// The run goes on: the journal on disk still tells the whole story.
		tx.engine.warn(snippetStep+snippet, err.Error())
	}
}
