package users_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// TestASetuidFileWhoseNameIsNotUTF8: the plan has to name those files, to give them back
// what chown(2) takes from them, and is JSON.
func TestASetuidFileWhoseNameIsNotUTF8(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	p := filepath.Join(h.dir, "home/bob/caf\xe9")
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, os.WriteFile(p, nil, 0o755))
	must(t, os.Chmod(p, 0o755|os.ModeSetuid))
	for _, at := range []string{filepath.Dir(p), p} {
		must(t, os.Chown(at, 1000, 1000))
	}
	must(t, os.Chmod(p, 0o755|os.ModeSetuid))
	d := h.diff(t, wants(users.User{Name: "bob", UID: new(users.ID(1500)), MigrateID: true}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, `/home/bob/caf\xe9" is setuid or setgid, and its name is not UTF-8`) {
		t.Errorf("got %v", d.Problems)
	}
}
