package modules

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/functions"
	"github.com/activate-agent/activate/modules/schema"
)

func (d *decoder) entries() []etc.Entry {
	out := gather(d, nil, "etc", (*reading).etcEntry)
	out = gather(d, out, "file", (*reading).fileEntry)
	out = gather(d, out, "directory", (*reading).directoryEntry)
	return gather(d, out, "symlink", (*reading).symlinkEntry)
}

func (r *reading) etcEntry() etc.Entry {
	e := r.entry(plan.KindEtc, path.Join("etc", r.n.label), etc.Linked)
	switch {
	case strings.ContainsAny(r.n.label, noPath):
		r.unwritable("an etc block")
	case strings.HasPrefix(r.n.label, "/") || r.n.label == "." || r.n.label == ".." || strings.HasPrefix(r.n.label, "../"):
		r.d.add(expr.Errorf(r.n.at(), "Invalid path", "%q is no path below /etc. It is written relative to /etc, such as \"nix/nix.conf\"; for a file elsewhere there is the file block.", r.n.label))
	}
	mode := r.text("mode")
	e.Content, e.Validate = r.content(), r.validator()
	e.Mode = "0444"
	if mode != "symlink" {
		e.Type, e.Mode = etc.File, fourDigits(mode)
		e.User, e.Group = r.owner("user"), r.owner("group")
	} else if r.d.ev.config.options.Personal == nil {
		e.User, e.Group = r.idleOwner("user"), r.idleOwner("group")
	}
	r.checkSecret(e, mode)
	return e
}

// idleOwner is an owner that a linked file does not get, but who has to exist.
func (r *reading) idleOwner(option string) string {
	name := r.public(option)
	if name == "" || name == "root" {
		return ""
	}
	found := expr.Errorf(r.n.definedAt(r.n.typ.Option(option)), "Owner without effect", `%s: a linked file is root's. Set mode = "0644", or another, for a copy of its own.`, r.n.address())
	found[0].Severity = diagnostic.Warning
	r.d.add(found)
	return name
}

// checkSecret refuses to put a secret where everybody can read it.
func (r *reading) checkSecret(e etc.Entry, mode string) {
	if e.Content == nil || !e.Content.Secret {
		return
	}
	if mode == "symlink" {
		r.d.add(diagnostic.Hide(expr.Errorf(r.n.definedAt(r.contentOption()), "Secret in a world-readable file",
			`%s has sensitive content, and linked files can be read by everybody. Set mode = "0600", or "0640" with a group.`, r.n.address())))
		return
	}
	if schema.IsOctal(mode) && mode[len(mode)-1] != '0' {
		r.problem("mode", "Secret in a world-readable file", `its content is sensitive, and the mode lets others at it. Set mode = "0600", or "0640" with a group.`)
	}
}

func (r *reading) contentOption() *schema.Option {
	for _, name := range []string{"text", "source", "secret_source"} {
		if v, diags := r.n.value(name); !diags.HasErrors() && !v.IsNull() {
			return r.n.typ.Option(name)
		}
	}
	return r.n.typ.Option("text")
}

func (r *reading) fileEntry() etc.Entry {
	e := r.absolute(plan.KindFile, etc.File)
	e.Mode = fourDigits(r.text("mode"))
	e.User, e.Group = r.owner("user"), r.owner("group")
	e.Content, e.Validate = r.content(), r.validator()
	r.checkSecret(e, r.text("mode"))
	return e
}

// validator reads the command that judges the content: it must name a program
// and say where the content goes.
func (r *reading) validator() []string {
	argv := r.texts("validate")
	switch {
	case len(argv) == 0:
	case argv[0] == "" || strings.Contains(argv[0], "%s"):
		r.problem("validate", "Invalid validate", "it is a command with its arguments, and the first element is the program.")
	case !slices.ContainsFunc(argv[1:], func(a string) bool { return strings.Contains(a, "%s") }):
		r.problem("validate", "Invalid validate", `no argument has %%s, which stands for the path of the new content, so the command could not read it: write ["visudo", "-cf", "%%s"].`)
	}
	return argv
}

