package activation

// commit makes the target current and ends the transaction. Each step can be
// done again, so a kill in between is finished by the next run.
func (tx *transaction) commit() error {
	s := tx.engine.State
	if err := tx.engine.Root.Sync(); err != nil {
		return err
	}
	if err := s.SetCurrent(tx.journal.Target); err != nil {
		return err
	}
	if err := s.SetBoot(tx.journal.Boot); err != nil {
		return err
	}
	if err := tx.commitIndex(); err != nil {
		return err
	}
	if err := tx.keepLoaded(); err != nil {
		return err
	}
	former, err := tx.engine.formerBoot()
	if err == nil {
		err = tx.engine.dropBoot(former)
	}
	if err != nil {
		return err
	}
	if err := s.DropJournal(); err != nil {
		return err
	}
	if err := s.Settle(tx.journal.Target); err != nil {
		// It is current, so the next run does it.
		tx.engine.warn("record", err.Error())
	}
	for _, part := range tx.parts {
		if part.Settled == nil || len(tx.leftOut) > 0 {
			continue
		}
		if err := part.Settled(tx.staged); err != nil {
			// Only the next run's speed is lost.
			tx.engine.warn("record", err.Error())
		}
	}
	return nil
}

func (tx *transaction) commitIndex() error {
	if len(tx.journal.Kept) > 0 {
		if err := tx.engine.State.WriteKept(tx.journal.Kept); err != nil {
			return err
		}
	}
	if tx.journal.Target == 0 {
		return tx.engine.State.DropIndex()
	}
	return tx.engine.State.WriteIndex(tx.journal.Known)
}

// abandon ends a transaction before its first change. The journal may be there
// although writing it failed, and goes before what it speaks of.
func (tx *transaction) abandon() error {
	if err := tx.engine.State.DropJournal(); err != nil {
		return err
	}
	if err := tx.uninstall(); err != nil {
		return err
	}
	return tx.discard()
}

// uninstall takes away what begin installed.
func (tx *transaction) uninstall() error {
	if tx.journal.Entry {
		return tx.engine.removeBoot()
	}
	return tx.engine.dropBoot(tx.journal.EntryAdded)
}

// discard removes what begin staged and kept. No journal speaks of it any more.
func (tx *transaction) discard() error {
	if !tx.journal.Fresh {
		return nil
	}
	return tx.engine.State.Discard(tx.journal.Target)
}
