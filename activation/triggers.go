package activation

import "maps"

// due tells whether a switch runs s, when loaded is what snippets with triggers
// did last.
func (s Snippet) due(loaded map[string]string) bool {
	return len(s.Triggers) == 0 || loaded[s.Name] != string(stateOf(s))
}

// due tells whether this run runs s. If so, from then on nobody knows what s did
// last: a run that fails is undone, and what was loaded meanwhile stays loaded.
func (tx *transaction) due(s Snippet) (bool, error) {
	if len(s.Triggers) == 0 {
		return true, nil
	}
	loaded, err := tx.engine.State.ReadLoaded()
	if err != nil || !s.due(loaded) && tx.journal.Verb != VerbAtBoot {
		return false, err
	}
	if loaded[s.Name] == "" {
		return true, nil
	}
	delete(loaded, s.Name)
	return true, tx.engine.State.WriteLoaded(loaded)
}

// loaded notes that s ran; commit keeps it.
func (tx *transaction) loaded(s Snippet) {
	if len(s.Triggers) == 0 {
		return
	}
	if tx.ran == nil {
		tx.ran = map[string]string{}
	}
	tx.ran[s.Name] = string(stateOf(s))
}

// keepLoaded writes what the run's snippets did, and forgets those that the
// target has no longer.
func (tx *transaction) keepLoaded() error {
	before, err := tx.engine.State.ReadLoaded()
	if err != nil {
		return err
	}
	after := map[string]string{}
	for _, s := range tx.target.Snippets {
		if did := before[s.Name]; did != "" && len(s.Triggers) > 0 {
			after[s.Name] = did
		}
	}
	maps.Copy(after, tx.ran)
	if maps.Equal(before, after) {
		return nil
	}
	return tx.engine.State.WriteLoaded(after)
}
