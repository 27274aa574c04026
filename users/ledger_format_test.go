package users_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// firstLedger is one of format 1, as the last program that knew no other wrote
// it, with members that came late.
const firstLedger = `{
 "version": 1,
 "users": {"bob": 999, "carol": 1003},
 "groups": {"bob": 999, "web": 998},
 "sub_ids": {"carol": [{"start": 100000, "count": 65536}]},
 "former": {"carol": [1002]},
 "locked": {"bob": true},
 "departed": {"carol": {"groups": ["daemon"]}},
 "made": ["etc/subuid"],
 "before": {"etc/passwd": {"file": "sha256:00"}, "etc/subuid": {"file": ""}}
}
`

func TestALedgerOfFormat1IsReadWhereItIs(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	p := filepath.Join(h.dir, stateDir, users.LedgerName)
	must(t, os.WriteFile(p, []byte(firstLedger), 0o600))
	d := h.diff(t, wants(users.User{Name: "newcomer", System: true}))
	if len(d.Problems) > 0 || len(d.Changes) == 0 {
		t.Fatalf("%+v", d)
	}
	for _, ch := range d.Changes {
		for _, taken := range []string{`"uid":999,`, `"gid":999,`, `"uid":998,`, `"gid":998,`} {
			if strings.Contains(string(ch.After), taken) {
				t.Errorf("%s got the id of another: %s", ch.Address, ch.After)
			}
		}
	}
	after, err := os.ReadFile(p)
	must(t, err)
	if string(after) != firstLedger {
		t.Errorf("reading changed it: %s", after)
	}
}

func TestRenewLedgerKeepsAll(t *testing.T) {
	t.Parallel()
	renewed, err := users.RenewLedger([]byte(firstLedger))
	must(t, err)
	decode := func(doc []byte) (m map[string]any) {
		must(t, json.Unmarshal(doc, &m))
		return m
	}
	want := decode([]byte(firstLedger))
	want["version"] = float64(users.LedgerFormats().Current())
	if d := cmp.Diff(want, decode(renewed)); d != "" {
		t.Error(d)
	}
	again, err := users.RenewLedger(renewed)
	must(t, err)
	if !bytes.Equal(again, renewed) {
		t.Errorf("%s became %s", renewed, again)
	}
	if _, err := users.RenewLedger([]byte(`{"version": 1, "users": {"bob": "x"}}`)); err == nil {
		t.Error("a damaged ledger was renewed")
	}
}
