package users

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users/accounts"
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
	for _, at := range []string{accounts.GroupPath, accounts.GShadowPath, accounts.SubUIDPath, accounts.SubGIDPath, accounts.PasswdPath, accounts.ShadowPath} {
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
	p.preflightOwners()
	for _, ch := range p.diff.Changes {
		p.preflightHome(ch)
	}
}

// preflightOwners finds account files that are sure to be written, and that nobody
// could give back to their owner: in a container with a user namespace of its own.
func (p *planning) preflightOwners() {
	written := map[string]bool{}
	for _, ch := range p.diff.Changes {
		if ch.Action != plan.Create && ch.Action != plan.Delete {
			continue
		}
		switch ch.Kind {
		case plan.KindGroup:
			written[accounts.GroupPath], written[accounts.GShadowPath] = true, true
		case plan.KindUser:
			written[accounts.PasswdPath], written[accounts.ShadowPath] = true, true
		}
	}
	root := p.s.cfg.Root
	for _, at := range slices.Sorted(maps.Keys(written)) {
		if info, err := root.Lstat(at); err == nil && !root.Mapped(info.UID, info.GID) {
			p.diff.Problems = append(p.diff.Problems, plan.Problem{
				Summary: fmt.Sprintf("cannot change the accounts: %s belongs to %d:%d, and could not be given back to an id that is not in this user namespace",
					root.Name(at), info.UID, info.GID),
				Advice:  "Give it to another owner, or give the container more ids (subuid(5)).",
				Forbids: p.planned(),
			})
		}
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
