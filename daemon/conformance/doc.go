// Package conformance holds every init to one account of what a service is.
//
// It owns no code but the suite: the real program switches a machine on which
// the real init runs, and what happened is asked of the processes themselves.
package conformance
