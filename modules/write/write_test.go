package write_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules"
	"github.com/activate-agent/activate/modules/write"
	"github.com/activate-agent/activate/users"
)

// fragments are what configurations have trouble with; a text is some of them.
var fragments = []string{ //nolint:gochecknoglobals // a constant
	"a", "word", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", "${", "$${", "$$${", "$", "$$", "%{", "%%{", "%", "{", "}", `"`, `\`, `\n`, `\u0041`,
	"'", "#", "//", "/*", "EOT", "EOT\n", "\nEOT\n", "\n  EOT\n", "<<EOT\n", "<<-EOT", "é", "日本", "\u00a0", "\u200b", "\u202e", "\ufeff", "\x07", "\x1b[31m", "\x7f", "\u0085", "\u2028", "🦀",
	"${foo}", "%{ if true }x%{ endif }", "~}", "[Unit]\nDescription=x\n", "a\nb\n",
}

func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "anything") {
			return rapid.String().Filter(write.Expressible).Draw(t, "text")
		}
		out := ""
		for _, s := range rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 12).Draw(t, "fragments") {
			out += s
		}
		return out
	}).Filter(write.Expressible)
}

func names() *rapid.Generator[string] { return rapid.StringMatching(`[a-z_][a-z0-9_-]{0,12}`) }

func ids() *rapid.Generator[*users.ID] {
	return rapid.Ptr(rapid.Map(rapid.Uint32Range(1, 1<<32-2), func(n uint32) users.ID { return users.ID(n) }), true)
}

// fields are values of passwd(5).
func fields() *rapid.Generator[string] {
	return texts().Filter(func(s string) bool { return !bytes.ContainsAny([]byte(s), ":\n\r") })
}

func distinct[T any](t *rapid.T, g *rapid.Generator[T], label string, by func(T) string) []T {
	out := rapid.SliceOfNDistinct(g, 0, 4, by).Draw(t, label)
	if len(out) == 0 {
		return nil
	}
	return out
}

func same(s string) string { return s }

func user(t *rapid.T, name string) users.User {
	u := users.User{
		Name: name, UID: ids().Draw(t, "uid"), Group: rapid.SampledFrom([]string{"", "users", "1000"}).Draw(t, "group"),
		Groups: distinct(t, names(), "groups", same), ExclusiveGroups: rapid.Bool().Draw(t, "exclusive"),
		Description: fields().Draw(t, "description"), Home: "/home/" + name, CreateHome: rapid.Bool().Draw(t, "create"), HomeMode: "0750",
		Shell: rapid.SampledFrom([]string{"", "/bin/sh"}).Draw(t, "shell"), System: rapid.Bool().Draw(t, "system"),
		Expires:        rapid.SampledFrom([]string{"", "2031-02-03"}).Draw(t, "expires"),
		AuthorizedKeys: distinct(t, fields(), "keys", same), Linger: rapid.Ptr(rapid.Bool(), true).Draw(t, "linger"),
		OnRemoval: rapid.SampledFrom([]string{"delete", "lock"}).Draw(t, "removal"), MigrateID: rapid.Bool().Draw(t, "migrate"), AdoptID: rapid.Bool().Draw(t, "adopt"),
	}
	switch rapid.IntRange(0, 2).Draw(t, "sub-ids") {
	case 1:
		u.SubIDs = &users.SubIDs{Auto: true}
	case 2:
		u.SubIDs = &users.SubIDs{Ranges: []users.SubRange{{Start: 100000, Count: 65536}, {Start: 3, Count: 1}}}
	}
	return u
}

func group(t *rapid.T, name string) users.Group {
	return users.Group{Name: name, GID: ids().Draw(t, "gid"), Members: distinct(t, names(), "members", same), System: rapid.Bool().Draw(t, "system")}
}

// components are names of files, with all that a file system allows and HCL
// can say.
func components() *rapid.Generator[string] {
	return texts().Filter(func(s string) bool {
		return s != "" && s != "." && s != ".." && len(s) < 200 && !bytes.ContainsAny([]byte(s), "/\n")
	})
}

// entry makes one below /etc; the index keeps paths apart.
func entry(t *rapid.T, name string) etc.Entry {
	p := name + rapid.OneOf(rapid.Just(""), rapid.Map(components(), func(s string) string { return "/" + s })).Draw(t, "below")
	mode := rapid.SampledFrom([]string{"0644", "0755", "4755", "0000"}).Draw(t, "mode")
	owner := rapid.SampledFrom([]string{"root", "www-data", "Debian-exim", "1005"}).Draw(t, "owner")
	e := etc.Entry{Path: "etc/" + p, OnConflict: rapid.SampledFrom([]string{"backup", "fail"}).Draw(t, "conflict"), OnDrift: "overwrite"}
	switch rapid.IntRange(0, 2).Draw(t, "type") {
	case 0:
		e.Type, e.Address, e.Target = etc.Symlink, plan.NewAddress(plan.KindSymlink, "/etc/"+p), texts().Filter(func(s string) bool { return s != "" }).Draw(t, "target")
	case 1:
		e.Type, e.Address, e.Mode, e.User, e.Group = etc.Directory, plan.NewAddress(plan.KindDirectory, "/etc/"+p), mode, owner, owner
	default:
		e.Type, e.Address, e.Mode, e.User, e.Group = etc.File, plan.NewAddress(plan.KindEtc, p), mode, owner, "root"
		text := texts().Draw(t, "text")
		sum := sha256.Sum256([]byte(text))
		e.Content = &etc.Content{Text: []byte(text), Size: int64(len(text)), Hash: hex.EncodeToString(sum[:])}
	}
	return e
}

// desired draws what a configuration can ask for.
func desired(t *rapid.T) *modules.System {
	s := &modules.System{}
	list := distinct(t, names(), "users", same)
	for _, name := range list {
		s.Users.Users = append(s.Users.Users, user(t, name))
	}
	for _, name := range distinct(t, names(), "all groups", same) {
		s.Users.Groups = append(s.Users.Groups, group(t, name))
	}
	for _, name := range distinct(t, names(), "entries", same) {
		s.Etc.Entries = append(s.Etc.Entries, entry(t, name))
	}
	for _, name := range distinct(t, names(), "units", same) {
		text := texts().Draw(t, "unit")
		s.Daemon.Units = append(s.Daemon.Units, daemon.Unit{Name: name + ".service", Text: &text})
	}
	return s
}

func document(s *modules.System) []byte {
	var all write.Section
	all.Title = "One line\nand \x1b another\r"
	for _, u := range s.Users.Users {
		all.Blocks = append(all.Blocks, write.User(u, "a user"))
	}
	for _, g := range s.Users.Groups {
		all.Blocks = append(all.Blocks, write.Group(g, ""))
	}
	for _, e := range s.Etc.Entries {
		all.Blocks = append(all.Blocks, write.Entry(e, "two\nlines"))
	}
	for _, u := range s.Daemon.Units {
		all.Blocks = append(all.Blocks, write.Unit(u, ""))
	}
	return write.Document([]write.Section{all, write.List("Not here:", []string{"/etc/a\nuser \"x\" {}", "b"})})
}

// TestWrittenIsEvaluated: what is written is evaluated to what was to be
// written, and is in the canonical layout.
func TestWrittenIsEvaluated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := desired(t)
		src := document(want)
		file := filepath.Join(dir, "main.hcl")
		if err := os.WriteFile(file, src, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, diags := modules.Format(file, src); diags.HasErrors() || !bytes.Equal(out, src) {
			t.Fatalf("not in the canonical layout:\n%s\nbut\n%s", src, out)
		}
		config, diags := modules.Load(t.Context(), modules.Options{Path: file})
		if diags.HasErrors() {
			var b bytes.Buffer
			_ = diags.WriteText(&b, 0, false)
			t.Fatalf("cannot load\n%s\n%s", src, &b)
		}
		got, diags := config.System()
		if diags.HasErrors() {
			var b bytes.Buffer
			_ = diags.WriteText(&b, 0, false)
			t.Fatalf("cannot evaluate\n%s\n%s", src, &b)
		}
		order := cmp.Options{
			cmpopts.EquateEmpty(),
			cmpopts.SortSlices(func(a, b users.User) bool { return a.Name < b.Name }),
			cmpopts.SortSlices(func(a, b users.Group) bool { return a.Name < b.Name }),
			cmpopts.SortSlices(func(a, b etc.Entry) bool { return a.Path < b.Path }),
			cmpopts.SortSlices(func(a, b daemon.Unit) bool { return a.Name < b.Name }),
			cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Origin" }, cmp.Ignore()),
		}
		for _, pair := range [][2]any{{want.Users, got.Users}, {want.Etc, got.Etc}, {want.Daemon, got.Daemon}} {
			if diff := cmp.Diff(pair[0], pair[1], order); diff != "" {
				t.Fatalf("written and evaluated again:\n%s\n%s", diff, src)
			}
		}
	})
}

func TestExpressible(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{"": true, "plain\n": true, "\xe9": false, "a\x00": false, "e\u0301": false, "\u00e9": true}
	for text, want := range cases {
		if got := write.Expressible(text); got != want {
			t.Errorf("Expressible(%q) is %t", text, got)
		}
	}
}

// TestLayout shows what a person sees.
func TestLayout(t *testing.T) {
	t.Parallel()
	id := users.ID(1000)
	got := write.Document([]write.Section{
		{Title: "Accounts"},
		{Title: "People.", Blocks: []write.Block{
			write.User(users.User{Name: "ann", UID: &id, Groups: []string{"sudo"}, AuthorizedKeys: []string{"ssh-ed25519 " + string(bytes.Repeat([]byte("A"), 80)) + " ann@laptop"}}, "She has a password."),
			write.Group(users.Group{Name: "staff2"}, ""),
		}},
		{Blocks: []write.Block{
			write.Entry(etc.Entry{Address: "etc/a.conf", Type: etc.File, Mode: "0644", User: "root", Group: "adm", Content: &etc.Content{Text: []byte("[x]\n  y = ${z}\n")}}, ""),
			write.Entry(etc.Entry{Address: "etc/b", Type: etc.File, Mode: "0644", Content: &etc.Content{Source: "./adopted-files/b"}}, ""),
		}},
		write.List("Left out:", []string{"/etc/c: closed"}),
		write.List("Nothing:", nil),
	})
	want := `# Accounts

# People.

# She has a password.
user "ann" {
  uid    = 1000
  groups = ["sudo"]
  authorized_keys = [
    "ssh-ed25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ann@laptop",
  ]
}

group "staff2" {
}

etc "a.conf" {
  text  = <<EOT
[x]
  y = $${z}
EOT
  mode  = "0644"
  group = "adm"
}

etc "b" {
  source = "./adopted-files/b"
  mode   = "0644"
}

# Left out:
#   /etc/c: closed
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
