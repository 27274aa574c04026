// Package activation is the run: lock, finish or undo an interrupted run,
// observe, plan, check, stage, journal, stop units, pipeline, hand-off, record.
//
// It owns the order of a switch, its transaction and its verdict. It knows the
// subsystems only by the interface it defines and refuses to know HCL, account
// files or any init.
package activation
