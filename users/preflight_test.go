package users_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

func TestImmutableAccountFilesAreFoundFirst(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	p := filepath.Join(h.dir, "etc/gshadow")
	if out, err := exec.Command("chattr", "+i", p).CombinedOutput(); err != nil {
		t.Fatalf("cannot set the flag: %s", out)
	}
	d := h.diff(t, wants(users.User{Name: "alice"}))
	if out, err := exec.Command("chattr", "-i", p).CombinedOutput(); err != nil {
		t.Fatalf("cannot clear the flag: %s", out)
	}
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), "etc/gshadow is immutable") {
		t.Errorf("problems: %v", d.Problems)
	}
	if d := h.diff(t, wants(users.User{Name: "alice"})); len(d.Problems) > 0 {
		t.Errorf("without the flag: %v", d.Problems)
	}
}
