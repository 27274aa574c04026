package activation

import (
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// The pipeline's own steps. Removals come first, deepest path first, so that
// another type of object can take the place, and with them the return of what
// stood at paths before; accounts that leave go last, when nothing of theirs is
// left. Only the middle seven can be named by snippets.
const (
	stepRemovals    = "removals"
	stepGroups      = "groups"
	stepUsers       = "users"
	stepDirectories = "directories"
	stepEtc         = "etc"
	stepFiles       = "files"
	stepSymlinks    = "symlinks"
	stepMounts      = "mounts"
	stepUnits       = "units"
	stepAccounts    = "accounts"
)

// snippetStep is put before a snippet's name to make its step's name.
const snippetStep = "snippet "

// named are the steps a snippet may refer to, in their order.
var named = [...]string{stepGroups, stepUsers, stepDirectories, stepEtc, stepFiles, stepSymlinks, stepMounts}

// Steps gives the names of the pipeline's steps that a snippet's after and
// before may use, in their order.
func Steps() []string { return slices.Clone(named[:]) }

// CheckOrder tells whether the snippets can be brought into an order. It gives
// plan's errors for a cycle or an unknown name.
func CheckOrder(snippets []Snippet) error {
	_, err := pipeline(snippets)
	return err
}

// pipeline orders the steps and snippets. A snippet that names no place runs
// after the last step. It gives plan's errors for a cycle or an unknown name.
func pipeline(snippets []Snippet) ([]string, error) {
	var nodes []plan.Node
	for i, name := range named {
		n := plan.Node{Name: name, Rank: i}
		if i > 0 {
			n.After = []string{named[i-1]}
		}
		nodes = append(nodes, n)
	}
	isSnippet := map[string]bool{}
	for _, s := range snippets {
		n := plan.Node{Name: s.Name, After: s.After, Before: s.Before, Rank: len(named)}
		if len(s.After)+len(s.Before) == 0 {
			n.After = []string{stepMounts}
		}
		isSnippet[s.Name] = true
		nodes = append(nodes, n)
	}
	order, err := plan.Order(nodes)
	if err != nil {
		return nil, err
	}
	steps := []string{stepRemovals}
	for _, name := range order {
		if isSnippet[name] {
			name = snippetStep + name
		}
		steps = append(steps, name)
	}
	return append(steps, stepUnits, stepAccounts), nil
}

// stepOf is the step that makes a change.
func stepOf(ch plan.Change) string {
	leaves := ch.Action == plan.Delete
	switch ch.Kind {
	case plan.KindGroup:
		if leaves {
			return stepAccounts
		}
		return stepGroups
	case plan.KindUser:
		if leaves {
			return stepAccounts
		}
		return stepUsers
	case plan.KindUnit, plan.KindMount:
		return stepUnits
	}
	if leaves {
		return stepRemovals
	}
	return stepOfPath(ch)
}

// stepOfPath is the step that puts a path in place.
func stepOfPath(ch plan.Change) string {
	switch ch.Kind {
	case plan.KindDirectory:
		return stepDirectories
	case plan.KindEtc:
		return stepEtc
	case plan.KindFile:
		return stepFiles
	case plan.KindSymlink:
		return stepSymlinks
	case plan.KindSnippet:
		return ""
	}
	panic("internal error: no step for " + string(ch.Address))
}

// stepOf is the step that makes a change of the part.
func (p *Part) stepOf(ch plan.Change) string {
	switch step := stepOf(ch); step {
	case stepDirectories, stepEtc, stepFiles, stepSymlinks:
		if p.leaves(ch) {
			return stepRemovals
		}
		return step
	default:
		return step
	}
}

// share is what one part, by its place among them, does in one step.
type share struct {
	step string
	part int
}

// shares gives the changes of each step and part, in their order.
func shares(changes []plan.Change, parts []Part) map[share][]plan.Change {
	out := map[share][]plan.Change{}
	for _, ch := range changes {
		for i := range parts {
			if parts[i].owns(ch) && ch.Address != staticAddress {
				at := share{parts[i].stepOf(ch), i}
				out[at] = append(out[at], ch)
			}
		}
	}
	return out
}

// inStep gives the changes of one step that are one part's, in their order.
func (tx *transaction) inStep(step string, part int) []plan.Change {
	if tx.shares == nil {
		tx.shares = shares(tx.journal.Changes, tx.parts)
	}
	return tx.shares[share{step, part}]
}
