package write

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// body collects the attributes of one block.
type body struct{ strings.Builder }

func (b *body) set(name, expression string) { b.WriteString(name + " = " + expression + "\n") }

// text sets an attribute that is left out when it is empty.
func (b *body) text(name, value string) {
	if value != "" {
		b.set(name, quoted(value))
	}
}

func (b *body) texts(name string, values []string) {
	if len(values) > 0 {
		b.set(name, list(values))
	}
}

func (b *body) flag(name string, value bool) {
	if value {
		b.set(name, "true")
	}
}

// block ends the block that the attributes are of. Its label is as the block
// is known: names and paths need no escapes that a label has not.
func (b *body) block(note, kind, label string) Block {
	return Block{text: comment(note) + kind + " " + quoted(label) + " {\n" + b.String() + "}\n"}
}

// User gives the block of an account, below the note. Passwords are no part of
// it, whatever u holds.
func User(u users.User, note string) Block {
	b := &body{}
	if u.UID != nil {
		b.set("uid", u.UID.String())
	}
	b.text("group", u.Group)
	b.texts("groups", u.Groups)
	b.flag("exclusive_groups", u.ExclusiveGroups)
	b.text("description", u.Description)
	b.text("home", u.Home)
	b.flag("create_home", u.CreateHome)
	b.text("home_mode", u.HomeMode)
	b.text("shell", u.Shell)
	b.flag("system", u.System)
	b.text("expires", u.Expires)
	b.texts("authorized_keys", u.AuthorizedKeys)
	if u.Linger != nil {
		b.set("linger", strconv.FormatBool(*u.Linger))
	}
	if u.SubIDs != nil {
		b.set("sub_ids", subIDs(*u.SubIDs))
	}
	b.text("on_removal", u.OnRemoval)
	b.flag("migrate_id", u.MigrateID)
	b.flag("adopt_id", u.AdoptID)
	return b.block(note, plan.KindUser, u.Name)
}

func subIDs(s users.SubIDs) string {
	if s.Auto {
		return `"auto"`
	}
	var ranges []string
	for _, r := range s.Ranges {
		ranges = append(ranges, fmt.Sprintf("{ start = %s, count = %d }", r.Start, r.Count))
	}
	return "[" + strings.Join(ranges, ", ") + "]"
}

// Group gives the block of a group, below the note.
func Group(g users.Group, note string) Block {
	b := &body{}
	if g.GID != nil {
		b.set("gid", g.GID.String())
	}
	b.texts("members", g.Members)
	b.flag("system", g.System)
	b.flag("migrate_id", g.MigrateID)
	b.flag("adopt_id", g.AdoptID)
	return b.block(note, plan.KindGroup, g.Name)
}

// Entry gives the block of a file, directory or link, below the note. The
// content is its Source, as the configuration is to name it, or its Text.
func Entry(e etc.Entry, note string) Block {
	b := &body{}
	switch {
	case e.Content == nil:
	case e.Content.SecretSource != "":
		b.set("secret_source", quoted(e.Content.SecretSource))
	case e.Content.Source != "":
		b.set("source", quoted(e.Content.Source))
	default:
		b.set("text", literal(string(e.Content.Text)))
	}
	b.text("target", e.Target)
	if e.Type == etc.File || e.Type == etc.Directory {
		b.text("mode", e.Mode)
		b.owner("user", e.User)
		b.owner("group", e.Group)
	}
	b.texts("validate", e.Validate)
	b.choice("on_conflict", e.OnConflict, "backup")
	b.choice("on_drift", e.OnDrift, "overwrite")
	return b.block(note, e.Address.Kind(), e.Address.Name())
}

// owner leaves out root, who owns what nobody else does.
func (b *body) owner(name, value string) { b.choice(name, value, "root") }

func (b *body) choice(name, value, usual string) {
	if cmp.Or(value, usual) != usual {
		b.set(name, quoted(value))
	}
}

// Unit gives the block of a unit file with its text, below the note. Units of
// sections are not written.
func Unit(u daemon.Unit, note string) Block {
	if u.Text == nil {
		panic("internal error: unit " + u.Name + " has no text to write")
	}
	b := &body{}
	b.set("text", literal(*u.Text))
	return b.block(note, plan.KindUnit, u.Name)
}
