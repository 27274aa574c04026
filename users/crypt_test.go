package users_test

import (
	"testing"

	"github.com/activate-agent/activate/users"
)

func TestMadeByCrypt(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]bool{
		"":                     true,
		"!":                    true,
		"*":                    true,
		"!$6$salt$hash":        true,
		"$6$salt$hash":         true,
		"$y$j9T$salt$hash":     true,
		"_J9..saltabcdefghijk": true,
		"abJnggxhB/yWI":        true,
		"secret":               false,
		"$6$salt$hash ":        false,
		"$6$salt$hash\t":       false,
		"$6$salt$ha\\sh":       false,
		"$6$salt$hash*":        false,
		"abJnggxhB/yW ":        false,
	} {
		if got := users.MadeByCrypt(field); got != want {
			t.Errorf("MadeByCrypt(%q) is %t", field, got)
		}
	}
}
