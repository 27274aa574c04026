package generation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
)

// put writes files below the state directory, links where the text begins with
// "-> ".
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, "state", name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			must(t, os.Symlink(target, p))
			continue
		}
		must(t, os.WriteFile(p, []byte(text), 0o600))
	}
}

// records gives the JSON files below the state directory.
func records(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	state := filepath.Join(dir, "state")
	must(t, filepath.WalkDir(state, func(p string, _ os.DirEntry, err error) error {
		must(t, err)
		if filepath.Ext(p) == ".json" || filepath.Base(p) == "manifest.copy" {
			b, err := os.ReadFile(p)
			must(t, err)
			rel, err := filepath.Rel(state, p)
			must(t, err)
			out[rel] = string(b)
		}
		return nil
	}))
	return out
}

// older is a state of format 1 with one record of each kind.
func older() map[string]string {
	return map[string]string{
		"counter.json":                `{"format":1,"last":2}`,
		"generations/1/manifest.json": `{"format":1,"number":1,"sections":{"etc":{"a":"<&>"}},"states":{"etc/a":{"x":"<\u00e9>"}}}`,
		"generations/1/manifest.copy": `{"format":1,"number":1}`,
		"generations/2/manifest.json": `{"format":1,"number":2}`,
		"backup/index.json":           `{"format":1,"originals":{"etc/a":{"x":1}},"parents":["srv"]}`,
		"backup/kept.json":            `{"format":1,"hashes":["aa"]}`,
		"snippets.json":               `{"format":1,"snippets":{"s":"h"}}`,
		"pending.json":                `{"format":1,"number":2,"previous":1}`,
		"boots.json":                  `{"trials":{"2":{"attempts":3}}}`,
		"boot-entry.json":             `{"paths":["etc/entry"]}`,
		"journal/transaction.json":    `{"format":1,"verb":"switch","target":2,"previous":1,"boot":2,"fresh":true,"handed_off":true}`,
		"current":                     "-> generations/2",
		"boot":                        "-> generations/1",
	}
}

func TestMigrateRenewsEachRecordAndKeepsIt(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	put(t, dir, older())
	told := ""
	s.OnMigration(func(from int, copies string) { told += fmt.Sprint(from, " ", copies) })
	for range 2 {
		must(t, s.Migrate())
	}
	if want := "1 " + filepath.Join(dir, "state/format-1"); told != want {
		t.Errorf("told %q, want %q", told, want)
	}
	after := records(t, dir)
	for name, text := range older() {
		if strings.HasPrefix(text, "-> ") {
			continue
		}
		if got := after["format-1/"+name]; got != text {
			t.Errorf("%s is kept as %q", name, got)
		}
		if !strings.HasPrefix(after[name], `{"format":5,`) {
			t.Errorf("%s is %q", name, after[name])
		}
	}
	if got := after["generations/1/manifest.json"]; !strings.Contains(got, `"sections":{"etc":{"a":"<&>"}},"states":{"etc/a":{"x":"<\u00e9>"}}`) {
		t.Errorf("the manifest is %s", got)
	}
	boots, err := s.ReadBoots()
	must(t, err)
	entry, err := s.ReadBootEntry()
	must(t, err)
	if boots.Trials[2].Attempts != 3 || !slices.Equal(entry.Paths, []string{"etc/entry"}) {
		t.Errorf("boots %+v, entry %+v", boots, entry)
	}
}

// TestMigrateRenewsWhatEachFormatLeft: records of several formats, as a migration
// that was cut off leaves them, are each kept among those of their own.
func TestMigrateRenewsWhatEachFormatLeft(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	files := map[string]string{
		"counter.json":      `{"format":2,"last":1}`,
		"backup/index.json": `{"format":2,"parents":["srv"]}`,
		"boots.json":        `{"format":2}`,
		"backup/kept.json":  `{"format":3}`,
		"snippets.json":     `{"format":4}`,
		"pending.json":      `{"format":1,"number":7}`,
	}
	put(t, dir, files)
	must(t, s.Migrate())
	after := records(t, dir)
	for name, text := range files {
		if kept := after["format-"+text[len(`{"format":`):][:1]+"/"+name]; kept != text || !strings.HasPrefix(after[name], `{"format":5`) {
			t.Errorf("%s is %q, and kept as %q", name, after[name], kept)
		}
	}
}

// TestNoRecordIsReplacedBeforeItIsKept: whatever is written first.
func TestNoRecordIsReplacedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*generation.State) error{
		"boots":   func(s *generation.State) error { return s.WriteBoots(generation.Boots{}) },
		"index":   func(s *generation.State) error { return s.WriteIndex(generation.Index{}) },
		"trial":   func(s *generation.State) error { return s.DropPending() },
		"journal": func(s *generation.State) error { return s.DropJournal() },
		"link":    func(s *generation.State) error { return s.SetBoot(2) },
		"stage":   func(s *generation.State) error { return s.Stage(&generation.Record{Number: 3}, nil, 2, nil) },
	} {
		s, dir := open(t)
		put(t, dir, older())
		must(t, change(s))
		after := records(t, dir)
		for name, text := range older() {
			if !strings.HasPrefix(text, "-> ") && after["format-1/"+name] != text {
				t.Errorf("%s: %s is kept as %q", what, name, after["format-1/"+name])
			}
		}
	}
}