func (r *reading) directoryEntry() etc.Entry {
	e := r.absolute(plan.KindDirectory, etc.Directory)
	e.Mode = fourDigits(r.text("mode"))
	e.User, e.Group = r.owner("user"), r.owner("group")
	return e
}

func (r *reading) symlinkEntry() etc.Entry {
	e := r.absolute(plan.KindSymlink, etc.Symlink)
	e.Target = r.public("target")
	if v, _ := r.value("target"); !v.IsNull() && e.Target == "" || strings.ContainsRune(e.Target, 0) {
		r.problem("target", "Invalid value for target", "a link leads to a path that is not empty.")
	}
	return e
}

func (r *reading) absolute(kind string, typ etc.Type) etc.Entry {
	label := r.n.label
	switch {
	case strings.ContainsAny(label, noPath):
		r.unwritable("a " + kind)
	case !strings.HasPrefix(label, "/") || label == "/" || slices.Contains(strings.Split(label, "/"), ".."):
		r.d.add(expr.Errorf(r.n.at(), "Invalid path", "%q cannot be the path of a %s: it is absolute, without .. parts, and not the root itself.", label, kind))
	}
	return r.entry(kind, strings.TrimPrefix(label, "/"), typ)
}

// noPath are the characters that no managed path has: files and answers with a
// path a line could not hold the one, and the kernel does not take the other.
const noPath = "\n\x00"

func (r *reading) unwritable(of string) {
	r.d.add(expr.Errorf(r.n.at(), "Invalid path", "%q cannot be the path of %s: there is a newline or a NUL character in it, which no managed path may have.", r.n.label, of))
}

func (r *reading) entry(kind, rel string, typ etc.Type) etc.Entry {
	return etc.Entry{
		Address: plan.NewAddress(kind, r.n.label), Path: rel, Type: typ,
		OnConflict: r.text("on_conflict"), OnDrift: r.text("on_drift"), Origin: r.n.origin(),
	}
}

func (r *reading) owner(name string) string {
	if own := r.d.ev.config.options.Personal; own != nil {
		return own.owner(name)
	}
	owner := r.public(name)
	if owner == "" {
		return "root"
	}
	return owner
}

func fourDigits(mode string) string {
	if len(mode) == 3 {
		return "0" + mode
	}
	return mode
}

// content reads text, source or secret_source, of which one must be set.
func (r *reading) content() *etc.Content {
	text, textSecret := r.value("text")
	source, sourceSecret := r.value("source")
	secret := r.text("secret_source")
	given := 0
	for _, is := range []bool{!text.IsNull(), !source.IsNull(), secret != ""} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		if given > 1 || !r.unclear() {
			r.d.add(expr.Errorf(r.n.at(), "Content missing or ambiguous", "%s needs exactly one of text, source and secret_source; it has %d.", r.n.address(), given))
		}
		return nil
	case !text.IsNull():
		return literalContent([]byte(text.AsString()), textSecret)
	case secret != "":
		r.d.sensitive = true
		return &etc.Content{SecretSource: secret, Size: -1, Secret: true}
	}
	f, diags := r.n.sourceFile()
	r.d.add(diags)
	if diags.HasErrors() {
		return nil
	}
	if sourceSecret {
		return r.secretSource(f.path)
	}
	return &etc.Content{Source: f.path, Size: f.size, Hash: f.hash()}
}

// secretSource holds the bytes of a file whose path is sensitive: as with a
// secret text, no record can have them or tell where they come from.
func (r *reading) secretSource(path string) *etc.Content {
	var text bytes.Buffer
	if _, why := pass(path, &text); why != "" {
		r.problem("source", "Cannot read the source", "%s.", why)
		return nil
	}
	return literalContent(text.Bytes(), true)
}

func literalContent(text []byte, secret bool) *etc.Content {
	c := &etc.Content{Text: text, Size: int64(len(text)), Secret: secret}
	if !secret {
		c.Hash = hashOf(text)
	}
	return c
}

