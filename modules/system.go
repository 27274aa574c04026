package modules

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// System evaluates everything the host needs and runs the asserts. With errors
// among the findings it gives nil; warnings of the configuration are findings
// too.
func (c *Config) System() (*System, Diagnostics) {
	d := &decoder{ev: c.ev, diags: c.ev.unmatchedSets()}
	s := &System{Files: c.sourceFiles(), Inits: map[string]InitSettings{}}
	d.personal()
	if c.options.Personal == nil {
		s.Users.Users = gather(d, s.Users.Users, "user", (*reading).user)
		s.Users.Groups = gather(d, s.Users.Groups, "group", (*reading).group)
	}
	s.Etc.Entries = d.entries()
	d.services(&s.Daemon)
	s.Etc.Entries = append(s.Etc.Entries, d.configFiles("", s.Daemon.Services)...)
	for _, u := range s.Daemon.Users {
		s.Etc.Entries = append(s.Etc.Entries, d.configFiles(u.User, u.Units.Services)...)
	}
	s.Daemon.Environment = d.environment(&s.Etc)
	s.Snippets = d.snippets()
	s.Settings = d.settings()
	d.each("init", func(r *reading) { s.Inits[r.n.label] = InitSettings{ScanDir: r.text("scan_dir")} })
	d.paths(&s.Etc)
	d.assertions()
	s.Sensitive = d.sensitive || c.holdsSecrets()
	if d.diags.HasErrors() {
		return nil, c.finish(d.diags)
	}
	return s, c.finish(d.diags)
}

// decoder turns blocks into the plain desired state.
type decoder struct {
	ev        *evaluator
	diags     diagnostic.List
	sensitive bool
}

// each goes through the blocks of a type that are there, sorted by identity.
func (d *decoder) each(typ string, f func(*reading)) {
	nodes, diags := d.ev.topBlocks(typ).all()
	d.add(diags)
	for _, n := range nodes {
		f(&reading{d: d, n: n})
	}
}

func (d *decoder) add(diags diagnostic.List) {
	if len(diags) > 0 {
		d.diags = d.diags.Add(diags...)
	}
}

// reading reads the attributes of one block; what cannot be computed is the
// zero value and among the decoder's findings.
type reading struct {
	d *decoder
	n *node
	// failed says that an attribute could not be computed.
	failed bool
}

// unclear tells that what is absent is no finding of its own.
func (r *reading) unclear() bool { return r.failed || r.n.misread() }

// value gives an attribute without marks, and whether it is sensitive. An
// unset one is null.
func (r *reading) value(name string) (v cty.Value, sensitive bool) {
	v, diags := r.n.value(name)
	r.d.add(diags)
	if diags.HasErrors() {
		r.failed = true
		return cty.NullVal(cty.DynamicPseudoType), false
	}
	if !v.ContainsMarked() {
		return v, false
	}
	v, _ = v.UnmarkDeep()
	r.d.sensitive = true
	return v, true
}

func (r *reading) text(name string) string {
	v, _ := r.value(name)
	if v.IsNull() {
		return ""
	}
	return v.AsString()
}

// public is text for a place that is shown: a sensitive value is an error.
func (r *reading) public(name string) string {
	v, sensitive := r.value(name)
	if sensitive {
		r.exposed(name,
			"%s is shown in plans and world-readable files, so it must not hold a sensitive value. Put the value into a file with a closed mode, or use nonsensitive().", name)
		return ""
	}
	if v.IsNull() {
		return ""
	}
	return v.AsString()
}

func (r *reading) flag(name string) bool {
	v, _ := r.value(name)
	return !v.IsNull() && v.True()
}

func (r *reading) optionalFlag(name string) *bool {
	v, _ := r.value(name)
	if v.IsNull() {
		return nil
	}
	b := v.True()
	return &b
}

func (r *reading) number(name string) *int64 {
	v, _ := r.value(name)
	if v.IsNull() {
		return nil
	}
	n, _ := v.AsBigFloat().Int64()
	return &n
}

func (r *reading) texts(name string) []string {
	v, sensitive := r.value(name)
	if sensitive {
		r.exposed(name, "%s is shown in plans, so it must not hold a sensitive value.", name)
		return []string{hidden}
	}
	return textsOf(v)
}

// names is texts without repetitions, for lists of which each element counts
// once.
func (r *reading) names(name string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(r.texts(name), func(s string) bool {
		twice := seen[s]
		seen[s] = true
		return twice
	})
}

func textsOf(v cty.Value) []string {
	if v.IsNull() || v.LengthInt() == 0 {
		return nil
	}
	out := make([]string, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if !e.IsNull() {
			out = append(out, e.AsString())
		}
	}
	return out
}

func (r *reading) textMap(name string) map[string]string {
	v, sensitive := r.value(name)
	if sensitive {
		r.exposed(name,
			"%s is shown in plans and world-readable files, so it must not hold a sensitive value. Put the value into a file with a closed mode.", name)
		return nil
	}
	if v.IsNull() || v.LengthInt() == 0 {
		return nil
	}
	out := make(map[string]string, v.LengthInt())
	for k, e := range v.AsValueMap() {
		if !e.IsNull() {
			out[k] = e.AsString()
		}
	}
	return out
}

