package generation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// kind is a kind of record: its file, and how it is read.
type kind struct {
	file string
	read func(*generation.State) (any, error)
}

func kinds() []kind {
	return []kind{
		{"generations/1/manifest.json", func(s *generation.State) (any, error) { return s.Read(1) }},
		{"generations/1/manifest.copy", func(s *generation.State) (any, error) { return s.ReadSpare(1) }},
		{"journal/transaction.json", func(s *generation.State) (any, error) { return s.ReadJournal() }},
		{"backup/index.json", func(s *generation.State) (any, error) { return s.ReadIndex() }},
		{"backup/kept.json", func(s *generation.State) (any, error) { return s.ReadKept() }},
		{"pending.json", func(s *generation.State) (any, error) { return s.ReadPending() }},
		{"boots.json", func(s *generation.State) (any, error) { return s.ReadBoots() }},
		{"boot-entry.json", func(s *generation.State) (any, error) { return s.ReadBootEntry() }},
		{"snippets.json", func(s *generation.State) (any, error) { return s.ReadLoaded() }},
		{"counter.json", func(s *generation.State) (any, error) { return s.Next() }},
	}
}

// FuzzRecord gives any bytes for any record: an error that names its file, or
// what is the same once it was migrated.
func FuzzRecord(f *testing.F) {
	for i, k := range kinds() {
		for _, doc := range []string{
			older()[k.file], strings.Replace(older()[k.file], `"format":1`, `"format":5`, 1), `{"format":9}`, `{"format":5,"colour":1}`, `{}`, `null`, `[]`, ``,
		} {
			f.Add(uint8(i), []byte(doc))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, doc []byte) {
		k := kinds()[int(which)%len(kinds())]
		s, dir := open(t)
		put(t, dir, map[string]string{"counter.json": `{"format":1,"last":1}`, "current": "-> generations/1", "boot": "-> generations/1"})
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, "state", k.file)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "state", k.file), doc, 0o600))
		before, err := k.read(s)
		if err != nil {
			if !strings.Contains(err.Error(), k.file) {
				t.Fatalf("the error does not name %s: %v", k.file, err)
			}
			return
		}
		if s.Migrate() != nil {
			t.Fatalf("%s was read as %s, and cannot be migrated", doc, plan.Compact(before))
		}
		after, err := k.read(s)
		must(t, err)
		if was, is := string(plan.Compact(before)), string(plan.Compact(after)); was != is {
			t.Fatalf("%s was read as %s, and once migrated as %s", doc, was, is)
		}
	})
}
