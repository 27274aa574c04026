// Package supervise is the part that all inits but systemd share: it makes
// services of the portable definitions with every name resolved, and drives
// them by the keepers that the init runs.
//
// It owns names, order and readiness on those inits. It refuses to know any of
// them: what an init's own files look like, and how it is told to run or stop
// a keeper, is its Manager's.
package supervise
