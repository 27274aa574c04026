package main

import (
	"fmt"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules/write"
)

// literalLimit is the largest text that stands in the configuration itself.
const literalLimit = 16 << 10

// contentCopy is a file beside the configuration.
type contentCopy struct {
	// name is relative to the configuration's directory.
	name    string
	content []byte
}

// beside tells whether an entry's content is no text for a configuration file.
func beside(e etc.Entry) bool {
	return e.Content != nil && (len(e.Content.Text) > literalLimit || !write.Expressible(string(e.Content.Text)))
}

// copies gives the files that go beside the configuration.
func (a *adoption) copies() []contentCopy {
	var out []contentCopy
	for _, e := range a.entries(slices.Concat(a.changed, a.added)) {
		if beside(e) {
			out = append(out, contentCopy{path.Join(copiesDir, e.Path), e.Content.Text})
		}
	}
	return out
}

// document is the configuration. Without a place beside it, large contents and
// those that are no text are left out.
func (a *adoption) document(place bool) []byte {
	if !place {
		a.leaveLarge()
	}
	sections := []write.Section{
		{Title: a.header()},
		a.groups(), a.people(),
		{Title: "Files of packages that were changed.", Blocks: a.blocks(a.changed)},
		{Title: "What no package owns in /etc.", Blocks: a.blocks(a.added)},
		a.unitBlocks(),
	}
	for i := range sections[1:] {
		if len(sections[i+1].Blocks) == 0 {
			sections[i+1] = write.Section{}
		}
	}
	left := slices.Sorted(slices.Values(a.left))
	return write.Document(append(sections, write.List("Left as it is, and not said above:", left)))
}

func (a *adoption) header() string {
	text := fmt.Sprintf(`What activate adopt found on %s. It changes nothing as it is: activate
plan has nothing to do. Passwords are not in it and stay as they are.`, a.hostname)
	if a.noPackages {
		text += "\nThere is no dpkg here to tell which files are whose, so /etc is not looked at."
	}
	return text
}

func (a *adoption) groups() write.Section {
	s := write.Section{Title: "Groups."}
	for _, g := range a.accounts.Groups {
		s.Blocks = append(s.Blocks, write.Group(g, a.notes[plan.NewAddress(plan.KindGroup, g.Name)]))
	}
	return s
}

func (a *adoption) people() write.Section {
	s := write.Section{Title: "Users. The groups are added to, never taken away."}
	for _, u := range a.accounts.Users {
		s.Blocks = append(s.Blocks, write.User(u, a.notes[plan.NewAddress(plan.KindUser, u.Name)]))
	}
	return s
}

func (a *adoption) blocks(list []etc.Entry) []write.Block {
	var out []write.Block
	for _, e := range a.entries(list) {
		if beside(e) {
			e.Content = &etc.Content{Source: "./" + path.Join(copiesDir, e.Path)}
		}
		out = append(out, write.Entry(e, a.notes[e.Address]))
	}
	return out
}

func (a *adoption) unitBlocks() write.Section {
	s := write.Section{Title: "Units of the administrator. One without text is masked."}
	for _, u := range a.units {
		s.Blocks = append(s.Blocks, write.Unit(u.Unit, ""))
	}
	return s
}

// leaveLarge leaves out what needs a file beside the configuration.
func (a *adoption) leaveLarge() {
	for _, e := range a.entries(slices.Concat(a.changed, a.added)) {
		if beside(e) {
			a.leaveOut(e.Address, fmt.Sprintf("it is no text or larger than %d KiB; with -o it is copied to a file of its own", literalLimit>>10))
		}
	}
}
