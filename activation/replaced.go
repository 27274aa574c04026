package activation

import (
	"slices"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// noteReplaced notes of which contents the run keeps a copy although nothing has
// them return: edits of what is ours. They stay as long as the generation that
// the run brings.
func (tx *transaction) noteReplaced(p *Prepared) error {
	if tx.journal.Target == 0 {
		return nil
	}
	var list []generation.Replaced
	for _, ch := range tx.journal.Changes {
		known := rootfs.HashesIn(tx.journal.Known.Originals[ch.Address])
		if p.last != nil {
			known = append(known, rootfs.HashesIn(p.last.States[ch.Address])...)
		}
		for _, hash := range rootfs.HashesIn(ch.Before) {
			if !slices.Contains(known, hash) && p.store.Holds(hash) {
				list = append(list, generation.Replaced{Address: ch.Address, Content: hash})
			}
		}
	}
	return tx.engine.State.AddReplaced(tx.journal.Target, list)
}
