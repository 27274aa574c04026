package users

import (
	"fmt"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// noteShell takes down who is to have a login shell that is asked for.
func (p *planning) noteShell(u User, shell string) {
	if u.Shell != "" {
		p.shells[shell] = append(p.shells[shell], u)
	}
}

// warnShells warns of login shells that are not there: nobody could log in. All
// who are to have one are one warning.
func (p *planning) warnShells() {
	for _, shell := range slices.Sorted(maps.Keys(p.shells)) {
		if there, err := p.s.cfg.Root.Exists(rootfs.Rel(shell)); err != nil || there {
			continue
		}
		list := p.shells[shell]
		whose := "user " + list[0].Name
		if len(list) > 1 {
			whose = fmt.Sprintf("user %s and %d more", list[0].Name, len(list)-1)
		}
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(list[0].Name), list[0].Origin, "",
			"cannot find the shell %s of %s on this host", shell, whose))
	}
}
