package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// noteCarried enters the trees that go to another id with an account: they go
// back with it, also when its home is elsewhere by then.
func (l *ledger) noteCarried(users []userChange, groups []groupChange) {
	for _, c := range groups {
		if c.after != nil {
			l.carries(groupAddress(c.name), c.after.Migrate)
		}
	}
	for _, c := range users {
		if c.after != nil {
			l.carries(userAddress(c.name), c.after.Migrate)
		}
	}
}

// carries adds the trees of a migration, if there is one.
func (l *ledger) carries(a plan.Address, m *migration) {
	if m == nil || len(minus(m.Trees, l.Carried[a])) == 0 {
		return
	}
	if l.Carried == nil {
		l.Carried = map[plan.Address][]string{}
	}
	l.Carried[a], l.changed = union(l.Carried[a], m.Trees), true
}

// carriedTrees gives the directories that went to another id with the account
// before and that are not in m already; those that mine refuses are left out.
func (p *planning) carriedTrees(a plan.Address, m *migration, mine func(rootfs.Info) bool) []string {
	var out []string
	for _, tree := range p.ledger.Carried[a] {
		info, err := p.s.cfg.Root.Lstat(tree)
		if err == nil && info.Type == rootfs.Dir && mine(info) && !slices.Contains(m.Trees, tree) {
			out = append(out, tree)
		}
	}
	return out
}
