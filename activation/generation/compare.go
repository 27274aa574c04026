package generation

import (
	"bytes"

	"github.com/activate-agent/activate/activation/plan"
)

// Compare gives, in the form of a plan, how the objects of record b differ
// from those of record a.
func Compare(a, b *Record) *plan.Plan {
	var changes []plan.Change
	unchanged := 0
	for address, before := range a.States {
		after := b.States[address]
		if after != nil && bytes.Equal(before, after) {
			unchanged++
			continue
		}
		changes = append(changes, plan.New(address, before, after, "", ""))
	}
	for address, after := range b.States {
		if _, ok := a.States[address]; !ok {
			changes = append(changes, plan.New(address, nil, after, "", ""))
		}
	}
	return plan.Make(changes, unchanged, plan.Units{})
}
