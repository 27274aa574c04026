package generation_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
)

// TestARecordIsReadOnceWhileItsFileStays replaces the file under a state that
// read it: what is given is what is there now.
func TestARecordIsReadOnceWhileItsFileStays(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	must(t, s.Stage(&generation.Record{Number: 1, Config: "/a.hcl"}, nil, 0, nil))
	must(t, s.SetCurrent(1))
	first, err := s.Read(1)
	must(t, err)
	if again, err := s.ReadCurrent(); err != nil || again != first {
		t.Fatalf("the second reading gave another record, %v", err)
	}
	p := filepath.Join(dir, "state/generations/1/manifest.json")
	doc, err := os.ReadFile(p)
	must(t, err)
	must(t, os.WriteFile(p+".new", bytes.Replace(doc, []byte("/a.hcl"), []byte("/b.hcl"), 1), 0o600))
	must(t, os.Rename(p+".new", p))
	if now, err := s.Read(1); err != nil || now.Config != "/b.hcl" || first.Config != "/a.hcl" {
		t.Fatalf("got %v, %v after the file was replaced", now, err)
	}
	must(t, os.WriteFile(p, []byte("{"), 0o600))
	if _, err := s.Read(1); err == nil {
		t.Fatal("a record that was damaged since is read")
	}
}
