package users_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestBackupWithoutItsFile: a shadow- beside which there is no shadow is there
// again when the shadow that we made goes.
func TestBackupWithoutItsFile(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	delete(files, "etc/shadow")
	delete(files, "etc/subuid")
	files["etc/shadow-"] = "root:*:18000:0:99999:7:::\n"
	files["etc/subuid-"] = "old:1:1\n"
	h := open(t, files)
	before := h.tree(t)
	for _, u := range []users.User{{Name: "ann", SubIDs: &users.SubIDs{Auto: true}}, {Name: "eve"}} {
		h.switchTo(t, wants(u))
	}
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}
