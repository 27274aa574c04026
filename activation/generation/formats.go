package generation

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/activate-agent/activate/activation/plan"
)

// Format is the format that records are written in. A newer one is refused, an
// older one is read as it is and brought to this one by Migrate.
//
// Format 2 brought backup/kept.json, boot_before to the journal, and the number
// itself to boots.json and boot-entry.json. Format 3 brought secrets to
// backup/index.json, and so to the journal. Format 4 brought lists to what the
// journal and the index say of accounts. Format 5 brought xattrs and link_owners to
// what they say of units.
const Format = 5

// formats gives the formats that a record of the state directory has had, by
// its name there. A step that is not set here changes nothing but the number.
func (s *State) formats(name string) plan.Formats {
	f := plan.Formats{Key: "format", Steps: make([]plan.Step, Format-1)}
	switch name {
	case journalName:
		f.Steps[0] = s.journalTo2
	case bootsName, bootEntryName:
		f.Silent = true
	}
	return f
}

// newer is the error of a record that a newer activate wrote.
func (s *State) newer(name string, err *plan.NewerError) error {
	return fmt.Errorf("cannot read %s: %w; use the activate that wrote it", s.root.Name(s.path(name)), err)
}

// journalTo2 adds what the boot default was to a journal of format 1, by where
// the links point now.
func (s *State) journalTo2(members map[string]json.RawMessage) error {
	current, err := s.Current()
	if err != nil {
		return err
	}
	boot, err := s.Boot()
	if err != nil {
		return err
	}
	return bootBefore(members, current, boot)
}

// bootBefore adds what the boot default was to a journal of format 1. A commit
// moves the link current first, then boot. Once both are where they are to be,
// of a generation that the run made only the one before can have been booted.
func bootBefore(members map[string]json.RawMessage, current, boot int) error {
	// The first programs that counted on it wrote format 1 too.
	if _, ok := members["boot_before"]; ok {
		return nil
	}
	delete(members, "handed_off")
	var j struct {
		Target   int  `json:"target"`
		Previous int  `json:"previous"`
		Boot     int  `json:"boot"`
		Fresh    bool `json:"fresh"`
	}
	for name, v := range map[string]any{"target": &j.Target, "previous": &j.Previous, "boot": &j.Boot, "fresh": &j.Fresh} {
		if raw, ok := members[name]; ok {
			if err := plan.Unmarshal(raw, v); err != nil {
				return fmt.Errorf("its member %s: %w", name, err)
			}
		}
	}
	before := boot
	if current == j.Target && boot == j.Boot && j.Fresh && j.Boot == j.Target {
		before = j.Previous
	}
	members["boot_before"] = json.RawMessage(strconv.Itoa(before))
	return nil
}
