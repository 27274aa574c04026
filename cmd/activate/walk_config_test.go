package main_test

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// What a walk's configurations may declare. Names and paths are few and nested,
// so that blocks meet each other, what the host had, and what earlier
// configurations left.
var (
	walkUsers  = []string{"ann", "bob", "eve", "fay", "root"}                                                        //nolint:gochecknoglobals // a constant
	walkGroups = []string{"lab", "web", "ops", "sudo", "ann", "eve"}                                                 //nolint:gochecknoglobals // a constant
	walkPaths  = []string{"/etc/app/a", "/etc/app", "/etc/motd", "/srv/data", "/srv/data/x/y", "/opt/l/m", "/opt/l"} //nolint:gochecknoglobals // a constant
	walkTexts  = []string{`"one\n"`, `"two\n"`, `""`}                                                                //nolint:gochecknoglobals // a constant
)

// walkSource is a file beside a walk's configurations.
const walkSource = "./source"

// attribute is a name and the values it may be given, as HCL; each block may
// leave it out.
type attribute struct {
	name   string
	values []string
}

// absent takes a block out again.
var absent = attribute{"absent", []string{"false", "false", "false", "true"}} //nolint:gochecknoglobals // a constant

var userAttributes = []attribute{ //nolint:gochecknoglobals // a constant
	{"uid", []string{"1000", "1500", "1501"}},
	{"group", []string{`"web"`, `"users"`, `"ops"`, `"ann"`, `"eve"`, `"34"`}},
	{"groups", []string{`["web"]`, `["lab", "ops"]`, `["sudo"]`, `["ann", "eve"]`}},
	{"exclusive_groups", []string{"true"}},
	{"description", []string{`"Some Body"`, `""`}},
	{"home", []string{`"/home/ann"`, `"/srv/home/new"`, `"/srv/home/other"`}},
	{"create_home", []string{"true"}},
	{"home_mode", []string{`"0750"`}},
	{"shell", []string{`"/bin/sh"`, `"/usr/sbin/nologin"`}},
	{"system", []string{"true"}},
	{"hashed_password", []string{`"$6$salt$ours"`, `"*"`}},
	{"hashed_password_file", []string{`"/keys/hash"`}},
	{"initial_hashed_password", []string{`"$6$salt$first"`}},
	{"expires", []string{`"2031-02-03"`, `"2001-02-03"`}},
	{"authorized_keys", []string{`["ssh-ed25519 AAAA one"]`, `["ssh-ed25519 BBBB two", "ssh-ed25519 CCCC three"]`}},
	{"linger", []string{"true", "false"}},
	{"sub_ids", []string{`"auto"`, `[{ start = 300000, count = 1000 }]`, `[{ start = 302000, count = 10 }, { start = 165536, count = 9 }]`}},
	{"on_removal", []string{`"lock"`, `"delete"`}},
	{"migrate_id", []string{"true"}},
	{"adopt_id", []string{"true"}},
	absent,
}

var groupAttributes = []attribute{ //nolint:gochecknoglobals // a constant
	{"gid", []string{"1500", "1600", "1000"}},
	{"members", []string{`["ann"]`, `["bob", "daemon"]`, `["eve"]`, `["fay", "carl"]`}},
	{"system", []string{"true"}},
	{"migrate_id", []string{"true"}},
	{"adopt_id", []string{"true"}},
	absent,
}

var (
	ownerAttributes = []attribute{ //nolint:gochecknoglobals // a constant
		{"user", []string{`"ann"`, `"12"`, `"eve"`, `"fay"`}},
		{"group", []string{`"web"`, `"34"`, `"ops"`, `"eve"`}},
	}
	policyAttributes = []attribute{ //nolint:gochecknoglobals // a constant
		{"on_conflict", []string{`"backup"`, `"overwrite"`, `"fail"`}},
		{"on_drift", []string{`"overwrite"`, `"keep"`, `"fail"`}},
		absent,
	}
)

// block draws a block with some of the attributes; must are given always.
func block(t *rapid.T, kind, label string, must string, optional ...attribute) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q {\n%s", kind, label, must)
	for _, a := range optional {
		if v := rapid.SampledFrom(append(make([]string, 2*len(a.values)), a.values...)).Draw(t, kind+" "+label+" "+a.name); v != "" {
			fmt.Fprintf(&b, "  %s = %s\n", a.name, v)
		}
	}
	return b.String() + "}\n"
}

