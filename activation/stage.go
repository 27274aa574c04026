package activation

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// stage writes the generation that p becomes.
func (e *Engine) stage(p *Prepared, made func(string, rootfs.Info)) error {
	record := p.record()
	record.Number, record.Time, record.Version = p.number, e.Now().UTC(), e.Version
	record.States = p.statesAfter()
	// At boot, when the record is damaged, it has to be known what to leave.
	record.Spare = p.target.Settings.BootAttempts > 0
	record.Copies = p.copies()
	for _, part := range p.parts {
		if part.Keep == nil {
			continue
		}
		if err := part.Keep(); err != nil {
			return err
		}
	}
	return e.State.Stage(record, p.files(), numberOf(p.last), made)
}

// copies are the contents that p's changes replace, of which Save may keep copies.
func (p *Prepared) copies() []string {
	var hashes []string
	for _, ch := range p.changes {
		hashes = append(hashes, rootfs.HashesIn(ch.Before)...)
	}
	return unique(hashes)
}

// files are the tree's files: the target's and those of its parts.
func (p *Prepared) files() []generation.File {
	files := slices.Clone(p.target.Files)
	for _, part := range p.parts {
		if part.Files != nil {
			files = append(files, part.Files()...)
		}
	}
	return files
}

// record is the target's record with every section.
func (p *Prepared) record() *generation.Record {
	record := *p.target.Record
	record.Sections = map[string]json.RawMessage{
		SectionSnippets: json.RawMessage(plan.Encode(p.target.Snippets)),
		SectionSettings: json.RawMessage(plan.Encode(p.target.Settings)),
	}
	for _, part := range p.parts {
		record.Sections[part.Section] = json.RawMessage(plan.Encode(part.Recorded()))
	}
	return &record
}

// WriteTree writes the tree of p's generation into root, a directory of its
// own. Numbers, times and what only this host's key makes of secrets are left
// out: the same input gives the same bytes.
func (p *Prepared) WriteTree(root *rootfs.Root) error {
	record := p.record()
	for name, section := range record.Sections {
		record.Sections[name] = rootfs.Unkeyed(section)
	}
	if err := generation.WriteTree(root, ".", record, p.files()); err != nil {
		return err
	}
	return root.Sync()
}

// StageForBoot records p's target as a generation and makes it the boot
// default. What runs stays as it is.
func (e *Engine) StageForBoot(p *Prepared) *Result {
	res := &Result{Plan: p.Plan, Generation: numberOf(p.last)}
	if err := p.Refused(); err != nil {
		return res.failed(err)
	}
	if p.last != nil && p.settled() {
		return e.nothing(p, Request{Verb: "boot", SetBoot: true}, res)
	}
	if n, err := e.waiting(p); n > 0 || err != nil {
		return p.waits(n, err, res)
	}
	if err := e.forBoot(p); err != nil {
		return res.failed(err)
	}
	res.Verdict, res.Generation = Applied, p.number
	e.collect(p, res)
	return res
}

// forBoot stages p's generation and makes it the boot default, or leaves all as it
// was.
func (e *Engine) forBoot(p *Prepared) error {
	if err := e.State.Migrate(); err != nil {
		return err
	}
	before, err := e.State.Boot()
	if err != nil {
		return err
	}
	tx := &transaction{engine: e, journal: &generation.Journal{Target: p.number, Fresh: true, BootBefore: before}}
	if err := tx.waitForBoot(p); err != nil {
		return distinct(err, tx.waitNoMore())
	}
	return nil
}

// waitForBoot has the generation of p wait for the next boot.
func (tx *transaction) waitForBoot(p *Prepared) error {
	e := tx.engine
	if err := e.noteState(); err != nil {
		return err
	}
	if err := p.store.SaveKey(); err != nil {
		return err
	}
	if err := e.stage(p, nil); err != nil {
		return err
	}
	err := e.Root.Sync()
	if err != nil {
		return err
	}
	if tx.journal.Entry, tx.journal.EntryAdded, err = e.installBoot(); err != nil {
		return err
	}
	if err := e.State.SetBoot(p.number); err != nil {
		return err
	}
	if err := e.Root.Sync(); err != nil {
		return err
	}
	for _, err := range []error{e.State.Settle(p.number), p.tellWaits()} {
		if err != nil {
			// It is the boot default, so the next run goes on from there.
			e.warn("record", err.Error())
		}
	}
	return nil
}

// tellWaits tells the parts that their changes wait for the next boot.
func (p *Prepared) tellWaits() error {
	var errs []error
	for _, part := range p.parts {
		if part.Waits != nil {
			errs = append(errs, part.Waits(changesOf(part, p.changes)))
		}
	}
	return errors.Join(errs...)
}

// waitNoMore takes back what waitForBoot did. Without a way back from the boot
// default its generation stays.
func (tx *transaction) waitNoMore() error {
	s, before := tx.engine.State, tx.journal.BootBefore
	now, err := s.Boot()
	if err != nil {
		return err
	}
	if now != before {
		if err := errors.Join(s.SetBoot(before), tx.engine.Root.Sync()); err != nil {
			return err
		}
	}
	return tx.abandon()
}

// statesAfter is what is ours once p is applied.
func (p *Prepared) statesAfter() map[plan.Address]plan.State {
	states := map[plan.Address]plan.State{}
	if p.last != nil {
		maps.Copy(states, p.last.States)
	}
	for a, state := range states {
		// What left by itself needs no change.
		if p.unwanted(a, state) {
			delete(states, a)
		}
	}
	maps.Copy(states, p.adopted)
	maps.Copy(states, p.moved)
	for _, ch := range p.changes {
		switch {
		case ch.Address == staticAddress || ch.Kind == plan.KindSnippet:
		case p.leaves(ch):
			delete(states, ch.Address)
		default:
			states[ch.Address] = ch.After
		}
	}
	return states
}

// unwanted tells whether the target does not ask for the object at a, which the
// last record says is so: whose it is may be in its state alone.
func (p *Prepared) unwanted(a plan.Address, state plan.State) bool {
	at := plan.Change{Address: a, Kind: a.Kind(), Before: state, After: state}
	for _, part := range p.parts {
		if part.owns(at) {
			return part.Leaves != nil && part.Leaves(at)
		}
	}
	return false
}

func (p *Prepared) leaves(ch plan.Change) bool {
	for _, part := range p.parts {
		if part.owns(ch) {
			return part.leaves(ch)
		}
	}
	return ch.After == nil
}
