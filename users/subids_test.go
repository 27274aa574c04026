package users_test

import (
	"errors"
	"maps"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

func ranged(name string, r ...users.SubRange) users.User {
	return users.User{Name: name, SubIDs: &users.SubIDs{Ranges: r}}
}

func automatic(name string) users.User {
	return users.User{Name: name, SubIDs: &users.SubIDs{Auto: true}}
}

// TestAutomaticSubIDsAreAWholeRange has an account whose ranges were said before.
func TestAutomaticSubIDsAreAWholeRange(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(ranged("alice", users.SubRange{Start: 700000, Count: 10})))
	h.switchTo(t, wants(automatic("alice")))
	if got := h.read(t, "etc/subuid"); got != "bob:100000:65536\nalice:165536:65536\n" {
		t.Errorf("got %q", got)
	}
	h.switchTo(t, wants(ranged("alice", users.SubRange{Start: 700000, Count: 10})))
	h.switchTo(t, wants(automatic("alice")))
	if got := h.read(t, "etc/subuid"); got != "bob:100000:65536\nalice:165536:65536\n" {
		t.Errorf("the second time it is %q", got)
	}
}

// TestSubIDsAreNobodysOwnID keeps a range from holding an account's id: whoever
// has the range could act as that account.
func TestSubIDsAreNobodysOwnID(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd"] = strings.Replace(files["etc/passwd"], "garbled:x:notanumber:5\n", "domain:x:170000:170000::/:/bin/sh\n", 1)
	for want, u := range map[string]users.User{
		"hold the id 0 of root":        ranged("alice", users.SubRange{Start: 0, Count: 10}),
		"hold the id 1000 of bob":      ranged("alice", users.SubRange{Start: 900, Count: 101}),
		"overlap each other":           ranged("alice", users.SubRange{Start: 700000, Count: 10}, users.SubRange{Start: 700009, Count: 10}),
		"hold the id 170000 of domain": ranged("alice", users.SubRange{Start: 165536, Count: 65536}),
	} {
		h := open(t, files)
		d := h.diff(t, wants(u))
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, want) {
			t.Errorf("%s: %v", want, d.Problems)
		}
	}
	h := open(t, files)
	// LXD has root map one person's id, and a person may map itself.
	if d := h.switchTo(t, wants(ranged("root", users.SubRange{Start: 1000, Count: 1}), automatic("alice"))); len(d.Problems) > 0 {
		t.Fatal(d.Problems)
	}
	if got := h.read(t, "etc/subuid"); !strings.Contains(got, "alice:231072:65536\n") {
		t.Errorf("the range holds domain's id: %q", got)
	}
}

// TestNobodyIsGivenAnIDOfSomebodysSubIDs has a range that holds the next free
// ids, in the files and in the configuration. Root's range maps others.
func TestNobodyIsGivenAnIDOfSomebodysSubIDs(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/subuid"] += "bob:1001:10\nroot:1011:1\n"
	h := open(t, files)
	h.switchTo(t, wants(users.User{Name: "alice"}, ranged("carol", users.SubRange{Start: 1012, Count: 8})))
	for _, want := range []string{"alice:x:1011:1011:", "carol:x:1020:1020:"} {
		if got := h.read(t, "etc/passwd"); !strings.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
}

// TestCountsOfSubIDs has ranges of others whose counts are no ids: with leading zeros,
// and as large as a count can be.
func TestCountsOfSubIDs(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"zed:165536:065536\n":     "alice:231072:65536\n",
		"zed:165536:4294967295\n": "no sub-ids are free",
		"zed:165536:0\n":          "alice:165536:65536\n",
	} {
		files := maps.Clone(debian)
		files["etc/subuid"] += line
		h := open(t, files)
		if d := h.diff(t, wants(automatic("alice"))); len(d.Problems) > 0 {
			if len(d.Problems) > 1 || !strings.Contains(d.Problems[0].Summary, want) {
				t.Errorf("%q: %v", line, d.Problems)
			}
			continue
		}
		h.switchTo(t, wants(automatic("alice")))
		if got := h.read(t, "etc/subuid"); !strings.HasSuffix(got, line+want) {
			t.Errorf("%q: %q", line, got)
		}
	}
}

