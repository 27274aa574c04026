package users

import "github.com/activate-agent/activate/activation/plan"

// preflight finds the flags of chattr(1), and the mounts, that would stop a change of the
// accounts half way.
func (p *planning) preflight() {
	if len(p.diff.Changes) == 0 {
		return
	}
	root := p.s.cfg.Root
	for _, at := range []string{"etc", groupPath, gshadowPath, subUIDPath, subGIDPath, passwdPath, shadowPath} {
		if at != "etc" && root.Mounted(at) {
			p.diff.Problems = append(p.diff.Problems, plan.Problem{
				Summary: "cannot change the accounts: something is mounted over " + root.Name(at),
				Advice:  "Unmount it with umount " + root.Name(at) + ".",
				Forbids: p.planned(),
			})
		}
		if root.Immutable(at) {
			p.diff.Problems = append(p.diff.Problems, plan.Problem{
				Summary: "cannot change the accounts: " + root.Name(at) + " is immutable",
				Advice:  "Take the flag off with chattr -i -a.",
				Forbids: p.planned(),
			})
		}
	}
}
