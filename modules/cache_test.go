package modules_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/modules"
)

const cachedConfig = `
imports = ["../part"]
user "a" {
  uid    = 0 + 1000
  linger = false
}
etc "motd" { text = "${host.hostname}: ${file("motd")} ${fileexists("gone")} ${join(",", fileset(".", "*.d"))}" }
etc "list" { text = join(",", concat(tolist(fileset("linked", "*")), try(tolist(fileset("later", "*")), ["none"]))) }
service "s" {
  process { argv = ["/bin/s"] }
  nice = 0
}
unit "masked.service" { text = "" }
environment { variables = { A = "b" } }
`

// remember evaluates a configuration and gives its directory and what is to be
// recalled.
func remember(t *testing.T) (o modules.Options, s *modules.System, saved []byte) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "first", "main.hcl"), []byte(cachedConfig))
	writeFile(t, filepath.Join(dir, "first", "motd"), []byte("hello"))
	writeFile(t, filepath.Join(dir, "first", "list-1", "a"), nil)
	writeFile(t, filepath.Join(dir, "part-1", "part.hcl"), []byte(`group "one" {}`))
	link(t, "first", filepath.Join(dir, "conf"))
	link(t, "list-1", filepath.Join(dir, "first", "linked"))
	link(t, "part-1", filepath.Join(dir, "part"))
	o = modules.Options{Path: filepath.Join(dir, "conf"), Host: testHost()}
	c, diags := modules.Load(t.Context(), o)
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	s, diags = c.System()
	if len(diags) > 0 {
		t.Fatal(diags[0].Detail)
	}
	saved, ok := c.Inputs().Remember(s, "1.0")
	if !ok {
		t.Fatal("the result is not remembered")
	}
	return o, s, saved
}

// link makes a link, which takes the place of one that is there.
func link(t *testing.T, target, at string) {
	t.Helper()
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.Symlink(target, at); err != nil {
		t.Fatal(err)
	}
}

func TestRecallGivesTheSame(t *testing.T) {
	t.Parallel()
	o, s, saved := remember(t)
	got, ok := modules.Recall(o, saved, "1.0")
	if !ok {
		t.Fatal("nothing changed, and yet nothing is recalled")
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Errorf("-evaluated +recalled:\n%s", diff)
	}
}

func TestRecallRefusesAnyChange(t *testing.T) {
	t.Parallel()
	at := func(o *modules.Options, name string) string { return filepath.Join(o.Path, name) }
	changes := map[string]func(t *testing.T, o *modules.Options){
		"configuration": func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "main.hcl"), []byte(cachedConfig+"\n")) },
		"file read":     func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "motd"), []byte("Hello")) },
		"file missing":  func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "gone"), nil) },
		"fileset":       func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "x.d"), nil) },
		"further file":  func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "more.hcl"), nil) },
		"fact":          func(_ *testing.T, o *modules.Options) { o.Host.Hostname = "other" },
		"flag":          func(_ *testing.T, o *modules.Options) { o.Sets = []string{"user.a.uid=7"} },
		"mode":          func(_ *testing.T, o *modules.Options) { o.Personal = personal() },
		"fileset there": func(t *testing.T, o *modules.Options) { writeFile(t, at(o, "later/x"), nil) },
		"fileset elsewhere": func(t *testing.T, o *modules.Options) {
			writeFile(t, at(o, "list-2/b"), nil)
			link(t, "list-2", at(o, "linked"))
		},
		"configuration elsewhere": func(t *testing.T, o *modules.Options) {
			writeFile(t, filepath.Join(o.Path, "../second/main.hcl"), []byte(`user "b" {}`))
			link(t, "second", o.Path)
		},
		"import elsewhere": func(t *testing.T, o *modules.Options) {
			writeFile(t, filepath.Join(o.Path, "../part-2/part.hcl"), []byte(`group "two" {}`))
			link(t, "part-2", filepath.Join(o.Path, "../part"))
		},
		"file gone": func(t *testing.T, o *modules.Options) {
			if err := os.Remove(at(o, "motd")); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, _, saved := remember(t)
			change(t, &o)
			if _, ok := modules.Recall(o, saved, "1.0"); ok {
				t.Error("a stale result is recalled")
			}
		})
	}
}

func TestRecallKeepsUnreadFacts(t *testing.T) {
	t.Parallel()
	o, _, saved := remember(t)
	o.Host.MemoryMB, o.Host.Kernel = 1, "7.0"
	if _, ok := modules.Recall(o, saved, "1.0"); !ok {
		t.Error("a fact that nobody read makes the result stale")
	}
	if _, ok := modules.Recall(o, saved, "1.1"); ok {
		t.Error("another version of the program trusts the result")
	}
	for cut := range len(saved) {
		if _, ok := modules.Recall(o, saved[:cut], "1.0"); ok {
			t.Fatalf("the first %d bytes are taken for the whole", cut)
		}
	}
}

func TestSecretsAreNotRemembered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "main.hcl")
	writeFile(t, path, []byte(`user "a" { hashed_password = "$y$hash" }`))
	c, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	s, _ := c.System()
	if _, ok := c.Inputs().Remember(s, "1.0"); ok || !s.Sensitive {
		t.Error("a result with a secret is remembered")
	}
}
