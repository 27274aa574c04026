package generation_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

func open(t *testing.T) (*generation.State, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := rootfs.Open(dir)
	must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return generation.Open(root, "state"), dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func file(path, hash, text string) generation.File {
	return generation.File{Path: path, Hash: hash, Mode: 0o600, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}

// sumOfSame is the hash of "same".
const sumOfSame = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"

func TestStageIsNeitherCurrentNorBoot(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	if _, err := s.ReadCurrent(); !errors.Is(err, generation.ErrNone) {
		t.Errorf("got %v", err)
	}
	must(t, s.Stage(&generation.Record{Number: 1}, []generation.File{file("etc/a/b", "", "x"), file("files/"+sumOfSame, sumOfSame, "same")}, 0, nil))
	if n, err := s.Current(); n != 0 || err != nil {
		t.Errorf("current is %d, %v", n, err)
	}
	for p, mode := range map[string]fs.FileMode{"etc": 0o755, "etc/a": 0o755, "files": 0o700, "manifest.json": 0o600} {
		info, err := os.Stat(filepath.Join(dir, "state/generations/1", p))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	listed := func() (numbers []int) {
		entries, err := s.List()
		must(t, err)
		for _, e := range entries {
			numbers = append(numbers, e.Number)
		}
		return numbers
	}
	if got := listed(); len(got) > 0 {
		t.Errorf("what is only staged is listed: %v", got)
	}
	must(t, s.SetCurrent(1))
	must(t, s.SetBoot(1))
	// The same content is one inode; what is linked into /etc never is.
	must(t, s.Stage(&generation.Record{Number: 2}, []generation.File{file("etc/a/b", "", "x"), file("files/"+sumOfSame, sumOfSame, "same")}, 1, nil))
	same := func(p string) bool {
		a, errA := os.Stat(filepath.Join(dir, "state/generations/1", p))
		b, errB := os.Stat(filepath.Join(dir, "state/generations/2", p))
		return errA == nil && errB == nil && os.SameFile(a, b)
	}
	if got := listed(); !slices.Equal(got, []int{1}) {
		t.Errorf("beside one that is only staged %v are listed", got)
	}
	must(t, s.Settle(2))
	if got := listed(); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("listed are %v", got)
	}
	if !same("files/"+sumOfSame) || same("etc/a/b") {
		t.Errorf("shared: files/h %v, etc/a/b %v", same("files/"+sumOfSame), same("etc/a/b"))
	}
}

// TestADamagedContentIsWrittenAnew where the generation before has it under the
// right name and with other bytes, a secret's too.
func TestADamagedContentIsWrittenAnew(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{sumOfSame, "hmac:" + strings.Repeat("a", 64)} {
		s, dir := open(t)
		content := file("files/"+rootfs.BlobName(hash), hash, "same")
		at := func(n string) string { return filepath.Join(dir, "state/generations", n, content.Path) }
		must(t, s.Stage(&generation.Record{Number: 1}, []generation.File{content}, 0, nil))
		must(t, s.Stage(&generation.Record{Number: 2}, []generation.File{content}, 1, nil))
		first, err := os.Stat(at("1"))
		must(t, err)
		second, err := os.Stat(at("2"))
		must(t, err)
		if !os.SameFile(first, second) {
			t.Errorf("%s: a whole content is written again", hash)
		}
		must(t, os.WriteFile(at("2"), []byte("sane"), 0o600))
		must(t, s.Stage(&generation.Record{Number: 3}, []generation.File{content}, 2, nil))
		if got, err := os.ReadFile(at("3")); string(got) != "same" {
			t.Errorf("%s: the content of before is %q, %v", hash, got, err)
		}
	}
}

func TestSurplusSparesCurrentAndBoot(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	var entries []generation.Entry
	for n := 1; n <= 6; n++ {
		entries = append(entries, generation.Entry{Number: n, Time: now.Add(time.Duration(n-7) * time.Hour), Current: n == 2, Boot: n == 1})
	}
	for _, c := range []struct {
		keep  int
		older time.Duration
		want  []int
	}{{0, 0, nil}, {2, 0, []int{3, 4}}, {0, 150 * time.Minute, []int{3, 4}}, {5, time.Hour, []int{3, 4, 5}}, {100, 0, nil}} {
		if got := generation.Surplus(entries, c.keep, c.older, now); !slices.Equal(got, c.want) {
			t.Errorf("keep %d, older than %s: got %v, want %v", c.keep, c.older, got, c.want)
		}
	}
}

// TestSurplusBearsAClockThatWasWrong: what was made while the host took it for
// 1970 is no older than what was made before; a time to come says nothing.
func TestSurplusBearsAClockThatWasWrong(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000_000, 0)
	var entries []generation.Entry
	for i, made := range []time.Time{now.Add(-48 * time.Hour), now.Add(9000 * time.Hour), now.Add(-2 * time.Hour), time.Unix(100, 0), time.Unix(200, 0), now} {
		entries = append(entries, generation.Entry{Number: i + 1, Time: made, Current: i == 5})
	}
	for older, want := range map[time.Duration][]int{3 * time.Hour: {1}, time.Hour: {1, 3, 4, 5}} {
		if got := generation.Surplus(entries, 0, older, now); !slices.Equal(got, want) {
			t.Errorf("older than %s: got %v, want %v", older, got, want)
		}
	}
	// And while it is wrong nothing is too old.
	if got := generation.Surplus(entries, 0, time.Hour, time.Unix(300, 0)); len(got) > 0 {
		t.Errorf("with the clock at 1970: got %v", got)
	}
}

func TestNewerAndDamagedRecordsAreRefused(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	must(t, s.Stage(&generation.Record{Number: 1}, nil, 0, nil))
	manifest := filepath.Join(dir, "state/generations/1/manifest.json")
	for text, want := range map[string]string{
		`{"format": 99, "number": 1}`: "format is 99",
		`{"format": 1, `:              "is damaged",
		``:                            "or delete generation 1",
		`{}`:                          "it does not say its format",
		`null`:                        "it does not say its format",
		`{"format": 1, "number": 7}`:  "it is of generation 7",
	} {
		must(t, os.WriteFile(manifest, []byte(text), 0o600))
		if _, err := s.Read(1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := s.Read(7); !errors.Is(err, fs.ErrNotExist) || err.Error() != "there is no generation 7" {
		t.Errorf("got %v", err)
	}
	must(t, os.Symlink("elsewhere", filepath.Join(dir, "state/current")))
	if _, err := s.Current(); err == nil {
		t.Error("a link that points at no generation was accepted")
	}
}

func TestAStateFileThatDoesNotSayItsFormatIsDamaged(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*generation.State) error{
		"journal/transaction.json": func(s *generation.State) error { _, err := s.ReadJournal(); return err },
		"backup/index.json":        func(s *generation.State) error { _, err := s.ReadIndex(); return err },
		"pending.json":             func(s *generation.State) error { _, err := s.ReadPending(); return err },
		"counter.json":             func(s *generation.State) error { _, err := s.Next(); return err },
	} {
		s, dir := open(t)
		must(t, s.Stage(&generation.Record{Number: 1}, nil, 0, nil))
		file := filepath.Join(dir, "state", name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		for text, want := range map[string]string{
			`{}`: "does not say its format", `null`: "does not say its format", `{"format": 99}`: "format is 99",
		} {
			must(t, os.WriteFile(file, []byte(text), 0o600))
			if err := read(s); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s with %s gives %v", name, text, err)
			}
		}
	}
}
