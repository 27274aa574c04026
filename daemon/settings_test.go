package daemon_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// TestSettingsOfTheInit: the init begins anew for its own settings, once, and
// reads its definitions with that.
func TestSettingsOfTheInit(t *testing.T) {
	t.Parallel()
	for address, want := range map[plan.Address]string{
		"etc/init.conf.d/x.conf": "renew forget ", "file//etc/init.conf": "renew forget ", "symlink//etc/init.conf": "renew forget ",
		"etc/init.config": "", "file//srv/etc/init.conf": "", "directory//etc/init.conf.d": "",
	} {
		h := newHost(t)
		init := newFake()
		u, err := daemon.New(daemon.Config{Init: init, Root: h.root, Store: h.store})
		h.must(err)
		verbs, err := u.Verbs(t.Context(), []plan.Change{plan.New(address, nil, plan.Encode(1), "", "")})
		h.must(err)
		_, err = u.Start(t.Context(), verbs)
		h.must(err)
		if got := strings.Join(init.calls, " "); got != want {
			t.Errorf("for %s: %q, want %q", address, got, want)
		}
	}
}
