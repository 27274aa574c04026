package modules

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
	"github.com/activate-agent/activate/users"
)

func (r *reading) accountName() string {
	if !schema.IsAccount(r.n.label) {
		r.d.add(expr.Errorf(r.n.at(), "Invalid name",
			"%q cannot be the name of a %s: it starts with a small letter or _ and holds up to 32 small letters, digits, _ and -.", r.n.label, r.n.typ.Name))
	}
	return r.n.label
}

func (r *reading) id(name string) *users.ID {
	n := r.number(name)
	if n == nil {
		return nil
	}
	id := users.ID(*n)
	return &id
}

func (r *reading) user() users.User {
	u := users.User{
		Name: r.accountName(), UID: r.id("uid"), Group: r.public("group"),
		Groups: r.names("groups"), ExclusiveGroups: r.flag("exclusive_groups"),
		Description: r.public("description"), Home: r.public("home"), CreateHome: r.flag("create_home"), HomeMode: r.text("home_mode"),
		Shell: r.public("shell"), System: r.flag("system"),
		HashedPassword: r.text("hashed_password"), InitialHashedPassword: r.text("initial_hashed_password"), HashedPasswordFile: r.text("hashed_password_file"),
		Expires: r.text("expires"), AuthorizedKeys: r.names("authorized_keys"), Linger: r.optionalFlag("linger"), SubIDs: r.subIDs(),
		OnRemoval: r.text("on_removal"), MigrateID: r.flag("migrate_id"), AdoptID: r.flag("adopt_id"), Origin: r.n.origin(),
	}
	r.checkUser(u)
	return u
}

func (r *reading) checkUser(u users.User) {
	if u.UID != nil && *u.UID == 0 && u.Name != "root" {
		r.problem("uid", "Reserved id", "uid 0 is root's only. Choose another one, or leave it out to have one chosen.")
	}
	if _, err := time.Parse(time.DateOnly, u.Expires); u.Expires != "" && err != nil {
		r.problem("expires", "Invalid value for expires", `a day is written YYYY-MM-DD, such as "2030-01-31".`)
	}
	if strings.ContainsAny(u.Home+u.Shell+u.HashedPasswordFile, ":\n") {
		r.d.add(expr.Errorf(r.n.at(), "Invalid path", "%s: home, shell and hashed_password_file must not hold a colon or a newline.", r.n.address()))
	}
	for _, g := range u.Groups {
		if strings.ContainsAny(g, ":,\n ") || g == "" {
			r.problem("groups", "Invalid value for groups", "a group is a name, without colons, commas or white space.")
		}
	}
	for _, key := range u.AuthorizedKeys {
		if strings.ContainsAny(key, "\n\r") {
			r.problem("authorized_keys", "Invalid value for authorized_keys", "each key is one line; split a file of keys with split(\"\\n\", chomp(file(...))).")
			return
		}
	}
	r.hash("hashed_password", u.HashedPassword)
	r.hash("initial_hashed_password", u.InitialHashedPassword)
	set := 0
	for _, s := range []string{u.HashedPassword, u.InitialHashedPassword, u.HashedPasswordFile} {
		if s != "" {
			set++
		}
	}
	if set > 1 && (u.HashedPassword != "" && u.HashedPasswordFile != "") {
		r.problem("hashed_password", "Two passwords", "hashed_password and hashed_password_file cannot both be set.")
	}
}

// hash warns of an option that has a password where its hash belongs.
func (r *reading) hash(option, hash string) {
	if users.MadeByCrypt(hash) {
		return
	}
	// Not at the attribute: its line has the password.
	found := expr.Errorf(r.n.at(), "No password hash", "%s: %s is nothing that crypt(5) makes, so no password will fit it. Make one with openssl passwd -6.", r.n.address(), option)
	found[0].Severity = diagnostic.Warning
	r.d.add(found)
}

// subIDs reads "auto", or one range or a list of ranges.
func (r *reading) subIDs() *users.SubIDs {
	v, _ := r.value("sub_ids")
	if v.IsNull() {
		return nil
	}
	bad := func() *users.SubIDs {
		r.problem("sub_ids", "Invalid value for sub_ids", `it is "auto", or a list of ranges of whole numbers that are not empty and end at 4294967294 at the latest: [{ start = 100000, count = 65536 }].`)
		return nil
	}
	if v.Type() == cty.String {
		if v.AsString() != "auto" {
			return bad()
		}
		return &users.SubIDs{Auto: true}
	}
	if v.Type().IsObjectType() {
		v = cty.TupleVal([]cty.Value{v})
	}
	list, problem := subRanges().Convert(v)
	if problem != nil {
		return bad()
	}
	out := &users.SubIDs{}
	for _, e := range list.AsValueSlice() {
		r, ok := subRange(e.GetAttr("start"), e.GetAttr("count"))
		if !ok {
			return bad()
		}
		out.Ranges = append(out.Ranges, r)
	}
	return out
}

// subRange is a range that is not empty and ends before the largest id, which means
// none.
func subRange(start, count cty.Value) (users.SubRange, bool) {
	const most = 1<<32 - 1
	if start.IsNull() || count.IsNull() {
		return users.SubRange{}, false
	}
	from, fromIs := start.AsBigFloat().Int64()
	n, nIs := count.AsBigFloat().Int64()
	if fromIs != big.Exact || nIs != big.Exact || from < 0 || n < 1 || from > most || n > most-from {
		return users.SubRange{}, false
	}
	return users.SubRange{Start: users.ID(from), Count: uint32(n)}, true
}

func subRanges() *schema.Type {
	number := schema.Attr{Type: &schema.Type{Kind: schema.Number}}
	return &schema.Type{Kind: schema.List, Elem: &schema.Type{Kind: schema.ObjectOf, Attrs: map[string]schema.Attr{"start": number, "count": number}}}
}

func (r *reading) group() users.Group {
	g := users.Group{
		Name: r.accountName(), GID: r.id("gid"), Members: r.names("members"),
		System: r.flag("system"), MigrateID: r.flag("migrate_id"), AdoptID: r.flag("adopt_id"), Origin: r.n.origin(),
	}
	if slices.ContainsFunc(g.Members, func(m string) bool { return m == "" || strings.ContainsAny(m, ":,\n ") }) {
		r.problem("members", "Invalid value for members", "a member is the name of a user, without colons, commas or white space.")
	}
	if g.GID != nil && *g.GID == 0 && g.Name != "root" {
		r.problem("gid", "Reserved id", "gid 0 is root's only. Choose another one, or leave it out to have one chosen.")
	}
	return g
}
