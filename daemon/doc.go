// Package daemon is the model of supervised processes: the portable service,
// socket, timer, mount and bundle, the unit files an init makes of them, the
// comparison of old with new, and the interface every init implements.
//
// It owns what a service means and what has to happen to it in a switch. It
// refuses to know any particular init: those are its sub-packages.
package daemon
