package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
)

func TestUnitsJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		units plan.Units
		want  string
	}{
		"none": {plan.Units{}, `{"stop":[],"start":[],"restart":[],"reload":[],"skip":[]}`},
		"all": {
			plan.Units{
				Stop: []string{"a.service"}, Start: []string{"b.socket"}, Restart: []string{"c.timer"}, Reload: []string{"d.mount"}, Skip: []string{"e.service"},
				Reasons: map[string]string{"c.timer": "OnCalendar changed", "a.service": "masked"}, Failed: []string{"x.service"}, Refresh: true,
			},
			`{"stop":["a.service"],"start":["b.socket"],"restart":["c.timer"],"reload":["d.mount"],"skip":["e.service"],` +
				`"reasons":{"a.service":"masked","c.timer":"OnCalendar changed"},"failed_before":["x.service"],"refresh":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(c.units)
			if err != nil || string(got) != c.want {
				t.Fatalf("%s, %v; want %s", got, err, c.want)
			}
			var back plan.Units
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(back)
			if err != nil || string(again) != c.want {
				t.Errorf("read back: %s, %v", again, err)
			}
		})
	}
}

func TestUnitsResume(t *testing.T) {
	t.Parallel()
	u := plan.Units{Stop: []string{"a.service"}, Start: []string{"b.service"}, Restart: []string{"c.service"}, Refresh: true}
	want := plan.Units{Start: []string{"a.service"}, Refresh: true}
	if d := cmp.Diff(want, u.Resume()); d != "" {
		t.Error(d)
	}
	if !(plan.Units{Skip: []string{"a.service"}}).Empty() || want.Empty() {
		t.Error("Empty is wrong about what is to be done")
	}
}
