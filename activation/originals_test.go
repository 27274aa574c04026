package activation_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
)

// What stood at a path comes back even where its content was, by chance, also
// that of another file of a generation which is gone by then.
func TestAnOriginalOutlivesTheGenerationThatHeldItsContent(t *testing.T) {
	t.Parallel()
	for name, configs := range map[string][]config{
		"of another file": {
			{"srv/other": "the same\n"},
			{"srv/other": "the same\n", "srv/taken": "ours\n"},
			{"srv/taken": "ours\n"},
		},
		"of the same content": {{"srv/taken": "the same\n"}, {"srv/taken": "ours\n"}, {"srv/taken": "others\n"}},
		"adopted":             {{"srv/taken": "the same\n"}, {"srv/taken": "ours\n"}, {"srv/taken": "others\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			taken := filepath.Join(m.dir, "srv/taken")
			must(t, os.WriteFile(taken, []byte("the same\n"), 0o644))
			if name == "of the same content" {
				must(t, os.Chmod(taken, 0o755))
			}
			before := m.tree(t)
			for _, c := range configs {
				if res := m.switchTo(t, c); res.Verdict != activation.Applied {
					t.Fatalf("switch: %v", res.Err)
				}
			}
			e := m.open(t)
			must(t, e.State.Delete(1, 2))
			must(t, e.Root.Close())
			m.deactivate(t)
			wantSame(t, "deactivated", before, m.tree(t))
		})
	}
}

// An ACL, file capabilities and a name that is not UTF-8 come back with the file that
// had them, whatever took its place.
func TestAttributesOfAnOriginalReturn(t *testing.T) {
	t.Parallel()
	// cap_net_raw+ep, as capabilities(7) lays it out; rwx for uid 1, as acl(5) does.
	attributes := map[string]string{
		"security.capability": "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"system.posix_acl_access": "\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x07\x00\x01\x00\x00\x00" +
			"\x04\x00\x04\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x04\x00\xff\xff\xff\xff",
		"user.\xfcber":    "latin",
		"user.\"quoted\"": "marks",
	}
	for name, c := range map[string]config{
		"link": {"srv/taken": "->elsewhere"}, "copy": {"srv/taken": "ours\n"}, "directory": {"srv/taken": "<dir>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			taken := filepath.Join(m.dir, "srv/taken")
			must(t, os.WriteFile(taken, []byte("theirs\n"), 0o644))
			for attribute, value := range attributes {
				must(t, unix.Setxattr(taken, attribute, []byte(value), 0))
			}
			before := m.tree(t)
			if res := m.switchTo(t, c); res.Verdict != activation.Applied {
				t.Fatalf("switch: %v", res.Err)
			}
			m.deactivate(t)
			wantSame(t, "deactivated", before, m.tree(t))
			for attribute, value := range attributes {
				got := make([]byte, 100)
				n, err := unix.Getxattr(taken, attribute, got)
				if err != nil || string(got[:n]) != value {
					t.Errorf("%s is %q, %v", attribute, got[:max(n, 0)], err)
				}
			}
		})
	}
}
