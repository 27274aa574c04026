// Package keep runs one service on an init that cannot do all a service asks
// for: it waits for what the service needs, prepares, starts, waits until it is
// ready, starts again what ends, and stops everything the service started.
//
// It owns the keeper (one process a service, a child of the init), the spec it
// reads and the status it leaves in /run. It refuses to know which init started
// it, and never trusts a process id without the start time of proc(5).
package keep
