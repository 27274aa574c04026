package main

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/etc/dpkg"
	"github.com/activate-agent/activate/etc/survey"
	"github.com/activate-agent/activate/modules"
	"github.com/activate-agent/activate/modules/write"
	"github.com/activate-agent/activate/users"
)

// adoption is what a configuration is to say of a host.
type adoption struct {
	hostname string
	accounts users.Desired
	// changed are files of packages, added those of nobody. Unit files that a
	// unit block stands for are among them, and left out; see entries.
	changed, added []etc.Entry
	units          []systemd.Surveyed
	// noPackages tells that /etc was not looked at.
	noPackages bool
	// notes stand above blocks.
	notes map[plan.Address]string
	// left are the lines on what is left out.
	left []string
}

func (a *adoption) leave(what, why string) { a.left = append(a.left, what+": "+why) }

// survey looks at the host.
func (h *host) survey() (*adoption, error) {
	facts, err := h.facts()
	if err != nil {
		return nil, err
	}
	a := &adoption{hostname: facts.Hostname, notes: map[plan.Address]string{}}
	if err := a.surveyAccounts(h); err != nil {
		return nil, err
	}
	if err := a.surveyFiles(h); err != nil {
		return nil, err
	}
	return a, a.surveyUnits(h)
}

func (a *adoption) surveyAccounts(h *host) error {
	found, err := users.ReadSurvey(h.engine.Root)
	if err != nil {
		return err
	}
	a.accounts = found.Desired
	for i := range a.accounts.Users {
		u := &a.accounts.Users[i]
		if !write.Expressible(u.Description) {
			u.Description = ""
		}
		if slices.ContainsFunc(append([]string{u.Home, u.Shell}, u.AuthorizedKeys...), func(s string) bool { return !write.Expressible(s) }) {
			u.Home, u.Shell, u.AuthorizedKeys = "", "", nil
		}
		if note := found.Remarks[u.Name]; note != "" {
			a.notes[plan.NewAddress(plan.KindUser, u.Name)] = "Not said here: " + note + "."
			delete(found.Remarks, u.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found.Remarks)) {
		what := "user " + name
		if strings.HasPrefix(name, "group ") {
			what = name
		}
		a.leave(what, found.Remarks[name])
	}
	return nil
}

func (a *adoption) surveyFiles(h *host) error {
	packages, err := dpkg.Read(h.engine.Root)
	if errors.Is(err, dpkg.ErrNone) {
		a.noPackages = true
		return nil
	}
	if err != nil {
		return err
	}
	names, err := users.ReadNames(h.engine.Root)
	if err != nil {
		return err
	}
	found, err := survey.Etc(survey.Options{
		Root: h.engine.Root, Packages: packages, UserName: names.UserName, GroupName: names.GroupName, Expressible: write.Expressible,
	})
	if err != nil {
		return err
	}
	a.changed, a.added = found.Changed, found.Added
	for _, r := range found.Notes {
		a.notes[a.entryAt(rootfs.Rel(r.Path)).Address] = strings.ToUpper(r.Reason[:1]) + r.Reason[1:] + "."
	}
	for _, r := range found.Remarks {
		a.leave(r.Path, r.Reason)
	}
	return nil
}

// surveyUnits takes unit files out of the files where a unit block says the
// same. Where /etc was looked at, it knows which are the administrator's.
func (a *adoption) surveyUnits(h *host) error {
	if h.wiring.init.Name() != "systemd" {
		return nil
	}
	found, err := systemd.Survey(h.engine.Root)
	if err != nil {
		return err
	}
	for _, u := range found {
		switch {
		case !a.noPackages && a.entryAt(u.Paths[0]) == nil:
		case u.Why == "" && !write.Expressible(*u.Unit.Text):
			a.onlyFile(u, "its text is not UTF-8 in the form that HCL keeps (NFC)")
		case u.Why != "":
			a.onlyFile(u, u.Why)
		default:
			a.units = append(a.units, u)
		}
	}
	return nil
}

// onlyFile says why a unit has no unit block.
func (a *adoption) onlyFile(u systemd.Surveyed, why string) {
	if e := a.entryAt(u.Paths[0]); e != nil {
		a.notes[e.Address] = "A file and no unit block: " + why + "."
		return
	}
	a.leave("/"+u.Paths[0], why)
}

func (a *adoption) entryAt(p string) *etc.Entry {
	for _, list := range [][]etc.Entry{a.changed, a.added} {
		if i := slices.IndexFunc(list, func(e etc.Entry) bool { return e.Path == p }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// entries gives those of list that no unit block stands for.
func (a *adoption) entries(list []etc.Entry) []etc.Entry {
	covered := map[string]bool{}
	for _, u := range a.units {
		for _, p := range u.Paths {
			covered[p] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(e etc.Entry) bool { return covered[e.Path] })
}

// system is the desired state that the configuration will be evaluated to.
func (a *adoption) system() *modules.System {
	s := &modules.System{Users: a.accounts}
	s.Etc.Entries = slices.SortedFunc(slices.Values(a.entries(slices.Concat(a.changed, a.added))), func(x, y etc.Entry) int {
		return strings.Compare(x.Path, y.Path)
	})
	for _, u := range a.units {
		s.Daemon.Units = append(s.Daemon.Units, u.Unit)
	}
	return s
}

// summary counts what the configuration has.
func (a *adoption) summary() string {
	files := len(a.entries(a.changed)) + len(a.entries(a.added))
	text := fmt.Sprintf("users: %d, groups: %d, paths in /etc: %d, units: %d", len(a.accounts.Users), len(a.accounts.Groups), files, len(a.units))
	if len(a.left) > 0 {
		text += fmt.Sprintf("; left out: %d, named at its end", len(a.left))
	}
	return text
}

// unitNamed finds the unit that a plan calls name: itself, or an instance's
// template.
func (a *adoption) unitNamed(name string) int {
	template := name
	if stem, rest, ok := strings.Cut(name, "@"); ok {
		template = stem + "@" + path.Ext(rest)
	}
	for _, n := range []string{name, template} {
		if i := slices.IndexFunc(a.units, func(u systemd.Surveyed) bool { return u.Unit.Name == n }); i >= 0 {
			return i
		}
	}
	return -1
}
