package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestNobodyAdministersAfterLeaving has somebody make an account of ours an
// administrator of groups, as gpasswd -A does: that goes with the account, as
// with userdel, but for what a departed one of its name had.
func TestNobodyAdministersAfterLeaving(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/gshadow"] = strings.Replace(files["etc/gshadow"], "daemon:*::\n", "daemon:*:ann:\n", 1)
	h := open(t, files)
	before := h.read(t, "etc/gshadow")
	h.switchTo(t, wants(users.User{Name: "ann", Groups: []string{"staff"}}))
	h.write(t, "etc/gshadow", strings.NewReplacer("sudo:*::", "sudo:*:root,ann,bob:", "staff:*::", "staff:*:ann:").Replace(h.read(t, "etc/gshadow")))
	want := strings.Replace(before, "sudo:*::", "sudo:*:root,bob:", 1)

	was := h.tree(t)
	s := h.subsystem(users.Desired{})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	if diff := cmp.Diff(want, h.read(t, "etc/gshadow")); diff != "" {
		t.Error(diff)
	}
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(was, h.tree(t)); diff != "" {
		t.Errorf("undone: %s", diff)
	}
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(want, h.read(t, "etc/gshadow")); diff != "" {
		t.Error(diff)
	}
}
