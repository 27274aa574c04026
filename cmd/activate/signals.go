package main

import (
	"context"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// withSignals gives a context that ends with SIGINT or SIGTERM, so that a run
// stops before its first change; afterwards it is not looked at. A terminal or
// pipe that goes away must not end a switch in the middle: those signals are
// caught and dropped, not ignored, since programs that are started inherit
// what is ignored.
func withSignals() (context.Context, context.CancelFunc) {
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGPIPE)
	return signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
}
