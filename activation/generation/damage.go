package generation

import (
	"fmt"
	"io/fs"
)

// moveAway is the way out where a file is made again.
const moveAway = "move it away and run activate again"

// damaged is the error of a record that says nothing that can be true.
func (s *State) damaged(name string, err error, wayOut string) error {
	return fmt.Errorf("cannot read %s: it is damaged (%w); restore it from a backup, or %s", s.root.Name(s.path(name)), err, wayOut)
}

// noLink is the error of a link to a generation, current or boot, that is none.
func (s *State) noLink(name, why string) error {
	return fmt.Errorf("cannot read %s: %s; restore it from a backup, or make it a link to generations/N, a generation that is left", s.root.Name(s.path(name)), why)
}

// without is the way out where the record of generation n is lost.
func (s *State) without(n int) string {
	if s.leadsTo(n) {
		return fmt.Sprintf("make the links current and boot in %s point at a generation that is whole", s.root.Name(s.dir))
	}
	return fmt.Sprintf("delete generation %d", n)
}

// leadsTo tells that current or boot lead to generation n, or may.
func (s *State) leadsTo(n int) bool {
	for _, link := range []func() (int, error){s.Current, s.Boot} {
		if at, err := link(); err != nil || at == n {
			return true
		}
	}
	return false
}

// missingError is a generation that is not there. It is fs.ErrNotExist to
// programs, whose words would tell a person nothing more.
type missingError struct {
	number int
	// record is the file that is gone although the rest of the generation is there,
	// and wayOut what can be done without a backup.
	record, wayOut string
}

func (e *missingError) Error() string {
	switch {
	case e.record != "":
		return fmt.Sprintf("cannot read generation %d: %s is gone; restore it from a backup, or %s", e.number, e.record, e.wayOut)
	case e.wayOut != "":
		return fmt.Sprintf("there is no generation %d; restore it from a backup, or %s", e.number, e.wayOut)
	}
	return fmt.Sprintf("there is no generation %d", e.number)
}

func (*missingError) Is(target error) bool { return target == fs.ErrNotExist }

// noCurrent tells a host where nothing is ours from one that lost the link. The
// index of what stood there before us is there as long as anything is ours,
// and while a journal is, the link may be on its way.
func (s *State) noCurrent() error {
	index, err := s.has(indexName)
	if err != nil {
		return err
	}
	journal, err := s.has(journalName)
	if err != nil {
		return err
	}
	if !index || journal {
		return ErrNone
	}
	return fmt.Errorf("cannot tell what is ours: %s is gone; make it again, a link to generations/N, the generation in effect, or restore the directory from a backup; if nothing of a generation is on this host, remove %s",
		s.root.Name(s.path("current")), s.root.Name(s.path(indexName)))
}

// noIndex tells a host where nothing is ours from one that lost the index: all that
// stood there before us would be taken for ours, and go. Another run may be ending:
// it drops its journal last.
func (s *State) noIndex() error {
	journal, err := s.has(journalName)
	if err != nil || journal {
		return err
	}
	n, err := s.Current()
	if err != nil || n == 0 {
		return err
	}
	if there, err := s.has(indexName); there || err != nil {
		return err
	}
	return fmt.Errorf("cannot tell what was here before activate: %s is gone; restore it from a backup, or %s", s.root.Name(s.path(indexName)), withoutIndex())
}

// withoutIndex is the way out where the index is lost. What is taken for ours then
// is a person's to say.
func withoutIndex() string {
	return fmt.Sprintf(`make it a file that says {"format": %d}: nothing that was here before activate returns then`, Format)
}
