package plan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
)

// document is of format 3: the first called the name a title, and the second
// had no size.
type document struct {
	Format int             `json:"format"`
	Name   string          `json:"name"`
	Size   int             `json:"size"`
	State  json.RawMessage `json:"state,omitempty"`
}

func formats() plan.Formats {
	return plan.Formats{Key: "format", Steps: []plan.Step{
		func(members map[string]json.RawMessage) error {
			title, ok := members["title"]
			if !ok {
				return errors.New("it has no title")
			}
			members["name"] = title
			delete(members, "title")
			return nil
		},
		func(members map[string]json.RawMessage) error {
			members["size"] = json.RawMessage("7")
			return nil
		},
	}}
}

func TestFormatsDecodeEachFormat(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{"format": 1, "title": "a<b", "state": {"x":"<\u00e9"}}`,
		`{"state": {"x":"<\u00e9"}, "name": "a<b", "format": 2}`,
		`{"format": 3, "name": "a<b", "size": 7, "state": {"x":"<\u00e9"}}`,
	} {
		var d document
		if err := formats().Decode([]byte(doc), &d); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		// States are compared by their bytes.
		if d.Format != 3 || d.Name != "a<b" || d.Size != 7 || string(d.State) != `{"x":"<\u00e9"}` {
			t.Errorf("%s is read as %+v, state %s", doc, d, d.State)
		}
	}
}

func TestFormatsRefuse(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"format": 4, "name": [`:                   "its format is 4 and this activate knows up to 3",
		`{"colour": {}, "format": 99}`:              "its format is 99 and this activate knows up to 3",
		`{"format": 1}`:                             "it cannot be brought from format 1 to the next: it has no title",
		`{"format": 1, "title":`:                    "unexpected end of JSON input",
		`{"format": 3, "name": "a", "colour": "b"}`: `unknown field "colour"`,
		`{"format": 3, "Name": "a"}`:                `unknown field "Name"`,
		`{"format": 3, "name": 1}`:                  "cannot unmarshal number",
		`{"format": 3} x`:                           "invalid character 'x'",
		`{}`:                                        "it does not say its format",
		`{"format": "3"}`:                           "cannot unmarshal string",
		`{"format": -1}`:                            "it does not say its format",
		`null`:                                      "it does not say its format",
		``:                                          "unexpected end of JSON input",
	} {
		var d document
		err := formats().Decode([]byte(doc), &d)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", doc, err, want)
		}
	}
}

func TestADocumentThatCannotSayItsFormatIsOfTheFirst(t *testing.T) {
	t.Parallel()
	silent := plan.Formats{Key: "format", Steps: []plan.Step{nil}, Silent: true}
	for doc, want := range map[string]int{`{}`: 1, `{"name": "a"}`: 1, `{"format": 2}`: 2, `null`: 0} {
		if got := silent.Of([]byte(doc)); got != want {
			t.Errorf("%s is of format %d, want %d", doc, got, want)
		}
	}
}

// TestADocumentThatNothingChangesInKeepsItsBytes but for the number.
func TestADocumentThatNothingChangesInKeepsItsBytes(t *testing.T) {
	t.Parallel()
	plain := plan.Formats{Key: "format", Steps: []plan.Step{nil, nil}}
	for _, doc := range []string{
		`{"format": 2, "name": "format", "state": { "a" : "\u003c" }}`,
		` { "state": { "a" : "\u003c" } , "name":"format","format" :1 } `,
	} {
		var d document
		if err := plain.Decode([]byte(doc), &d); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if d.Format != 3 || d.Name != "format" || string(d.State) != `{ "a" : "\u003c" }` {
			t.Errorf("%s is read as %+v, state %s", doc, d, d.State)
		}
	}
	var d document
	if err := plain.Decode([]byte(`{"format": 2, "name": "a"`), &d); err == nil {
		t.Errorf("a damaged document was read: %+v", d)
	}
}

func FuzzFormats(f *testing.F) {
	for _, doc := range []string{`{"format": 1, "title": "a"}`, `{"name": "a", "format": 2}`, `{"format": 3, "state": {"x": [1]}}`, `{"format": 9}`, `{`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var d document
		if formats().Decode(doc, &d) != nil {
			return
		}
		var again document
		if err := formats().Decode(plan.Compact(d), &again); err != nil && d.Format == 3 {
			t.Fatalf("%s was read, and cannot be once it is written: %v", doc, err)
		}
	})
}