// drawBlocks draws the blocks of a whole configuration.
func drawBlocks(t *rapid.T, init string) []string {
	out := drawModules(t)
	for _, name := range walkUsers {
		if rapid.IntRange(0, 2).Draw(t, "user "+name) == 2 {
			out = append(out, block(t, "user", name, "", userAttributes...))
		}
	}
	for _, name := range walkGroups {
		if rapid.IntRange(0, 2).Draw(t, "group "+name) == 2 {
			out = append(out, block(t, "group", name, "", groupAttributes...))
		}
	}
	for _, p := range walkPaths {
		if b := drawPath(t, p); b != "" {
			out = append(out, b)
		}
	}
	if init != "none" {
		out = append(out, drawUnits(t)...)
	}
	return append(out, drawRest(t)...)
}

// walkModules are built-in modules and a block of each.
var walkModules = []attribute{ //nolint:gochecknoglobals // a constant
	{"sysctl", []string{"sysctl {\n  settings = { \"vm.swappiness\" = 10 }\n}\n"}},
	{"hosts", []string{"hosts {\n  entries = { \"192.0.2.1\" = [\"db\"] }\n}\n"}},
	{"sudo", []string{"sudo {\n  rule \"%ops\" {\n    commands = [\"ALL\"]\n  }\n}\n"}},
	{"nix", []string{"nix {\n  build_users = 2\n}\n", "nix {\n  build_users = 1\n  max_jobs = 3\n}\n"}},
}

// drawModules draws a line that imports built-in modules, and a block of each.
func drawModules(t *rapid.T) []string {
	var names, out []string
	for _, m := range walkModules {
		if n := rapid.IntRange(0, 5*len(m.values)).Draw(t, m.name); n > 4*len(m.values) {
			names, out = append(names, m.name), append(out, m.values[n-4*len(m.values)-1])
		}
	}
	if len(names) == 0 {
		return nil
	}
	return append([]string{fmt.Sprintf("imports = [\"%s\"]\n", strings.Join(names, "\", \""))}, out...)
}

// drawRest draws what is neither an account nor a path.
func drawRest(t *rapid.T) []string {
	var out []string
	for _, b := range []string{
		"activation {\n  keep_generations = 2\n}\n",
		"environment {\n  variables = { EDITOR = \"vi\" }\n}\n",
		"environment {\n  shell_init = \"umask 027\\n\"\n}\n",
		"snippet \"late\" {\n  script = \"exit 1\"\n  after = [\"users\"]\n  at_boot = true\n}\n",
	} {
		if rapid.IntRange(0, 5).Draw(t, b) == 5 {
			out = append(out, b)
		}
	}
	return out
}

// drawPath draws what a configuration wants at p, "" for nothing.
func drawPath(t *rapid.T, p string) string {
	text := func() string {
		if rapid.IntRange(0, 3).Draw(t, "source of "+p) == 3 {
			return "  source = \"" + walkSource + "\"\n"
		}
		return "  text = " + rapid.SampledFrom(walkTexts).Draw(t, "text of "+p) + "\n"
	}
	content := func() string {
		if key := rapid.SampledFrom([]string{"", "", "", "/keys/one", "/keys/two"}).Draw(t, "secret of "+p); key != "" {
			return fmt.Sprintf("  secret_source = %q\n", key)
		}
		return text()
	}
	mode := func(modes ...string) attribute {
		for i, m := range modes {
			modes[i] = strconv.Quote(m)
		}
		return attribute{"mode", modes}
	}
	attributes := func(of ...[]attribute) (out []attribute) {
		for _, list := range of {
			out = append(out, list...)
		}
		return out
	}
	kinds := []string{"", "", "file", "directory", "symlink"}
	below, inEtc := strings.CutPrefix(p, "/etc/")
	if inEtc {
		kinds = append(kinds, "etc", "copy")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind of "+p); kind {
	case "etc":
		return block(t, "etc", below, text(), policyAttributes...)
	case "copy":
		return block(t, "etc", below, content()+"  mode = \"0640\"\n", attributes(ownerAttributes, policyAttributes)...)
	case "file":
		return block(t, "file", p, content(), attributes([]attribute{mode("0600", "4755", "2640")}, ownerAttributes, policyAttributes)...)
	case "directory":
		return block(t, "directory", p, "", attributes([]attribute{mode("0700", "2775", "1777")}, ownerAttributes, policyAttributes)...)
	case "symlink":
		return block(t, "symlink", p, "  target = "+rapid.SampledFrom([]string{`"/srv"`, `"nowhere"`, `"../etc/app"`}).Draw(t, "target of "+p)+"\n", policyAttributes...)
	}
	return ""
}
