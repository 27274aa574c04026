package etc

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Diff compares the root with the desired state and reads only. Its changes
// are in the order in which they may be made: what leaves (deepest first),
// directories, entries of etc, files, links. The error is for a host that
// can't be read; what the configuration can't have is in Problems.
func (s *Subsystem) Diff(ctx context.Context) (plan.Diff, error) {
	var d plan.Diff
	if d.Problems = s.refused(); len(d.Problems) > 0 {
		return d, nil
	}
	own, err := s.owners()
	if err != nil {
		return d, err
	}
	c := comparison{s: s, own: own, diff: &d, missing: map[string]bool{}, still: map[string]bool{}, static: s.staticTree()}
	if c.leaving, err = s.leave(own, &d); err != nil {
		return d, err
	}
	for _, kind := range []string{plan.KindDirectory, plan.KindEtc, plan.KindFile, plan.KindSymlink} {
		if err := c.kind(ctx, kind); err != nil {
			return d, err
		}
	}
	if s.cfg.AllDrift {
		return d, nil
	}
	d.Problems = append(d.Problems, c.leaving.aliased()...)
	s.preflight(&d, own)
	s.hidden(&d)
	return d, s.lost(&d)
}

// comparison is one Diff under way.
type comparison struct {
	s       *Subsystem
	own     Owners
	diff    *plan.Diff
	leaving *leaving
	// static is the tree that /etc/static leads to, "" when there is none.
	static string
	// missing remembers for directories whether they have to be made.
	missing map[string]bool
	// still remembers for directories whether their entries are as stamped.
	still map[string]bool
}

