package users_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// FuzzAccountFiles feeds foreign bytes to every account file at once. Whatever
// they are: no panic, NUL bytes are refused, uid 0 only comes from a line that
// says 0, and adding an account keeps every line.
func FuzzAccountFiles(f *testing.F) {
	for _, content := range debian {
		f.Add([]byte(content))
	}
	f.Add([]byte("root:x:00:0::/:/bin/sh\nx:x:-1:0:::\ny:x:4294967295:0:::\n"))
	f.Add([]byte("a:x:1:1::/:\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files := map[string]string{}
		for _, name := range []string{"passwd", "group", "shadow", "gshadow", "subuid", "subgid", "login.defs"} {
			files["etc/"+name] = string(data)
		}
		h := open(t, files)
		names, err := users.ReadNames(h.root)
		if bytes.IndexByte(data, 0) >= 0 {
			if err == nil {
				t.Fatal("NUL bytes were accepted")
			}
			return
		}
		must(t, err)
		for line := range strings.Lines(string(data)) {
			fields := strings.Split(line, ":")
			uid, ok := names.User(fields[0])
			if ok && uid == 0 && !strings.Contains(string(data), ":0:") {
				t.Fatalf("%q got uid 0", fields[0])
			}
		}
		d := h.switchTo(t, wants(users.User{Name: "newcomer"}))
		if len(d.Problems) > 0 {
			return
		}
		kept := strings.Split(h.read(t, "etc/passwd"), "\n")
		for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n") {
			if !slices.Contains(kept, line) && len(data) > 0 {
				t.Fatalf("the line %q is gone", line)
			}
		}
	})
}

// FuzzLedger gives a damaged ids.json: an error that names it, or a ledger;
// never a panic, and never an id that it holds for somebody else.
func FuzzLedger(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"version":1,"users":{"x":1000}}`, `{"version":2,"departed":{"x":{"lines":"y"}}}`, `{"version":9}`, `{"users":{"x":-1}}`, `null`, `[]`, `{"sub_ids":{"x":[{"start":100000,"count":65536}]}}`, ``, `{}{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h := open(t, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\n"})
		must(t, os.WriteFile(filepath.Join(h.dir, stateDir, "ids.json"), data, 0o600))
		d, err := h.subsystem(wants(users.User{Name: "newcomer"})).Diff(context.Background())
		if err != nil {
			if !strings.Contains(err.Error(), "ids.json") {
				t.Fatalf("the error does not name the ledger: %v", err)
			}
			return
		}
		if bytes.Contains(data, []byte(`"x":1000`)) && len(d.Changes) == 1 && strings.Contains(string(d.Changes[0].After), `"uid":1000,`) {
			t.Fatalf("the id of another: %s", d.Changes[0].After)
		}
	})
}