func TestDroppingWhatIsNotThereMigratesNothing(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	put(t, dir, map[string]string{"counter.json": `{"format":1,"last":1}`})
	must(t, s.DropPending())
	must(t, s.DropJournal())
	must(t, s.DropIndex())
	if after := records(t, dir); len(after) != 1 || after["counter.json"] != `{"format":1,"last":1}` {
		t.Errorf("%v", after)
	}
}

// TestMigrateLeavesWhatIsDamaged to its reader, and goes by each record's own
// format where the counter is lost.
func TestMigrateLeavesWhatIsDamaged(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	files := older()
	delete(files, "counter.json")
	files["generations/1/manifest.json"] = `{"format":1,"number":`
	files["backup/index.json"] = `{"format":5,"parents":["srv"]}`
	files["format-1/pending.json"] = `{"format":1,"number":7}`
	put(t, dir, files)
	must(t, s.Migrate())
	after := records(t, dir)
	for name, want := range map[string]string{
		"generations/1/manifest.json": files["generations/1/manifest.json"],
		"backup/index.json":           files["backup/index.json"],
		"format-1/backup/index.json":  "",
		"format-1/pending.json":       files["pending.json"],
		"counter.json":                "",
	} {
		if after[name] != want {
			t.Errorf("%s is %q, want %q", name, after[name], want)
		}
	}
	if _, err := s.Read(1); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("got %v", err)
	}
}

func TestMigrateDoesNothingBesideANewerRecord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"counter.json", "generations/1/manifest.json", "boots.json"} {
		s, dir := open(t)
		files := older()
		files[name], files["boot"] = `{"format":6}`, "-> generations/2"
		delete(files, "pending.json") // It would keep generation 1 for a trial's way back.
		put(t, dir, files)
		before := records(t, dir)
		for what, change := range map[string]func() error{
			"migrate": s.Migrate, "boots": func() error { return s.WriteBoots(generation.Boots{}) },
			"link": func() error { return s.SetBoot(2) }, "delete": func() error { return s.Delete(1) },
		} {
			if err := change(); err == nil || !strings.Contains(err.Error(), name+": its format is 6 and this activate knows up to 5") {
				t.Errorf("%s beside %s: %v", what, name, err)
			}
		}
		if after := records(t, dir); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: %v", name, after)
		}
	}
}

func TestDeletingAGenerationDeletesItsCopies(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	files := older()
	files["boot"] = "-> generations/2"
	delete(files, "pending.json") // It would keep generation 1 for a trial's way back.
	put(t, dir, files)
	must(t, s.Delete(1))
	after := records(t, dir)
	for name := range after {
		if strings.Contains(name, "generations/1") {
			t.Errorf("%s is left", name)
		}
	}
	if after["format-1/generations/2/manifest.json"] != files["generations/2/manifest.json"] {
		t.Errorf("%v", after)
	}
}

// TestAJournalOfFormat1LearnsItsBootDefault from the links, of which a commit
// moves current first.
func TestAJournalOfFormat1LearnsItsBootDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, journal, current, boot string
		want                         int
	}{
		{"before the commit", `"target":2,"previous":1,"boot":2,"fresh":true`, "1", "7", 7},
		{"between the links", `"target":2,"previous":1,"boot":2,"fresh":true`, "2", "1", 1},
		{"after both", `"target":2,"previous":1,"boot":2,"fresh":true`, "2", "2", 1},
		{"after both, to one that was there", `"target":2,"previous":3,"boot":2`, "2", "2", 2},
		{"a test, committed", `"target":2,"previous":1,"boot":1,"fresh":true`, "2", "1", 1},
		{"the first, before", `"target":1,"previous":0,"boot":1,"fresh":true`, "", "", 0},
		{"the first, after", `"target":1,"previous":0,"boot":1,"fresh":true`, "1", "1", 0},
		{"one that knows", `"target":2,"previous":1,"boot":2,"fresh":true,"boot_before":5`, "1", "1", 5},
	} {
		s, dir := open(t)
		files := map[string]string{"journal/transaction.json": `{"format":1,"verb":"switch",` + c.journal + `}`}
		if c.current != "" {
			files["current"] = "-> generations/" + c.current
		}
		if c.boot != "" {
			files["boot"] = "-> generations/" + c.boot
		}
		put(t, dir, files)
		j, err := s.ReadJournal()
		must(t, err)
		if j.BootBefore != c.want {
			t.Errorf("%s: the boot default was %d, want %d", c.name, j.BootBefore, c.want)
		}
	}
}