func (c *comparison) kind(ctx context.Context, kind string) error {
	for _, e := range c.s.cfg.Desired.Entries {
		if e.Address.Kind() != kind {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.entry(e); err != nil {
			return err
		}
	}
	return nil
}

// entry compares one desired entry.
func (c *comparison) entry(e Entry) error {
	want, err := c.s.want(e)
	if errors.Is(err, errNoSecret) {
		err = c.sourceless(e, want, err)
	}
	if err == nil {
		_, _, _, err = c.own.ids(State{User: e.User, Group: e.Group})
	}
	if err != nil {
		c.refuse(e, err)
		return nil
	}
	f, err := c.look(e)
	if err != nil && !c.leaving.clears(e.Path) {
		return c.unreached(e, want, err)
	}
	if !f.exists() || c.leaving.clears(e.Path) {
		return c.create(e, want)
	}
	if p := c.s.inTheWay(e, f); p != nil && !c.vacates(e, f) {
		if c.s.cfg.AllDrift {
			return c.update(e, f, want, f.info.Type.String()+" is in the way")
		}
		c.diff.Problems = append(c.diff.Problems, *p)
		return nil
	}
	if e.Type == Directory && c.s.givesWay(e, f) {
		c.leaving.frees(e.Path)
	}
	return c.compare(e, want, f)
}

// sourceless judges e without its secret_source, which is not there: a problem,
// unless it comes later or what was applied of it is there still.
func (c *comparison) sourceless(e Entry, want *State, why error) error {
	w := c.s.problem(e, "It must be there when the file is written.", "%v", why)
	switch {
	case want.Keyed != "" && (c.s.cfg.AllDrift || c.s.holdsSecret(e, want)):
		w = plan.Problemf(e.Address, e.Origin, "What was applied of it counts until it is back.", "%s: %v", c.s.cfg.Root.Name(e.Path), why)
	case !c.s.cfg.SecretsLater:
		return why
	}
	c.diff.Warnings = append(c.diff.Warnings, w)
	return nil
}

// holdsSecret tells whether e's path has the content that was recorded of it.
func (s *Subsystem) holdsSecret(e Entry, want *State) bool {
	f, err := s.observe(e.Path)
	if err != nil || f.info.Type != rootfs.File {
		return false
	}
	same, err := s.holdsContent(f, *want)
	return same && err == nil
}

// unreached plans e where the way to its path is not as it has to be: a problem
// for a run, drift like any other for who only looks.
func (c *comparison) unreached(e Entry, want *State, why error) error {
	if c.s.cfg.AllDrift && (errors.Is(why, rootfs.ErrLink) || errors.Is(why, errNotDirectory)) {
		c.diff.Changes = append(c.diff.Changes, c.s.change(e.Address, nil, want, why.Error(), e.Origin))
		return nil
	}
	c.refuse(e, why)
	return nil
}

func (c *comparison) refuse(e Entry, err error) {
	advice := ""
	if errors.Is(err, rootfs.ErrLink) {
		advice = "Parents of managed paths must be root's."
	} else if nobody, ok := errors.AsType[*nobodyError](err); ok {
		advice = fmt.Sprintf("Declare the %s, or correct the name.", nobody.kind)
	}
	c.diff.Problems = append(c.diff.Problems, c.s.problem(e, advice, "%v", err))
}

// vacates tells whether f is a directory that this agent made and that will be
// empty when the removals are done, so that e may take its place.
func (c *comparison) vacates(e Entry, f found) bool {
	if f.info.Type != rootfs.Dir || !c.s.madeDirectory(e.Path) {
		return false
	}
	original, err := c.s.originalState(e)
	if err != nil || original != nil && original.Type == Directory {
		return false
	}
	vacated, err := c.leaving.vacated(e.Path)
	return vacated && err == nil
}

// create plans e at a free path, with the parents that are missing.
func (c *comparison) create(e Entry, want *State) error {
	why := ""
	if _, made := c.s.made(e); made {
		why = "it is gone from the host"
	}
	ch := c.s.change(e.Address, nil, want, why, e.Origin)
	var err error
	if ch.Parents, err = c.parents(e.Path); err != nil {
		return c.unreached(e, want, err)
	}
	if why != "" && !c.mayOverwrite(e, why) {
		return nil
	}
	c.diff.Changes = append(c.diff.Changes, ch)
	return nil
}

// errNotDirectory ends the reason why nothing can be made below a path.
var errNotDirectory = errors.New("not a directory")

// parents gives the missing directories above p, outermost first, without
// those that are entries themselves.
func (c *comparison) parents(p string) ([]string, error) {
	dir := path.Dir(p)
	if dir == "." {
		return nil, nil
	}
	missing, known := c.missing[dir]
	if !known && c.leaving.clears(dir+"/x") {
		missing, known, c.missing[dir] = true, true, true
	}
	if !known {
		f, err := c.s.observe(dir)
		if err != nil {
			return nil, err
		}
		if f.exists() && f.info.Type != rootfs.Dir && (f.info.Type != rootfs.Symlink || !c.s.leadsToDirectory(f)) {
			// A directory block at dir is judged by itself, and comes first.
			if _, leaves := c.leaving.after[dir]; !leaves && !c.s.desiredDirectory(dir) {
				return nil, fmt.Errorf("%s is %s, %w", c.s.cfg.Root.Name(dir), f.info.Type, errNotDirectory)
			}
		}
		missing = !f.exists()
		c.missing[dir] = missing
	}
	if !missing {
		return nil, nil
	}
	above, err := c.parents(dir)
	if err != nil || c.s.desiredDirectory(dir) {
		return above, err
	}
	return append(above, dir), nil
}

func (s *Subsystem) desiredDirectory(p string) bool {
	_, ok := s.desired()[plan.NewAddress(plan.KindDirectory, "/"+p)]
	return ok
}

// compare plans e where something of a replaceable type stands.
func (c *comparison) compare(e Entry, want *State, f found) error {
	if f.isOurLink() && !c.s.ours(e) {
		// Left by a run that was cut off: nothing of anybody's is lost.
		return c.create(e, want)
	}
	differs, err := c.differences(e, f, want)
	switch {
	case err != nil:
		c.refuse(e, err)
		return nil
	case differs == "" && c.s.ours(e):
		c.diff.Unchanged++
		c.s.settled(f, want)
		c.moved(e, want)
		return nil
	case differs == "":
		return c.adopt(e, f)
	}
	if !c.s.ours(e) {
		return c.conflict(e, f, want, differs)
	}
	return c.ours(e, f, want, differs)
}

// moved notes that e takes the place of another kind of block.
func (c *comparison) moved(e Entry, want *State) {
	if last, ok := c.s.made(e); !ok || last.Address == e.Address {
		return
	}
	if c.diff.Moved == nil {
		c.diff.Moved = map[plan.Address]plan.State{}
	}
	c.diff.Moved[e.Address] = c.s.states.Encode(want)
}

func (c *comparison) adopt(e Entry, f found) error {
	now, err := c.s.current(e, f)
	if err != nil {
		c.refuse(e, err)
		return nil
	}
	if e.Type != Linked {
		c.s.settled(f, now)
	}
	c.diff.Unchanged++
	if c.diff.Adopted == nil {
		c.diff.Adopted = map[plan.Address]plan.State{}
	}
	c.diff.Adopted[e.Address] = c.s.states.Encode(now)
	if now.Type == File {
		c.s.adopted[e.Address] = now
	}
	return nil
}

// conflict plans e where something of others stands.
func (c *comparison) conflict(e Entry, f found, want *State, differs string) error {
	if e.OnConflict == "fail" && !c.s.cfg.Reverts {
		c.diff.Problems = append(c.diff.Problems, c.s.problem(e,
			`Remove it, or set on_conflict = "backup".`, "something else is there (%s)", differs))
		return nil
	}
	return c.update(e, f, want, "not ours so far: "+differs)
}

// ours plans e where what an earlier run made, or an edit of it, stands.
func (c *comparison) ours(e Entry, f found, want *State, differs string) error {
	edited, err := c.edited(e, f)
	if err != nil {
		c.refuse(e, err)
		return nil
	}
	if edited == "" {
		return c.update(e, f, want, differs)
	}
	if !c.mayOverwrite(e, edited) {
		return nil
	}
	return c.update(e, f, want, "edited on the host: "+differs)
}

// mayOverwrite applies on_drift to what somebody changed of ours.
func (c *comparison) mayOverwrite(e Entry, how string) bool {
	if c.s.cfg.AllDrift {
		return true
	}
	switch e.OnDrift {
	case "fail":
		c.diff.Problems = append(c.diff.Problems, c.s.problem(e,
			`Undo the edit, or set on_drift to "overwrite" or "keep".`, "it was edited on the host: %s", how))
		return false
	case "keep":
		c.s.leftEdited[e.Address] = true
		c.diff.Warnings = append(c.diff.Warnings, c.s.problem(e, "", `it was edited on the host (%s) and on_drift = "keep" leaves it`, how))
		return false
	}
	return true
}

func (c *comparison) update(e Entry, f found, want *State, why string) error {
	if f.info.Type != rootfs.Dir && c.s.cfg.Root.Mounted(e.Path) {
		why = mountedOver
	}
	before, err := c.current(e, f, want)
	if err != nil {
		c.refuse(e, err)
		return nil
	}
	c.diff.Changes = append(c.diff.Changes, c.s.change(e.Address, before, want, why, e.Origin))
	return nil
}

// change makes a change, a replace where the type on disk becomes another.
func (s *Subsystem) change(a plan.Address, before, after *State, why, origin string) plan.Change {
	ch := plan.New(a, s.states.Encode(before), s.states.Encode(after), why, origin)
	if before != nil && after != nil && before.Type != after.Type {
		ch.Action = plan.Replace
	}
	return ch
}
