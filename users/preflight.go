package users

import (
	"path"

	"github.com/activate-agent/activate/activation/plan"
)

// preflight finds the flags of chattr(1), and the mounts, that would stop a change of the
// accounts, their homes and keys half way.
func (p *planning) preflight() {
	if len(p.diff.Changes) == 0 {
		return
	}
	root := p.s.cfg.Root
	if err := root.ClosedBeside("etc", p.s.cfg.StateDir); err != nil {
		p.diff.Problems = append(p.diff.Problems, plan.Problem{Summary: "cannot change the accounts: " + err.Error(), Forbids: p.planned()})
	}
	files := []string{lockPath}
	for _, at := range []string{groupPath, gshadowPath, subUIDPath, subGIDPath, passwdPath, shadowPath} {
		files = append(files, at, at+"-")
	}
	for _, at := range files {
		if root.Mounted(at) {
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
	for _, ch := range p.diff.Changes {
		p.preflightHome(ch)
	}
}

// preflightHome finds what would stop the making of an account's home and keys.
func (p *planning) preflightHome(ch plan.Change) {
	if ch.Kind != plan.KindUser {
		return
	}
	after, err := p.s.userStates.Decode(ch.After)
	if err != nil || after == nil {
		return
	}
	dir := ""
	switch {
	case len(after.HomeDirs) > 0:
		dir = path.Dir(after.HomeDirs[0])
	case after.Keys != nil:
		dir = path.Dir(after.Keys.Path)
	default:
		return
	}
	if err := p.s.cfg.Root.ClosedBeside(dir, p.s.cfg.StateDir); err != nil {
		p.problem(ch.Address, ch.Origin, "Make it possible, or choose another home.", "nothing can be made in its home %s: %v", after.Home, err)
	}
	// A group of its own has the gid here.
	if root := p.s.cfg.Root; !root.Mapped(uint32(after.UID), uint32(after.GID)) {
		p.problem(ch.Address, ch.Origin, "Take another uid and gid, or give the container more of them (subuid(5)).",
			"its home %s could not be its own: %d:%d is not in this user namespace", after.Home, after.UID, after.GID)
	}
}
