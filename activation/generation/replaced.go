package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// Replaced is a content that a run replaced and that does not return by itself,
// as an administrator's edit of what is ours. It is in the backup directory.
type Replaced struct {
	Address plan.Address `json:"address"`
	// Content is its hash, as the store has it.
	Content string `json:"content"`
}

// replaced is generations/N/replaced.json: what runs that brought the host to
// generation N replaced. The contents go with the generation.
type replaced struct {
	Format   int        `json:"format"`
	Contents []Replaced `json:"contents"`
}

func replacedName(n int) string { return path.Join("generations", fmt.Sprint(n), "replaced.json") }

// AddReplaced notes what a run replaced that brings the host to generation n,
// durable after the root's Sync.
func (s *State) AddReplaced(n int, list []Replaced) error {
	var r replaced
	if err := s.read(replacedName(n), &r); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	noted := map[Replaced]bool{}
	for _, c := range r.Contents {
		noted[c] = true
	}
	list = slices.DeleteFunc(slices.Clone(list), func(c Replaced) bool { return noted[c] })
	if len(list) == 0 {
		return nil
	}
	r.Contents = append(r.Contents, list...)
	r.Format = Format
	return s.write(replacedName(n), r)
}