// TestRangesThatAreSaidGoFirst has a user before another who says the range that
// would be chosen.
func TestRangesThatAreSaidGoFirst(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	desired := wants(automatic("alice"), ranged("carol", users.SubRange{Start: 165536, Count: 65536}))
	if d := h.switchTo(t, desired); len(d.Problems) > 0 {
		t.Fatal(d.Problems)
	}
	if got := h.read(t, "etc/subuid"); got != "bob:100000:65536\nalice:231072:65536\ncarol:165536:65536\n" {
		t.Errorf("got %q", got)
	}
	if again := h.diff(t, desired); len(again.Changes)+len(again.Problems) > 0 {
		t.Errorf("again: %v", describe(again))
	}
}

// TestARangeThatAnotherGotSince is useradd's by the time the plan is applied:
// another one is chosen, also when a run is cut off in between.
func TestARangeThatAnotherGotSince(t *testing.T) {
	t.Parallel()
	desired := wants(automatic("alice"), automatic("carol"), ranged("dan", users.SubRange{Start: 362144, Count: 10}))
	for k := 0; ; k++ {
		h := open(t, debian)
		s := h.subsystem(desired)
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		h.write(t, "etc/subgid", debian["etc/subgid"]+"\nzed:165536:65536\n")
		broken := h.failAt(k, func() error { return s.Apply(t.Context(), d.Changes) })
		if broken == nil && k > 0 {
			return
		}
		if broken != nil && !errors.Is(broken, syscall.EIO) {
			t.Fatal(broken)
		}
		must(t, s.Apply(t.Context(), d.Changes))
		h.record(s, d)
		if got := h.read(t, "etc/subuid"); got != "bob:100000:65536\nalice:231072:65536\ncarol:296608:65536\ndan:362144:10\n" {
			t.Fatalf("%d: %q", k, got)
		}
		if again := h.diff(t, desired); len(again.Changes)+len(again.Problems) > 0 {
			t.Fatalf("%d: again: %v", k, describe(again))
		}
		must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
		if got := h.read(t, "etc/subgid"); got != debian["etc/subgid"]+"\nzed:165536:65536\n" {
			t.Fatalf("%d: undone: %q", k, got)
		}
	}
}

// TestARangeThatWasSaidAndAnotherGotSince is not given.
func TestARangeThatWasSaidAndAnotherGotSince(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	s := h.subsystem(wants(ranged("carol", users.SubRange{Start: 231072, Count: 10})))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	h.write(t, "etc/subgid", debian["etc/subgid"]+"\nzed:231072:65536\n")
	before := h.read(t, "etc/passwd")
	if err := s.Apply(t.Context(), d.Changes); !errors.Is(err, rootfs.ErrChanged) || !strings.Contains(err.Error(), "carol: the sub-ids from 231072 are now zed's") {
		t.Error(err)
	}
	if h.read(t, "etc/passwd") != before {
		t.Error("the accounts were written")
	}
}

// TestRangesOfOthersOutliveAnUndoneRun: a run that is undone gave an account the
// range that it has in one of the files anyway. It is not ours for that.
func TestRangesOfOthersOutliveAnUndoneRun(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/subuid"], files["etc/subgid"] = "", "bob:100000:65536\n"
	h := open(t, files)
	before := h.tree(t)
	s := h.subsystem(wants(ranged("bob", users.SubRange{Start: 100000, Count: 65536})))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if got := h.read(t, "etc/subuid") + h.read(t, "etc/subgid"); got != "bob:100000:65536\n" {
		t.Fatalf("undone, it is %q", got)
	}
	h.reopen(t)
	h.switchTo(t, wants(ranged("bob", users.SubRange{Start: 300000, Count: 1000})))
	if got := h.read(t, "etc/subgid"); got != "bob:100000:65536\nbob:300000:1000\n" {
		t.Errorf("got %q", got)
	}
	h.returns(t, before)
}

// TestSubIDsThatHoldEveryID leave no id to offer, which is told without a look at each
// of four thousand millions.
func TestSubIDsThatHoldEveryID(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/subuid"] += "zed:0:4294967295\n"
	h := open(t, files)
	d := h.diff(t, wants(users.User{Name: "a", UID: new(users.ID(1001))}, users.User{Name: "b"}))
	told := strings.Join(describe(d), "\n")
	if len(d.Problems) != 2 || !strings.Contains(told, "the uid 1001 is windows's") || !strings.Contains(told, "no id is free") {
		t.Errorf("got %s", told)
	}
}
