package daemon

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// view reads definitions from the root as it is, with some paths as they were
// or will be.
type view struct {
	units *Units
	over  map[string]State
	// others are the contents of files that other subsystems put into the
	// init's directory; nil where they remove one.
	others map[string][]byte
}

// views gives the definitions before and after changes. Before them, a file
// of ours that somebody removed still counts: what runs was made from it.
func (u *Units) views(changes []plan.Change) (before, after view, err error) {
	before = view{units: u, over: map[string]State{}}
	after = view{units: u, over: map[string]State{}, others: map[string][]byte{}}
	for _, ch := range changes {
		if ch.Kind != plan.KindUnit && ch.Kind != plan.KindMount {
			if err := after.addOther(ch); err != nil {
				return before, after, err
			}
			continue
		}
		was, err := decode(ch.Address, ch.Before)
		if err != nil {
			return before, after, err
		}
		will, err := decode(ch.Address, ch.After)
		if err != nil {
			return before, after, err
		}
		p := will.Path
		if p == "" {
			p = was.Path
		}
		after.over[p] = will
		last, err := decode(ch.Address, u.cfg.Last[ch.Address])
		if err != nil {
			return before, after, err
		}
		if was.SHA256 == "" && was.Target == "" && last.Path == p && u.kept(last) {
			before.over[p] = last
		}
	}
	return before, after, nil
}

// addOther takes a change of another subsystem into account when it is about a
// file in the init's directory.
func (v view) addOther(ch plan.Change) error {
	p, ok := v.units.inside(ch)
	if !ok || v.units.cfg.Contents == nil {
		return nil
	}
	if ch.After == nil {
		v.others[p] = nil
		return nil
	}
	_, content, _, err := v.units.cfg.Contents(ch)
	if err != nil {
		return fmt.Errorf("cannot read what %s becomes: %w", ch.Address, err)
	}
	if content != nil {
		v.others[p] = content
	}
	return nil
}

// inside gives the path of another subsystem's change when that is in the
// directory the init's definitions are in.
func (u *Units) inside(ch plan.Change) (string, bool) {
	p := string(ch.Address)
	switch ch.Kind {
	case plan.KindEtc:
	case plan.KindFile, plan.KindSymlink:
		p = strings.TrimPrefix(ch.Address.Name(), "/")
	default:
		return "", false
	}
	dirs := u.cfg.Init.Dirs()
	return p, len(dirs) > 0 && strings.HasPrefix(p, dirs[0]+"/")
}

// kept tells whether the content of s can still be read.
func (u *Units) kept(s State) bool {
	return s.Target != "" || s.SHA256 != "" && u.cfg.Store != nil && u.cfg.Store.Has(s.SHA256)
}

// definition gathers what the init reads for unit: the first file of its name
// in the init's directories, or of its template's, and all drop-ins.
func (v view) definition(unit string) (Definition, error) {
	d := Definition{Unit: unit}
	names := []string{unit}
	if template, ok := templateOf(unit); ok {
		names = append(names, template)
	}
	for _, name := range names {
		found, err := v.base(&d, name)
		if err != nil {
			return d, err
		}
		if found {
			break
		}
	}
	if !d.Present() {
		return d, nil
	}
	slices.Reverse(names)
	for _, name := range names {
		if err := v.dropIns(&d, name); err != nil {
			return d, err
		}
	}
	return d, nil
}

// own tells whether unit has a file of its own name.
func (v view) own(unit string) (bool, error) {
	return v.base(&Definition{}, unit)
}

// base reads the first file of that name into d.
func (v view) base(d *Definition, name string) (bool, error) {
	for _, dir := range v.units.cfg.Init.Dirs() {
		content, state, err := v.read(path.Join(dir, name))
		switch {
		case err != nil:
			return false, err
		case state == masked:
			d.Masked = true
			return true, nil
		case state == present:
			d.Files = append(d.Files, content)
			return true, nil
		}
	}
	return false, nil
}

// dropIns adds the drop-ins of name to d in the order of their file names. A
// file hides those of its name in later directories.
func (v view) dropIns(d *Definition, name string) error {
	where := map[string]string{}
	for _, dir := range v.units.cfg.Init.Dirs() {
		names, err := v.list(path.Join(dir, name+".d"))
		if err != nil {
			return err
		}
		for _, file := range names {
			if _, hidden := where[file]; !hidden && strings.HasSuffix(file, ".conf") {
				where[file] = path.Join(dir, name+".d", file)
			}
		}
	}
	files := make([]string, 0, len(where))
	for file := range where {
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		content, state, err := v.read(where[file])
		if err != nil {
			return err
		}
		if state == present {
			d.Files = append(d.Files, content)
		}
	}
	return nil
}

// presence is what a view finds at a path.
type presence int

const (
	absent presence = iota
	present
	masked
)

const nowhere = "/dev/null"

func (v view) read(p string) ([]byte, presence, error) {
	if s, ok := v.over[p]; ok {
		switch {
		case s.Target != "":
			return v.linked(s.Target)
		case s.SHA256 == "":
			return nil, absent, nil
		}
		content, err := v.units.content(p, s.SHA256)
		return content, found(content), err
	}
	if content, ok := v.others[p]; ok {
		if content == nil {
			return nil, absent, nil
		}
		return content, found(content), nil
	}
	root := v.units.cfg.Root
	info, err := root.Lstat(p)
	switch {
	case isMissing(err) || errors.Is(err, unix.ENOTDIR):
		return nil, absent, nil
	case err != nil:
		return nil, absent, err
	case info.Type == rootfs.Symlink:
		target, err := root.Readlink(p)
		if err != nil {
			return nil, absent, err
		}
		if !path.IsAbs(target) {
			target = "/" + path.Join(path.Dir(p), target)
		}
		return v.linked(target)
	case info.Type != rootfs.File:
		return nil, absent, nil
	}
	content, err := root.ReadFile(p, maxUnitFile)
	return content, found(content), err
}

// found: an empty file masks a unit as a link to nowhere does.
func found(content []byte) presence {
	if len(content) == 0 {
		return masked
	}
	return present
}

// linked reads what an alias or a linked unit leads to, one step.
func (v view) linked(target string) ([]byte, presence, error) {
	if target == nowhere {
		return nil, masked, nil
	}
	content, err := v.units.cfg.Root.ReadFile(rootfs.Rel(target), maxUnitFile)
	if err != nil {
		// A dangling link is no definition, and neither is one that leads on.
		return nil, absent, nil //nolint:nilerr // see above
	}
	return content, found(content), nil
}

// list gives the names in dir as the view has it.
func (v view) list(dir string) ([]string, error) {
	names, err := v.units.cfg.Root.ReadDir(dir)
	if err != nil && !isMissing(err) && !errors.Is(err, unix.ENOTDIR) {
		return nil, err
	}
	for p := range v.over {
		if path.Dir(p) == dir && !slices.Contains(names, path.Base(p)) {
			names = append(names, path.Base(p))
		}
	}
	for p := range v.others {
		if path.Dir(p) == dir && !slices.Contains(names, path.Base(p)) {
			names = append(names, path.Base(p))
		}
	}
	return names, nil
}