// exposed reports a sensitive value in a place that is shown.
func (r *reading) exposed(option, detail string, args ...any) {
	r.failed = true
	at := r.n.definedAt(r.n.typ.Option(option))
	r.d.add(diagnostic.Hide(expr.Errorf(at, "Sensitive value in a public place", r.n.address()+": "+detail, args...)))
}

// problem reports something wrong with an attribute, at its definition.
func (r *reading) problem(option, summary, detail string, args ...any) {
	r.d.add(expr.Errorf(r.n.definedAt(r.n.typ.Option(option)), summary, r.n.address()+": "+detail, args...))
}

func (d *decoder) settings() activation.Settings {
	n, diags := d.ev.singleton("activation")
	d.add(diags)
	r := &reading{d: d, n: n}
	out := activation.Settings{OnUnitFailure: r.text("on_unit_failure"), StoppedUnits: r.text("stopped_units")}
	if out.OnUnitFailure == "keep" {
		out.OnUnitFailure = ""
	}
	if n := r.number("boot_attempts"); n != nil {
		out.BootAttempts = int(*n)
	}
	if n := r.number("keep_generations"); n != nil {
		out.KeepGenerations = int(*n)
	}
	out.KeepGenerationsFor = r.text("keep_generations_for")
	if age, err := time.ParseDuration(out.KeepGenerationsFor); err == nil && age <= 0 {
		r.problem("keep_generations_for", "Invalid value for keep_generations_for", "no generation is younger than %s.", out.KeepGenerationsFor)
	}
	return out
}

// snippets are all of them, once their places in the pipeline are known to be
// there.
func (d *decoder) snippets() []activation.Snippet {
	var found []activation.Snippet
	var readings []*reading
	known := activation.Steps()
	d.each("snippet", func(r *reading) {
		if slices.Contains(activation.Steps(), r.n.label) {
			d.add(expr.Errorf(r.n.at(), "Reserved name", "%s cannot be: a step of every run is called %q. Take another name.", r.n.address(), r.n.label))
			return
		}
		found, readings, known = append(found, r.snippet()), append(readings, r), append(known, r.n.label)
	})
	for i, r := range readings {
		r.steps("after", found[i].After, known)
		r.steps("before", found[i].Before, known)
	}
	if cycle, ok := errors.AsType[*plan.CycleError](activation.CheckOrder(found)); ok {
		d.add(snippetCycle(cycle.Path, readings))
	}
	return found
}

// snippetCycle complains of snippets that wait for each other, at the first one
// and with the places of the others.
func snippetCycle(path []string, readings []*reading) diagnostic.List {
	var diags diagnostic.List
	for _, r := range readings {
		switch {
		case !slices.Contains(path, r.n.label):
		case diags == nil:
			diags = expr.Errorf(r.n.at(), "Cycle", "These steps wait for each other, so none can run: %s. Leave out one after or before.", strings.Join(path, " after "))
		default:
			diags = related(diags, r.n.at())
		}
	}
	return diags
}

// steps complains of names of an option that no step and no snippet has.
func (r *reading) steps(option string, names, known []string) {
	for _, name := range names {
		if !slices.Contains(known, name) {
			others := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == r.n.label })
			r.problem(option, "Unknown step", "there is no snippet and no step %q.%s The steps are %s.", name, expr.DidYouMean(name, others), strings.Join(activation.Steps(), ", "))
		}
	}
}

func (r *reading) snippet() activation.Snippet {
	s := activation.Snippet{
		Name: r.n.label, After: r.names("after"), Before: r.names("before"),
		Script: r.public("script"), Argv: r.texts("argv"), Interpreter: r.texts("interpreter"), Environment: r.textMap("environment"),
		DryRun: r.text("dry_run"), OnFailure: r.text("on_failure"), AtBoot: r.flag("at_boot"), Triggers: r.texts("triggers"), Timeout: r.text("timeout"),
		Origin: r.n.origin(),
	}
	if !r.unclear() && (s.Script == "") == (len(s.Argv) == 0) {
		r.d.add(expr.Errorf(r.n.at(), "Invalid snippet", "%s needs either script or argv: what is run.", r.n.address()))
	}
	if d, err := time.ParseDuration(s.Timeout); err == nil && d <= 0 {
		r.problem("timeout", "Invalid value for timeout", "nothing runs in %s; without a timeout it is five minutes.", s.Timeout)
	}
	if len(s.Argv) > 0 {
		s.Interpreter = nil
	}
	return s
}

// assertions runs the assert and warning blocks.
func (d *decoder) assertions() {
	for _, typ := range []string{"assert", "warning"} {
		d.each(typ, func(r *reading) { r.assertion(typ) })
	}
}

func (r *reading) assertion(typ string) {
	v, diags := r.n.value("condition")
	r.d.add(diags)
	if diags.HasErrors() {
		return
	}
	v, _ = v.Unmark()
	if v.IsNull() || v.True() {
		return
	}
	message, diags := r.n.value("message")
	r.d.add(diags)
	if diags.HasErrors() {
		return
	}
	text := "The message is not shown because it is sensitive."
	if !message.IsMarked() && !message.IsNull() {
		text = message.AsString()
	}
	found := expr.Errorf(r.n.definedAt(r.n.typ.Option("condition")), "Assertion failed", "%s", text)
	if typ == "warning" {
		found[0].Severity, found[0].Summary = diagnostic.Warning, "Warning of the configuration"
	}
	r.d.add(found)
}

func byName[T any](list []T, name func(T) string) {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
}
