package etc_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/etc"
)

func TestStampsSaveReading(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.later = time.Minute
	entries := []etc.Entry{copied("f", "ours"), linked("l", "y")}
	h.switchTo(t, entries...)
	if len(h.stamps) != 4 { // the copy, the link, its content and its directory
		t.Fatalf("stamps: %v", h.stamps)
	}
	// A wrong sum in the stamps is believed, which shows that they are used.
	st := h.stamps["etc/f"]
	st.Sum = strings.Repeat("0", 64)
	h.stamps["etc/f"] = st
	if d := h.diff(t, entries...); len(d.Changes) != 1 {
		t.Errorf("the stamp was not used: %v", actions(d))
	}
	h.write(t, "etc/f", "edit", 0o644)
	if d := h.diff(t, entries...); len(d.Changes) != 1 {
		t.Errorf("an edit was not seen: %v", actions(d))
	}
}

func TestAnEditBehindALinkIsDrift(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.switchTo(t, linked("f", "ours"))
	if d := h.diff(t, linked("f", "ours")); len(d.Changes) > 0 {
		t.Fatalf("not converged: %v", actions(d))
	}
	target, err := os.Readlink(filepath.Join(h.dir, etc.StaticLink))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(h.dir, target, "f"), []byte("edit"), 0o644))
	if d := h.diff(t, linked("f", "ours")); len(d.Changes) != 1 {
		t.Errorf("got %v", actions(d))
	}
}

// As on a file system that keeps whole seconds, and with kernels before 6.13 in
// each tick of 1 to 10 ms.
func TestAnEditInTheSameTickIsDrift(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.switchTo(t, linked("f", "ours"))
	target, err := os.Readlink(filepath.Join(h.dir, etc.StaticLink))
	must(t, err)
	content := filepath.Join(h.dir, target, "f")
	now := time.Now().Truncate(time.Second).Add(time.Second)
	must(t, os.Chtimes(content, now, now))
	sub := h.subsystem(desiredOf(linked("f", "ours")))
	d, err := sub.Diff(context.Background())
	must(t, err)
	h.record(sub, d)
	must(t, os.WriteFile(content, []byte("edit"), 0o644))
	must(t, os.Chtimes(content, now, now))
	if d := h.diff(t, linked("f", "ours")); len(d.Changes) != 1 {
		t.Errorf("got %v", actions(d))
	}
}
