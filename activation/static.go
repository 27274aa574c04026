package activation

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// staticPath is the one link that flips all entries of a generation at once.
const staticPath = "etc/static"

// staticAddress stands for it in a plan that has to repair it.
const staticAddress plan.Address = "symlink//etc/static"

// staticState is its State.
type staticState struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

// flip points /etc/static at generation n; with n 0 it goes.
func (e *Engine) flip(n int) error {
	if err := e.flipTo(n); err != nil {
		return fmt.Errorf("cannot switch %s: %w", e.Root.Name(staticPath), rootfs.Reason(err))
	}
	return nil
}

func (e *Engine) flipTo(n int) error {
	info, err := e.Root.Lstat(staticPath)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return err
	case !missing && info.Type != rootfs.Symlink:
		return fmt.Errorf("%s is in the way; move it away", info.Type)
	case n == 0 && missing:
		return nil
	case n == 0:
		return e.Root.Remove(staticPath)
	}
	if target, err := e.Root.Readlink(staticPath); err == nil && target == e.State.Static(n) {
		return nil
	}
	if _, err := e.Root.MakeDirs("etc", 0o755); err != nil {
		return err
	}
	return e.Root.Symlink(e.State.Static(n), staticPath)
}

// staticDrift is the change that repairs a link which somebody moved or
// removed. Where the last generation had none it comes with the next by itself.
func (e *Engine) staticDrift(p *Prepared) ([]plan.Change, error) {
	if !p.target.Linked || p.last == nil {
		return nil, nil
	}
	want := plan.Encode(staticState{Type: "symlink", Target: e.State.Static(p.last.Number)})
	target, err := e.Root.Readlink(staticPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if last, err := e.Restore(p.last); err != nil || !last.Linked {
			return nil, err
		}
		return []plan.Change{plan.New(staticAddress, nil, want, "it is missing", "")}, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", e.Root.Name(staticPath), err)
	case target == e.State.Static(p.last.Number):
		return nil, nil
	}
	before := plan.Encode(staticState{Type: "symlink", Target: target})
	return []plan.Change{plan.New(staticAddress, before, want, "it points elsewhere", "")}, nil
}