// environment gives the variables, and adds the drop-in for login shells.
func (d *decoder) environment(desired *etc.Desired) map[string]string {
	n, diags := d.ev.singleton("environment")
	d.add(diags)
	if there, diags := n.notAbsent(n.from); !there {
		d.add(diags)
		return nil
	}
	r := &reading{d: d, n: n}
	variables, shell := r.variables("variables"), r.public("shell_init")
	if len(variables) == 0 && shell == "" {
		return nil
	}
	if own := d.ev.config.options.Personal; own != nil {
		desired.Entries = append(desired.Entries, own.environment(variables, shell, n.origin())...)
		return variables
	}
	desired.Entries = append(desired.Entries, etc.Entry{
		Address: "etc/profile.d/activate-environment.sh", Path: "etc/profile.d/activate-environment.sh", Type: etc.Linked,
		Mode: "0444", Content: literalContent([]byte(profile(variables, shell)), false), Origin: n.origin(),
	})
	return variables
}

// variables gives environment variables. Shells and systemd leave those of other names
// out, and say so to nobody.
func (r *reading) variables(option string) map[string]string {
	variables := r.textMap(option)
	for _, name := range sortedKeys(variables) {
		if !isVariable(name) {
			r.problem(option, "Invalid name of a variable", "%q: it is made of letters, digits and _, and does not start with a digit.", name)
		}
	}
	return variables
}

func isVariable(name string) bool {
	ok := name != "" && (name[0] < '0' || name[0] > '9')
	return ok && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// profile is a file that POSIX login shells read, dash among them.
func profile(variables map[string]string, shell string) string {
	var b strings.Builder
	b.WriteString("# Made by activate; changes are lost.\n")
	for _, name := range sortedKeys(variables) {
		b.WriteString("export " + name + "=" + functions.ShellQuote(variables[name]) + "\n")
	}
	if shell != "" {
		b.WriteString(strings.TrimSuffix(shell, "\n") + "\n")
	}
	return b.String()
}

// paths sorts the entries and refuses what cannot be a managed path.
func (d *decoder) paths(desired *etc.Desired) {
	byName(desired.Entries, func(e etc.Entry) string { return e.Path })
	seen := make(map[string]etc.Entry, len(desired.Entries))
	for _, e := range desired.Entries {
		d.refuse(e)
		if other, twice := seen[e.Path]; twice {
			d.add(d.clash(e, other, "One path twice", "/%s is both %s and %s. Take one of them out."))
		}
		seen[e.Path] = e
	}
	for _, e := range desired.Entries {
		for dir := path.Dir(e.Path); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if above, ok := seen[dir]; ok && above.Type != etc.Directory {
				d.add(d.clash(e, above, "A path below a file", "/%s cannot be: above it is %[3]s, which is no directory (%[2]s is below it)."))
			}
		}
	}
}

func (d *decoder) clash(e, other etc.Entry, summary, detail string) []*Diagnostic {
	at, otherAt := d.entryRange(e), d.entryRange(other)
	return related(expr.Errorf(at, summary, detail, e.Path, e.Address, other.Address), otherAt)
}

func (d *decoder) entryRange(e etc.Entry) hcl.Range {
	c, ok := d.ev.blocks[e.Address.Kind()]
	if ok {
		if n, ok := c.nodes[e.Address.Name()]; ok {
			return n.at()
		}
	}
	return hcl.Range{}
}

func (d *decoder) refuse(e etc.Entry) {
	why := ""
	switch e.Path {
	case "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-", "etc/.pwd.lock":
		why = "accounts are managed with user and group blocks"
	case "etc":
		if e.Type != etc.Directory {
			why = "it is a directory of the system"
		}
	}
	for dir, reason := range map[string]string{
		"etc/static": "it leads into the generation", "var/lib/activate": "it is the program's own state", "run/activate": "it is the program's own state",
	} {
		if underOf(e.Path, dir) {
			why = reason
		}
	}
	if why != "" {
		d.add(expr.Errorf(d.entryRange(e), "Refused path", "/%s cannot be managed by %s blocks: %s.", e.Path, e.Address.Kind(), why))
	}
}
