package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// Plan prints p for a person: changes grouped by kind with their differences,
// then the units, then the count. At most limit changes are shown; 0 shows
// all.
func Plan(w io.Writer, s Style, p *plan.Plan, contents Contents, limit int) {
	kind := ""
	for i, ch := range p.Changes {
		if limit > 0 && i == limit {
			fmt.Fprintf(w, "… and %d more changes\n", len(p.Changes)-i)
			break
		}
		if ch.Kind != kind {
			kind = ch.Kind
			fmt.Fprintf(w, "%s\n", s.bold(heading(kind)))
		}
		change(w, s, ch, contents)
	}
	units(w, s, p.Units)
	if len(p.Snippets) > 0 {
		fmt.Fprintf(w, "%s\n  %s\n", s.bold("snippets that will run"), visible(strings.Join(p.Snippets, ", ")))
	}
	if p.Empty() {
		fmt.Fprintln(w, "nothing to do: the host matches the configuration")
	}
	fmt.Fprintf(w, "plan: %d to add, %d to change, %d to remove, %d unchanged\n",
		p.Summary.Create, p.Summary.Update, p.Summary.Delete, p.Summary.Unchanged)
}

func heading(kind string) string {
	switch kind {
	case plan.KindDirectory:
		return "directories"
	case plan.KindEtc:
		return "etc"
	}
	return kind + "s"
}

func change(w io.Writer, s Style, ch plan.Change, contents Contents) {
	mark := ch.Action.Symbol()
	switch ch.Action {
	case plan.Create:
		mark = s.green(mark)
	case plan.Delete:
		mark = s.red(mark)
	case plan.Update, plan.Replace:
		mark = s.yellow(mark)
	}
	fmt.Fprintf(w, "  %s %s%s%s\n", mark, visible(string(ch.Address)), visible(made(ch)), s.dim(visible(where(ch))))
	var before, after []byte
	shown := false
	if contents != nil {
		before, after, shown = contents(ch)
	}
	for _, line := range attributes(ch, shown) {
		fmt.Fprintf(w, "      %s\n", visible(line))
	}
	if shown {
		content(w, s, ch, before, after)
	}
}

// where says why and by which line of the configuration.
func where(ch plan.Change) string {
	var parts []string
	if ch.Reason != "" {
		parts = append(parts, ch.Reason)
	}
	if ch.Origin != "" {
		parts = append(parts, ch.Origin)
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, ", ") + ")"
}

// unsaid tells attributes of a new object that a reader knows from its kind or
// address, or that the content diff shows better.
func unsaid(attribute string) bool {
	switch attribute {
	case "type", "path", "size", "sha256", "keyed", "name":
		return true
	}
	return bookkeeping(attribute)
}

// bookkeeping tells attributes that a run keeps for itself, to apply a change
// and to take it back.
func bookkeeping(attribute string) bool {
	switch attribute {
	case "links", "lines", "own_group", "parts", "migrate", "uid_chosen", "gid_chosen", "sub_ids_chosen", "admins", "home_dirs", "ssh_dir", "replaced_keys", "locked", "departed", "link_owners":
		return true
	}
	return false
}

// made says in one clause what a new object is like.
func made(ch plan.Change) string {
	if ch.Action != plan.Create {
		return ""
	}
	after := fields(ch.After)
	var words []string
	for _, k := range keys(after) {
		v := after[k]
		standard := (k == "user" || k == "group") && v == "root" && ch.Kind != plan.KindUser
		if unsaid(k) || standard || strings.HasPrefix(v, "/etc/static/") {
			continue
		}
		words = append(words, k+" "+named(v))
	}
	if len(words) == 0 {
		return ""
	}
	return "  " + strings.Join(words, ", ")
}

// unsaidChange tells attributes that another one says better: a person reads
// names of owners, and of a content its diff or hash. An account's own uid has
// no other name.
func unsaidChange(kind, attribute string) bool {
	return attribute == "uid" && kind != plan.KindUser || attribute == "gid" || attribute == "size" || bookkeeping(attribute)
}

// attributes lists what a change changes, one line an attribute; what the
// content's diff shows is left to it.
func attributes(ch plan.Change, diffed bool) []string {
	if ch.Before == nil || ch.After == nil {
		return nil
	}
	before, after := fields(ch.Before), fields(ch.After)
	secret := before[secretContent] != after[secretContent]
	var lines []string
	for _, k := range keys(before, after) {
		old, had := before[k]
		now, has := after[k]
		switch {
		case (diffed || secret) && (k == "sha256" || k == "size"), unsaidChange(ch.Kind, k):
		case old == now && had == has:
		case k == secretContent:
			lines = append(lines, "content: another one; it is not shown, since not everybody may read it")
		case isSecret(old) && isSecret(now):
			lines = append(lines, k+": another one; it is not shown")
		case !had:
			lines = append(lines, fmt.Sprintf("%s: (none) -> %s", k, named(now)))
		case !has:
			lines = append(lines, fmt.Sprintf("%s: %s -> (none)", k, named(old)))
		case named(old) == named(now):
			lines = append(lines, fmt.Sprintf("%s: the content of %s", k, named(now)))
		default:
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", k, named(old), named(now)))
		}
	}
	return lines
}

func fields(s plan.State) map[string]string {
	if s == nil {
		return nil
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(s, &raw) != nil {
		return nil
	}
	out := map[string]string{}
	for k, v := range raw {
		var text string
		if json.Unmarshal(v, &text) != nil {
			text = string(v)
		}
		out[k] = text
	}
	return out
}

func keys(maps ...map[string]string) []string {
	var all []string
	for _, m := range maps {
		for k := range m {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// named gives of an attribute that describes a file the file's path, of all
// others what they are.
func named(v string) string {
	var file struct{ Path string }
	if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &file) == nil && file.Path != "" {
		return "/" + file.Path
	}
	return short(v)
}

// secretContent is the attribute with what stands for a content that not
// everybody may read.
const secretContent = "keyed"

// isSecret tells what stands for a secret, which says nothing to a person.
func isSecret(v string) bool { return strings.HasPrefix(v, "hmac:") }

// short cuts hashes to what a person compares.
func short(v string) string {
	if isSecret(v) {
		return "(not shown)"
	}
	if len(v) == 64 && strings.Trim(v, "0123456789abcdef") == "" {
		return v[:12]
	}
	return v
}

func units(w io.Writer, s Style, u plan.Units) {
	if len(u.Stop)+len(u.Reload)+len(u.Restart)+len(u.Start)+len(u.Skip) == 0 {
		return
	}
	fmt.Fprintf(w, "%s\n", s.bold("units"))
	list := func(verb string, names []string) {
		for _, n := range names {
			reason := ""
			if r := u.Reasons[n]; r != "" {
				reason = "  (" + r + ")"
			}
			fmt.Fprintf(w, "  %s %s%s\n", verb, visible(n), s.dim(visible(reason)))
		}
	}
	list("stop", u.Stop)
	list("reload", u.Reload)
	list("restart", u.Restart)
	list("start", u.Start)
	list("leave running", u.Skip)
}
