package users

import (
	"slices"

	"github.com/activate-agent/activate/users/accounts"
)

// departed is what an account that is gone left under its name: lines of
// shadow(5) and subuid(5) without one of passwd(5), as userdel(8) never leaves
// them but editors do, and lingering. A new account must not inherit a password,
// so they make room for it, and return with its end.
type departed struct {
	// Lines stands for a bundle of lines, empty when there are none.
	Lines  string `json:"lines,omitempty"`
	Linger bool   `json:"linger,omitempty"`
	// Groups still name it as a member; Taken are those that the new account is
	// not to be in.
	Groups []string `json:"groups,omitempty"`
	Taken  []string `json:"taken,omitempty"`
	// Admins are groups that still name it as an administrator.
	Admins []string `json:"admins,omitempty"`
}

// departed collects the lines that are there of a name which passwd(5) has not.
func (b *book) departed(name string) bundle {
	var out bundle
	out.take(accounts.ShadowPath, b.Shadow, name)
	out.take(accounts.SubUIDPath, b.SubUID, name)
	out.take(accounts.SubGIDPath, b.SubGID, name)
	return out
}

// departed gives what the new account name finds under its name, nil for
// nothing.
func (p *planning) departed(name string) (*departed, error) {
	linger, err := p.obs.linger(name)
	if err != nil {
		return nil, err
	}
	admins, groups, lines := p.book.admins(name), slices.Sorted(slices.Values(p.book.Memberships(name))), ""
	if found := p.book.departed(name); len(found.Lines) > 0 {
		lines = p.s.cfg.Store.Keyed(found.encode())
	}
	// A list may name it twice.
	groups = slices.Compact(groups)
	groups = slices.DeleteFunc(groups, func(group string) bool { return p.s.gaveThroughGroup(group, name) })
	if lines == "" && !linger && len(groups)+len(admins) == 0 {
		return nil, nil
	}
	return &departed{Linger: linger, Admins: admins, Groups: groups, Lines: lines}, nil
}

func (s *UserState) departedLines() string {
	if s == nil || s.Departed == nil {
		return ""
	}
	return s.Departed.Lines
}

// lingered tells whether a departed account of the name had lingered.
func (s *UserState) lingered() bool { return s != nil && s.Departed != nil && s.Departed.Linger }

// makeRoom takes the lines of a departed account away.
func (e *edit) makeRoom(s *UserState) error {
	hash := s.departedLines()
	saved, err := openBundle(e.s.cfg.Store, hash)
	if err != nil || hash == "" {
		return err
	}
	if saved == nil {
		return errNoLines
	}
	for _, l := range saved.Lines {
		d := e.book.Document(l.File)
		for _, r := range d.Like(string(l.Text)) {
			d.RemoveRow(r)
		}
	}
	return nil
}

// leftAsFound tells that nothing of an account is in shadow and the sub-ids but
// the lines of a departed one, if there were any.
func (o observation) leftAsFound(name string, before *UserState) bool {
	now := o.book.departed(name)
	saved, err := openBundle(o.store, before.departedLines())
	if err != nil {
		return false
	}
	if saved == nil {
		return len(now.Lines) == 0
	}
	return slices.EqualFunc(now.Lines, saved.Lines, sameLine)
}

// sameLine compares lines wherever they stand.
func sameLine(a, b savedLine) bool { return a.File == b.File && string(a.Text) == string(b.Text) }
