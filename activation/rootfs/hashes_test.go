package rootfs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Hashes are found whatever is around them, and nothing else is taken for one.
func TestHashesIn(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("0a", 32), strings.Repeat("f9", 32)
	for text, want := range map[string][]string{
		"":                           nil,
		a:                            {a},
		`{"x":"` + a + `"}`:          {a},
		`["hmac:` + b + `","` + a:    {"hmac:" + b, a},
		a + "0":                      nil,
		a + " " + a[1:]:              {a},
		strings.ToUpper(a) + "," + b: {b},
		"sha256:" + a + b + " " + a:  {a},
	} {
		if got := rootfs.HashesIn([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
