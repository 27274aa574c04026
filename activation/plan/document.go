package plan

import (
	"slices"
	"strings"
)

// FormatVersion is the version of the JSON document. A reader refuses a newer
// one.
const FormatVersion = 1

// Plan is everything a switch would do.
type Plan struct {
	FormatVersion int      `json:"format_version"`
	Changes       []Change `json:"changes"`
	Units         Units    `json:"units"`
	// Snippets are those that will run, in their order.
	Snippets []string `json:"snippets,omitempty"`
	Summary  Summary  `json:"summary"`
}

// Summary counts blocks by what happens to them; each changed block once. A
// replacement counts as an update.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Unchanged int `json:"unchanged"`
}

// Make builds the document of changes and unit verbs, sorted so that the same
// input gives the same bytes.
func Make(changes []Change, unchanged int, units Units) *Plan {
	p := &Plan{
		FormatVersion: FormatVersion,
		Changes:       slices.Clone(changes),
		Units:         units,
		Summary:       Summary{Unchanged: unchanged},
	}
	if p.Changes == nil {
		p.Changes = []Change{}
	}
	slices.SortStableFunc(p.Changes, compareChanges)
	for _, ch := range p.Changes {
		p.Summary.count(ch.Action)
	}
	return p
}

func (s *Summary) count(a Action) {
	switch a {
	case Create:
		s.Create++
	case Update, Replace:
		s.Update++
	case Delete:
		s.Delete++
	}
}

// kindRank is the order in which a reader meets the kinds.
var kindRank = [...]string{
	KindGroup, KindUser, KindDirectory, KindEtc, KindFile, KindSymlink, KindMount, KindUnit, KindSnippet,
}

func compareChanges(a, b Change) int {
	if a.Kind != b.Kind {
		return slices.Index(kindRank[:], a.Kind) - slices.Index(kindRank[:], b.Kind)
	}
	return strings.Compare(string(a.Address), string(b.Address))
}

// Empty tells whether the plan does nothing at all.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && p.Units.Empty() }

// MarshalIndent is the plan's document, two-space indented, with a last
// newline.
func (p *Plan) MarshalIndent() []byte { return Document(p) }
