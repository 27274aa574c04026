package keep_test

import (
	"testing"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// Every limit that a service may have is one that a keeper can set.
func TestLimitsAreKnown(t *testing.T) {
	t.Parallel()
	for _, name := range daemon.Limits() {
		if !keep.KnownLimit(name) {
			t.Errorf("no limit %s", name)
		}
	}
}
