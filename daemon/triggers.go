package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// TriggerHash is one hash over a service's own triggers and the config_data
// whose change does what onChange says ("restart" or "reload"). It changes when
// any of them or their order does; empty for none. Every init writes it, so
// that all of them see the same change.
func TriggerHash(own []string, data []ConfigData, onChange string) string {
	all := slices.Clone(own)
	for _, c := range data {
		if c.OnChange == onChange {
			all = append(all, c.Path, c.Text)
		}
	}
	if len(all) == 0 {
		return ""
	}
	h := sha256.New()
	for _, x := range all {
		fmt.Fprintf(h, "%d:%s,", len(x), x)
	}
	return hex.EncodeToString(h.Sum(nil))
}
