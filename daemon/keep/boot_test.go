package keep_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// TestBeginBoot: one process gets the work of a boot, what was left of the one
// before is dropped, and a keeper waits for the end.
func TestBeginBoot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.o.AfterBoot = true
	stale := filepath.Join(b.o.Dirs.Run, "gone")
	if err := errors.Join(os.MkdirAll(stale, 0o755), os.WriteFile(stale+"/status", []byte("{}"), 0o644)); err != nil {
		t.Fatal(err)
	}
	s := keep.Spec{Service: daemon.Service{Name: "x", Process: &daemon.Process{Argv: []string{"/bin/sleep", "100"}}}}
	if err := os.WriteFile(filepath.Join(b.dir, "x"+keep.Suffix), keep.Encode(s), 0o644); err != nil {
		t.Fatal(err)
	}
	first, done, err := b.o.Dirs.BeginBoot()
	if !first || err != nil {
		t.Fatalf("the first: %v, %v", first, err)
	}
	if second, _, err := b.o.Dirs.BeginBoot(); second || err != nil {
		t.Errorf("the second: %v, %v", second, err)
	}
	if _, err := os.Lstat(stale); !os.IsNotExist(err) {
		t.Errorf("a status from before is still there: %v", err)
	}
	started := make(chan error, 1)
	go func() { started <- keep.Start("x", b.o, 20*time.Second) }()
	for b.status().State != keep.Waiting {
		select {
		case err := <-started:
			t.Fatalf("it started before the boot was over: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	done()
	if err := <-started; err != nil {
		t.Error(err)
	}
}

// TestAnotherStartOfTheHost: a mark of another start counts for nothing, as in
// a container whose /run is kept.
func TestAnotherStartOfTheHost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mark, content := b.o.Dirs.BootMark()
	for _, row := range []struct {
		content string
		first   bool
	}{{string(content), false}, {"another " + string(content), true}} {
		if err := os.WriteFile(mark, []byte(row.content), 0o644); err != nil {
			t.Fatal(err)
		}
		first, _, err := b.o.Dirs.BeginBoot()
		if first != row.first || err != nil {
			t.Errorf("with the mark %q: %v, %v", row.content, first, err)
		}
	}
}
