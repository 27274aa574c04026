package rootfs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestMissingSeesDamagedSecrets where nothing was ever kept under another key: a copy
// that another key named is whole for all that anybody knows.
func TestMissingSeesDamagedSecrets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first bool
		lost  []string
		want  string
	}{
		"the only key":               {first: true, want: "damaged"},
		"there may have been others": {},
		"a key that was lost":        {first: true, lost: []string{"key"}},
		"nobody knows any more":      {first: true, lost: []string{"key.only"}},
	} {
		dir := t.TempDir()
		r, err := rootfs.Open(dir)
		must(t, err)
		s, err := rootfs.OpenStore(r, "key", "kept")
		must(t, err)
		if c.first {
			s.FirstKey()
		}
		hash, _, err := s.Put(strings.NewReader("s3cret"), true)
		must(t, err)
		none, _, err := s.Put(strings.NewReader(""), true)
		must(t, err)
		for _, p := range c.lost {
			must(t, os.Remove(filepath.Join(dir, p)))
		}
		again, err := rootfs.OpenStore(r, "key", "kept")
		must(t, err)
		must(t, again.SaveKey())
		for _, s := range []*rootfs.Store{s, again} {
			if why := s.Missing(hash); why != "" {
				t.Errorf("%s: a whole secret is %s", name, why)
			}
		}
		if why := again.Missing(none); why != "" && len(c.lost) == 0 {
			t.Errorf("%s: a secret of no bytes is %s", name, why)
		}
		must(t, os.WriteFile(filepath.Join(dir, again.Place(hash)), []byte("s3cres"), 0o600))
		if why := again.Missing(hash); why != c.want {
			t.Errorf("%s: a damaged secret is %q, not %q", name, why, c.want)
		}
		must(t, r.Close())
	}
}
