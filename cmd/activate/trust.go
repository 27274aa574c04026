package main

import (
	"fmt"
	"path"
)

// mayTrust says why the directories of the records and of the lock can't be
// relied on: whoever may write there says what this run, and each boot, does.
func (h *host) mayTrust() error {
	for _, own := range []struct{ what, dir, wayOut string }{
		{"state directory", h.engine.State.Dir(), "or choose another one with --state-dir"},
		{"run directory", path.Dir(h.engine.LockPath()), "or remove it"},
	} {
		if err := h.mayTrustDir(own.dir); err != nil {
			return fmt.Errorf("cannot rely on the %s %s: %w; give it to you alone with chown and chmod, %s",
				own.what, h.engine.Root.Name(own.dir), err, own.wayOut)
		}
	}
	return nil
}

func (h *host) mayTrustDir(dir string) error {
	info, err := h.engine.Root.StatDir(dir)
	if err != nil {
		// It is made, or the error is told, where it is needed first.
		return nil //nolint:nilerr // see above
	}
	you := h.engine.Root.Private()
	switch {
	case info.UID != 0 && info.UID != you.UID:
		return fmt.Errorf("it belongs to uid %d", info.UID)
	case info.Mode&0o002 != 0, info.Mode&0o020 != 0 && info.GID != 0 && info.GID != you.GID:
		return fmt.Errorf("others may write there (mode %04o)", info.Mode)
	}
	return nil
}
