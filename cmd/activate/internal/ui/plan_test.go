package ui_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func state(json string) plan.State { return plan.State(json) }

func TestPlanReadsAtAGlance(t *testing.T) {
	t.Parallel()
	p := plan.Make([]plan.Change{
		plan.New("etc/motd", state(`{"mode":"0644","sha256":"`+strings.Repeat("a", 64)+`"}`), state(`{"mode":"0600","sha256":"`+strings.Repeat("b", 64)+`"}`), "content differs", "a.hcl:1"),
		plan.New("user/alice", nil, state(`{"uid":1000,"home":"/home/alice"}`), "", "a.hcl:9"),
		plan.New("file//srv/old", state(`{"type":"file"}`), nil, "it left the configuration", ""),
	}, 7, plan.Units{Restart: []string{"web.service"}, Reasons: map[string]string{"web.service": "ExecStart changed, a.hcl:3"}})
	var out bytes.Buffer
	ui.Plan(&out, ui.Style{}, p, func(ch plan.Change) ([]byte, []byte, bool) {
		return []byte("one\ntwo\n"), []byte("one\nthree\n"), ch.Address == "etc/motd"
	}, 0)
	want := `users
  + user/alice  home /home/alice, uid 1000  (a.hcl:9)
etc
  ~ etc/motd  (content differs, a.hcl:1)
      mode: 0644 -> 0600
      @@ -1,2 +1,2 @@
       one
      -two
      +three
files
  - file//srv/old  (it left the configuration)
units
  restart web.service  (ExecStart changed, a.hcl:3)
plan: 1 to add, 1 to change, 1 to remove, 7 unchanged
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

// TestNoUnitsNoHeading: definitions that are read again are nothing to show.
func TestNoUnitsNoHeading(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ui.Plan(&out, ui.Style{}, plan.Make(nil, 1, plan.Units{Refresh: true}), nil, 0)
	if strings.Contains(out.String(), "units") {
		t.Errorf("a heading over nothing:\n%s", out.String())
	}
}

func TestLongAndBinaryDiffsAreCut(t *testing.T) {
	t.Parallel()
	p := plan.Make([]plan.Change{plan.New("etc/a", nil, state(`{}`), "", ""), plan.New("etc/b", nil, state(`{}`), "", ""), plan.New("etc/c", state(`{"size":3}`), state(`{"size":400000000}`), "", "")}, 0, plan.Units{})
	var out bytes.Buffer
	ui.Plan(&out, ui.Style{}, p, func(ch plan.Change) ([]byte, []byte, bool) {
		switch ch.Address {
		case "etc/a":
			return nil, []byte(strings.Repeat("line\n", 200)), true
		case "etc/b":
			return nil, []byte{0, 1, 2}, true
		}
		return []byte("one"), []byte("one"), true
	}, 0)
	for _, want := range []string{"… 141 more lines", "binary content: 0 -> 3 bytes", "content: 3 -> 400000000 bytes, not shown"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

// TestLongLinesAreCut: one line may be a whole document.
func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	p := plan.Make([]plan.Change{plan.New("etc/a", nil, state(`{}`), "", "")}, 0, plan.Units{})
	var out bytes.Buffer
	ui.Plan(&out, ui.Style{}, p, func(plan.Change) ([]byte, []byte, bool) {
		return nil, []byte(strings.Repeat("é", 5000) + "\nnext\n"), true
	}, 0)
	want := "      +" + strings.Repeat("é", 499) + "… 4501 more characters\n      +next\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("no cut line in:\n%s", out.String())
	}
}

// A person reads what an account is like, not what a run notes for itself.
func TestAccountsWithoutBookkeeping(t *testing.T) {
	t.Parallel()
	const keys = `"authorized_keys": {"path": "home/alice/.ssh/authorized_keys", "sha256": "%s", "mode": "0600"}`
	state := func(sum string) plan.State {
		return plan.State(`{"uid": 1000, "uid_chosen": true, "home_dirs": ["home/alice"], "ssh_dir": true, "shell": "/bin/sh", ` + strings.ReplaceAll(keys, "%s", sum) + `}`)
	}
	for want, ch := range map[string]plan.Change{
		"+ user/alice  authorized_keys /home/alice/.ssh/authorized_keys, shell /bin/sh, uid 1000": plan.New("user/alice", nil, state("one"), "", ""),
		"authorized_keys: the content of /home/alice/.ssh/authorized_keys\n":                      plan.New("user/alice", state("one"), state("two"), "", ""),
	} {
		var out bytes.Buffer
		ui.Plan(&out, ui.Style{}, plan.Make([]plan.Change{ch}, 0, plan.Units{}), nil, 0)
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s\nwant %s", out.String(), want)
		}
	}
}

// TestSecretsAreOnlySaidToDiffer: what stands for a secret in a plan says
// nothing to a person.
func TestSecretsAreOnlySaidToDiffer(t *testing.T) {
	t.Parallel()
	const hash = "hmac:d2ec1ab608138c8c704c844acdf108458822033cea08f26a73a5f89ac66725cd"
	for want, ch := range map[string]plan.Change{
		"(c)\n      content: another one; it is not shown, since not everybody may read it\n      mode: 0600 -> 0640\nplan": plan.New(
			"file//srv/token", plan.State(`{"mode":"0600","keyed":"`+hash+`","size":3}`), plan.State(`{"mode":"0640","sha256":"`+hash[5:]+`","size":4}`), "c", ""),
		"(c)\n      password: another one; it is not shown\nplan": plan.New(
			"user/bob", plan.State(`{"password":"`+hash+`"}`), plan.State(`{"password":"hmac:other"}`), "c", ""),
		"(c)\n      password: ! -> (not shown)\nplan": plan.New("user/bob", plan.State(`{"password":"!"}`), plan.State(`{"password":"`+hash+`"}`), "c", ""),
		"password (not shown)  (c)\nplan":             plan.New("user/bob", nil, plan.State(`{"password":"`+hash+`"}`), "c", ""),
	} {
		var out bytes.Buffer
		ui.Plan(&out, ui.Style{}, plan.Make([]plan.Change{ch}, 0, plan.Units{}), nil, 0)
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s\nwant %s", out.String(), want)
		}
	}
}
