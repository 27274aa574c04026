package activation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// SectionSnippets and SectionSettings are the engine's own sections of a
// record.
const (
	SectionSnippets = "snippets"
	SectionSettings = "activation"
)

// snippetState is a snippet's State: what it runs, by hash.
type snippetState struct {
	Hash string `json:"sha256"`
}

// stateOf hashes everything of a snippet but its origin.
func stateOf(s Snippet) plan.State {
	s.Origin = ""
	sum := sha256.Sum256(plan.Encode(s))
	return plan.Encode(snippetState{Hash: hex.EncodeToString(sum[:])})
}

// snippetChanges compares the snippets with those of the last record.
func snippetChanges(last *generation.Record, snippets []Snippet) ([]plan.Change, int, error) {
	var before []Snippet
	if last != nil {
		if raw, ok := last.Sections[SectionSnippets]; ok {
			if err := json.Unmarshal(raw, &before); err != nil {
				return nil, 0, fmt.Errorf("cannot read the snippets of generation %d: %w", last.Number, err)
			}
		}
	}
	old := map[string]plan.State{}
	for _, s := range before {
		old[s.Name] = stateOf(s)
	}
	var changes []plan.Change
	unchanged := 0
	for _, s := range snippets {
		was, now := old[s.Name], stateOf(s)
		delete(old, s.Name)
		switch {
		case was == nil:
			changes = append(changes, plan.New(snippetAddress(s.Name), nil, now, "it is new", s.Origin))
		case string(was) != string(now):
			changes = append(changes, plan.New(snippetAddress(s.Name), was, now, "it does something else", s.Origin))
		default:
			unchanged++
		}
	}
	for name, was := range old {
		changes = append(changes, plan.New(snippetAddress(name), was, nil, "it left the configuration", ""))
	}
	return changes, unchanged, nil
}

func snippetAddress(name string) plan.Address { return plan.NewAddress(plan.KindSnippet, name) }

// snippet runs one of the target's snippets, if it is to run in this run.
func (tx *transaction) snippet(ctx context.Context, name string) error {
	var s Snippet
	for _, s = range tx.target.Snippets {
		if s.Name == name {
			break
		}
	}
	switch {
	case s.Name != name:
		return nil
	case tx.engine.Offline:
		tx.engine.warn(snippetStep+name, "skipped: snippets do not run for another root")
		return nil
	case tx.journal.Verb == VerbAtBoot && !s.AtBoot:
		return nil
	}
	if due, err := tx.due(s); err != nil || !due {
		return err
	}
	tx.engine.report(snippetStep+name, "running")
	err := tx.guarded(name, func() error { return tx.engine.runSnippet(ctx, s, tx.journal) })
	if err == nil {
		tx.loaded(s)
		return nil
	}
	err = fmt.Errorf("cannot run snippet %q (%s): %w", name, s.Origin, err)
	if s.OnFailure == "continue" {
		tx.engine.warn(snippetStep+name, err.Error())
		tx.failures = append(tx.failures, err)
		return nil
	}
	if tx.reapplies {
		tx.leaveOut(err, plan.Change{Address: snippetAddress(name)})
		return nil
	}
	return err
}

// stepsOf gives the steps of a run. Where no change is made, the snippets are
// left out, but for a boot's.
func (p *Prepared) stepsOf(verb string) []string {
	if len(p.changes) > 0 || verb == VerbAtBoot {
		return p.steps
	}
	return slices.DeleteFunc(slices.Clone(p.steps), func(step string) bool { return strings.HasPrefix(step, snippetStep) })
}

// hasBootSnippets tells whether a boot has work beyond what differs: snippets
// with at_boot run at each.
func (p *Prepared) hasBootSnippets() bool {
	return slices.ContainsFunc(p.target.Snippets, func(s Snippet) bool { return s.AtBoot })
}

// VerbAtBoot is the verb of the run at boot, in which only snippets with
// at_boot run.
const VerbAtBoot = "at-boot"
