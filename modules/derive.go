package modules

import (
	"crypto/sha256"
	"encoding/hex"
	"path"

	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// shownIdentity is the identity as others read it; that of an etc entry is
// the absolute path, which is what commands need.
func (n *node) shownIdentity() string {
	if n.typ.Name == "etc" && n.parent == nil {
		return path.Join("/etc", n.label)
	}
	return n.label
}

// derived gives what a core block's attribute is when nobody set it. Those
// values can be read; the desired state leaves them to the host.
func (n *node) derived(name string, t expr.Term) expr.Term {
	if n.typ.Module || n.parent != nil {
		return t
	}
	switch n.typ.Name + "." + name {
	case "user.home":
		home := "/home/" + n.label
		if n.label == "root" {
			home = "/root"
		}
		return expr.Data(cty.StringVal(home))
	case "user.group", "socket.service", "timer.service":
		return expr.Data(cty.StringVal(n.label))
	case "dirs.state", "dirs.runtime", "dirs.log", "dirs.tmp", "dirs.cache":
		return n.derivedDir(name)
	case "service.autostart":
		return expr.Data(cty.BoolVal(!n.ev.startedByOther(n.label)))
	}
	return t
}

// derivedDir follows the file hierarchy of hier(7) for the whole host, and
// keeps everything below one directory otherwise.
func (n *node) derivedDir(name string) expr.Term {
	state := "/var"
	own := n.ev.config.options.Personal
	if own != nil {
		state = own.State
	}
	if name != "state" {
		v, diags := n.value("state")
		if !diags.HasErrors() && !v.IsNull() {
			v, _ = v.Unmark()
			state = v.AsString()
		}
	}
	out := path.Join(state, name)
	switch {
	case own != nil && state == own.State:
		out = own.dir(name)
	case name == "state":
		out = state
	case name == "runtime" && state == "/var":
		out = "/run"
	case name == "runtime":
		out = path.Join(state, "run")
	case name == "tmp" && state == "/var":
		out = "/tmp"
	}
	return expr.Data(cty.StringVal(out))
}

// startedByOther reports whether a socket or a timer starts the service.
func (ev *evaluator) startedByOther(service string) bool {
	for _, typ := range []string{"socket", "timer"} {
		nodes, _ := ev.topBlocks(typ).all()
		for _, n := range nodes {
			v, diags := n.value("service")
			if diags.HasErrors() {
				continue
			}
			v, _ = v.Unmark()
			if v.IsNull() && n.label == service || !v.IsNull() && v.AsString() == service {
				return true
			}
		}
	}
	return false
}

// derivedOutput gives a core block's computed attribute.
func (n *node) derivedOutput(name string) (expr.Term, diagnostic.List) {
	switch name {
	case "sha256":
		return n.contentHash()
	case "path":
		return expr.Data(cty.StringVal(n.ev.configDataPath(n.parent.placeName(), n.label))), nil
	case "unit":
		return expr.Data(cty.StringVal(n.unitName())), nil
	}
	panic("internal error: no rule for the computed attribute " + n.typ.Name + "." + name)
}

// unitName is the name of a service's unit: PARENT-CHILD for a sub-service.
func (n *node) unitName() string {
	if n.parent != nil && n.parent.typ.Name == "service" {
		return n.parent.unitName() + "-" + n.label
	}
	return n.label
}

// placeName is the name of the directory of a service's files: USER:NAME for a
// service of a user.
func (n *node) placeName() string {
	if top := n.top(); top.typ.Name == "user" {
		return top.label + ":" + n.unitName()
	}
	return n.unitName()
}

// top is the block that n is in, or n itself.
func (n *node) top() *node {
	for n.parent != nil {
		n = n.parent
	}
	return n
}

// configDataPath is where a service's file stands, the same in every
// generation.
func (ev *evaluator) configDataPath(service, name string) string {
	config := "/etc"
	if own := ev.config.options.Personal; own != nil {
		config = own.Config
	}
	return path.Join(config, "activate/services", service, name)
}

func (n *node) contentHash() (expr.Term, diagnostic.List) {
	text, diags := n.value("text")
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	if !text.IsNull() {
		plain, marks := text.Unmark()
		return expr.Data(cty.StringVal(hashOf([]byte(plain.AsString()))).WithMarks(marks)), nil
	}
	if n.typ.Option("source") == nil {
		return expr.Data(cty.NullVal(cty.String)), nil
	}
	f, diags := n.sourceFile()
	if diags.HasErrors() || f == nil {
		return expr.Data(cty.NullVal(cty.String)), diags
	}
	named, diags := n.value("source")
	return expr.Data(cty.StringVal(f.hash()).WithMarks(named.Marks())), diags
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
