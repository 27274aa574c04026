package users

import (
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// refusedKeys warns of keys that the plan gives to users and that sshd(8) does not
// take, for the modes and owners on the way to them: nobody would know why. It is no
// problem: sshd_config(5) may say so, and the user may have other ways in. at is what
// the plan makes of other paths.
func (p *planning) refusedKeys(at func(string) (Other, bool, error)) ([]plan.Problem, error) {
	if !slices.ContainsFunc(p.s.cfg.Desired.Users, func(u User) bool { return len(u.AuthorizedKeys) > 0 }) {
		return nil, nil
	}
	edits, _, err := p.simulate(p.diff.Changes)
	if err != nil {
		return nil, err
	}
	ring := &keyring{p: p, at: at, edits: edits, strict: true, private: true, refusals: map[string]string{}}
	var out []plan.Problem
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		if !p.givesKeys(name, edits[name]) {
			continue
		}
		if _, err := ring.opens(name, *edits[name].after); err != nil {
			return nil, err
		}
		if why := ring.refusals[name]; why != "" {
			out = append(out, plan.Problemf(userAddress(name), p.origin(name),
				"Give it to the user, for nobody else to write, or have StrictModes no in sshd_config(5).", "sshd takes no keys of user %s: %s", name, why))
		}
	}
	return out, nil
}

// givesKeys tells an edit that gives a user the keys that are declared.
func (p *planning) givesKeys(name string, e userEdit) bool {
	u := p.user[name]
	return u != nil && len(u.AuthorizedKeys) > 0 && e.after != nil && e.after.Keys != nil && (e.before == nil || !e.after.Keys.equal(e.before.Keys))
}
