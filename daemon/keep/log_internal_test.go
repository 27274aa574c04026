package keep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFullDiskTakesNoOldLog: where no new file can be made the old ones stay, and the
// one of now takes what comes; once there is room it is rotated.
func TestAFullDiskTakesNoOldLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i < logFiles; i++ {
		check(os.WriteFile(at(fmt.Sprintf("current.%d", i)), fmt.Appendf(nil, "old %d\n", i), 0o600))
	}
	l := &rotating{dir: dir}
	check(l.open())
	check(os.Mkdir(at(logNext), 0o700))
	long := []byte(strings.Repeat("x", 1<<16) + "\n")
	lines := 0
	writeOne := func() {
		lines++
		l.write(long)
	}
	for range 3 * logBytes / len(long) {
		writeOne()
	}
	for i := 1; i < logFiles; i++ {
		if got, err := os.ReadFile(at(fmt.Sprintf("current.%d", i))); string(got) != fmt.Sprintf("old %d\n", i) {
			t.Errorf("current.%d is %q, %v", i, got, err)
		}
	}
	if got, err := os.ReadFile(at(logCurrent)); strings.Count(string(got), "\n") != lines {
		t.Errorf("of %d lines current has %d, %v", lines, strings.Count(string(got), "\n"), err)
	}
	check(os.Remove(at(logNext)))
	for range logBytes/len(long) + 2 {
		writeOne()
	}
	if got, err := os.ReadFile(at("current.2")); string(got) != "old 1\n" {
		t.Errorf("once there is room current.2 is %q, %v", got, err)
	}
	newest, err := os.ReadFile(at("current.1"))
	check(err)
	now, err := os.ReadFile(at(logCurrent))
	check(err)
	if n := strings.Count(string(newest)+string(now), "\n"); n != lines {
		t.Errorf("of %d lines the last two files have %d", lines, n)
	}
}
