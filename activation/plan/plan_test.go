package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
)

type state struct {
	Mode string `json:"mode"`
}

func sample() *plan.Plan {
	return plan.Make([]plan.Change{
		plan.New("unit/web.service", nil, plan.Encode(state{"0644"}), "it is new", "web.hcl:3"),
		plan.New("etc/b", plan.Encode(state{"0600"}), plan.Encode(state{"0644"}), "mode differs", "a.hcl:2"),
		plan.New("etc/a", plan.Encode(state{"0600"}), nil, "it left the configuration", ""),
		plan.New("group/web", nil, plan.Encode(state{""}), "", ""),
	}, 41, plan.Units{Start: []string{"web.service"}})
}

func TestDocumentIsStableAndReadable(t *testing.T) {
	t.Parallel()
	p := sample()
	want := `{
  "format_version": 1,
  "changes": [
    {
      "address": "group/web",
      "kind": "group",
      "action": "create",
      "before": null,
      "after": {
        "mode": ""
      }
    },
    {
      "address": "etc/a",
      "kind": "etc",
      "action": "delete",
      "before": {
        "mode": "0600"
      },
      "after": null,
      "reason": "it left the configuration"
    },
    {
      "address": "etc/b",
      "kind": "etc",
      "action": "update",
      "before": {
        "mode": "0600"
      },
      "after": {
        "mode": "0644"
      },
      "reason": "mode differs",
      "origin": "a.hcl:2"
    },
    {
      "address": "unit/web.service",
      "kind": "unit",
      "action": "create",
      "before": null,
      "after": {
        "mode": "0644"
      },
      "reason": "it is new",
      "origin": "web.hcl:3"
    }
  ],
  "units": {
    "stop": [],
    "start": [
      "web.service"
    ],
    "restart": [],
    "reload": [],
    "skip": []
  },
  "summary": {
    "create": 2,
    "update": 1,
    "delete": 1,
    "unchanged": 41
  }
}
`
	if d := cmp.Diff(want, string(p.MarshalIndent())); d != "" {
		t.Error(d)
	}
	var back plan.Plan
	if err := json.Unmarshal(p.MarshalIndent(), &back); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.MarshalIndent(), p.MarshalIndent()) {
		t.Errorf("reading and writing again gives %s", back.MarshalIndent())
	}
}

func TestInverseOfInverseIsTheChange(t *testing.T) {
	t.Parallel()
	for _, ch := range sample().Changes {
		back := ch.Inverse().Inverse()
		back.Reason = ch.Reason
		if d := cmp.Diff(ch, back); d != "" {
			t.Error(d)
		}
	}
}

func TestAStreamIsTheDocument(t *testing.T) {
	t.Parallel()
	type part struct {
		Name  string            `json:"name"`
		Bytes []byte            `json:"bytes,omitempty"`
		Many  map[string]int    `json:"many"`
		Raw   json.RawMessage   `json:"raw"`
		State plan.State        `json:"state"`
		Next  *part             `json:"next,omitempty"`
		When  time.Time         `json:"when"`
		Text  map[string]string `json:"text,omitempty"`
	}
	v := part{
		Name: "a <b> & \"c\" \u2028 \u00e9", Bytes: []byte{0, 1, 255}, Many: map[string]int{"z": 1, "a": 2},
		Raw: json.RawMessage(`{"b": 1, "a": "<"}`), State: plan.State(`{"x":"<&>"}`), When: time.Unix(0, 5).UTC(),
		Next: &part{Text: map[string]string{"long": strings.Repeat("0123456789<", 20_000)}},
	}
	r := plan.Stream(v)
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := plan.Compact(v); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, not the %d of Compact: %.300s", len(got), len(want), got)
	}
}

func TestAStreamThatIsNotReadEnds(t *testing.T) {
	t.Parallel()
	r := plan.Stream(strings.Repeat("x", 1<<20))
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reading on gives %v", err)
	}
}

func TestAStreamTellsWhatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	r := plan.Stream(map[string]any{"f": func() {}})
	defer func() { _ = r.Close() }()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("a function was encoded")
	}
}
