// Package none is the init of a host that has none to hand units to: a
// container without services, a chroot, an image in the making.
//
// It owns nothing and refuses nothing: services of a configuration are left to
// whoever starts the host.
package none

import (
	"context"
	"time"

	"github.com/activate-agent/activate/daemon"
)

// Init renders nothing and runs nothing.
type Init struct{}

// New gives the init.
func New() Init { return Init{} }

// Name is "none".
func (Init) Name() string { return "none" }

// Render gives no files.
func (Init) Render(daemon.Desired) ([]daemon.File, error) { return nil, nil }

// Dirs gives no directories.
func (Init) Dirs() []string { return nil }

// Traits gives the zero traits.
func (Init) Traits(daemon.Definition) daemon.Traits { return daemon.Traits{} }

// Compare finds no difference.
func (Init) Compare(daemon.Definition, daemon.Definition) daemon.Difference {
	return daemon.Difference{}
}

// Running is always false.
func (Init) Running() bool { return false }

// Status knows no units.
func (Init) Status(context.Context, []string) (map[string]daemon.Status, error) { return nil, nil }

// Followers knows no units.
func (Init) Followers(context.Context, string) ([]string, error) { return nil, nil }

// Refresh does nothing.
func (Init) Refresh(context.Context) error { return nil }

// Settings gives none.
func (Init) Settings() []string { return nil }

// Renew does nothing.
func (Init) Renew(context.Context) error { return nil }

// Forget does nothing.
func (Init) Forget(context.Context, []string) error { return nil }

// Do does nothing.
func (Init) Do(context.Context, daemon.Verb, []string, time.Duration) []daemon.Failure { return nil }

// Log has no lines.
func (Init) Log(context.Context, string, int) []string { return nil }
