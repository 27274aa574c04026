// Package offspring owns the processes of a command that a configuration brings
// along: it runs the command and, when its time is up, ends everything that it
// started, whatever has left its group, its session and its parent since.
// It needs no control groups. It refuses to touch a process that the command did
// not start, and leaves alone what a command that ended by itself left behind.
package offspring
