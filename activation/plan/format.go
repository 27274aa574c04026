package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	faster "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	asBefore "github.com/go-json-experiment/json/v1"
)

// Step brings a document from one format to the next: it is given the members
// as the one has them and leaves them as the other does. The number itself is
// not its to change.
type Step func(members map[string]json.RawMessage) error

// Formats are the formats that one kind of document has had, 1 being the first.
type Formats struct {
	// Key is the member that says which one a document is of.
	Key string
	// Steps lead from each format to the next: Steps[0] from 1 to 2. A nil one
	// changes nothing but the number.
	Steps []Step
	// Silent is set where documents of format 1 did not say so.
	Silent bool
}

// NewerError is a document of a format that this program does not know.
type NewerError struct {
	Key       string
	Is, Known int
}

// Error tells both formats.
func (e *NewerError) Error() string {
	return fmt.Sprintf("its %s is %d and this activate knows up to %d", e.Key, e.Is, e.Known)
}

// Current is the format that documents are written in.
func (f Formats) Current() int { return len(f.Steps) + 1 }

// Of gives the format of a document, 0 for one that does not say it. It reads no
// further than it has to, and so tells it also of one that is damaged later on.
func (f Formats) Of(doc []byte) int {
	value, _, end := f.find(doc)
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return n
	}
	if f.Silent && end < 0 {
		return 1
	}
	return 0
}

// find gives the text of the member that says the format, and from where to where
// it stands in the document. end is negative where there is none, 0 where the
// document is none.
func (f Formats) find(doc []byte) (value string, from, end int) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", 0, 0
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", 0, 0
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return "", 0, 0
		}
		if key == f.Key {
			end := int(dec.InputOffset())
			return string(raw), end - len(raw), end
		}
	}
	return "", 0, -1
}

// Decode reads a document of any format up to the current one into v. A newer
// one is a *NewerError; a member that v does not have is an error, for to leave
// it out would be to lose it with the next writing.
func (f Formats) Decode(doc []byte, v any) error {
	n := f.Of(doc)
	if n > f.Current() {
		return &NewerError{Key: f.Key, Is: n, Known: f.Current()}
	}
	if n > 0 && n < f.Current() {
		var err error
		if doc, err = f.renew(doc, n); err != nil {
			return err
		}
	}
	if err := unmarshalAll(doc, v); err != nil {
		return err
	}
	if n == 0 {
		return errors.New("it does not say its " + f.Key)
	}
	return nil
}

// renew gives a document of format n in the current one.
func (f Formats) renew(doc []byte, n int) ([]byte, error) {
	steps, number := f.Steps[n-1:], strconv.Itoa(f.Current())
	_, from, end := f.find(doc)
	if end > 0 && !slices.ContainsFunc(steps, func(s Step) bool { return s != nil }) {
		// The state of a large host is read so until it changes.
		return slices.Concat(doc[:from], []byte(number), doc[end:]), nil
	}
	var members map[string]json.RawMessage
	if err := Unmarshal(doc, &members); err != nil {
		return nil, err
	}
	for i, step := range steps {
		if step == nil {
			continue
		}
		if err := step(members); err != nil {
			return nil, fmt.Errorf("it cannot be brought from %s %d to the next: %w", f.Key, n+i, err)
		}
	}
	members[f.Key] = json.RawMessage(number)
	return faster.Marshal(members, asBefore.DefaultOptionsV1(), jsontext.EscapeForHTML(false))
}

// unmarshalAll is Unmarshal that refuses members which v does not have, also
// those whose names differ in case.
func unmarshalAll(doc []byte, v any) error {
	err := faster.Unmarshal(doc, v, asBefore.DefaultOptionsV1(), faster.MatchCaseInsensitiveNames(false), faster.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	// Of what is wrong for both, the other one has the words that people know.
	return cmp.Or(Unmarshal(doc, v), err)
}
