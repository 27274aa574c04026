package users

import (
	"fmt"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// maker is the user for whom a plan makes a directory.
type maker struct {
	name, home string
	uid        ID
}

// wantHome plans a home that is missing, with its parents. One that the plan
// makes for another user already is left to that one.
func (p *planning) wantHome(u User, cur, st *UserState) bool {
	home, a := rootfs.Rel(st.Home), userAddress(u.Name)
	if _, made := p.homes[home]; made {
		return true
	}
	if below, made := p.parents[home]; made {
		p.problem(a, u.Origin, "Choose another home.", "its home %s is above %s, the home of user %s", st.Home, below.home, below.name)
		return false
	}
	dirs := p.missingDirs(home)
	if _, err := p.s.cfg.Root.StatDir(path.Dir(dirs[0])); err != nil {
		p.problem(a, u.Origin, "Repair what is above it, or choose another home.", "cannot make its home %s: %v", st.Home, err)
		return false
	}
	why, err := p.unsafePlace(dirs, cur, st)
	if err != nil {
		p.problem(a, u.Origin, "", "cannot make its home %s: %v", st.Home, err)
		return false
	}
	if why != "" {
		p.problem(a, u.Origin, "Have root own all that is above it, without a mode that lets everybody write, or choose another home.",
			"its home %s has no safe place: %s", st.Home, why)
		return false
	}
	st.HomeMode, st.HomeDirs = fourDigits(u.homeMode()), dirs
	me := maker{u.Name, st.Home, st.UID}
	p.homes[home] = me
	for _, dir := range dirs[:len(dirs)-1] {
		p.parents[dir] = me
	}
	return true
}

// unsafePlace says why somebody other than root and the user could put another
// directory in the place of the home that dirs end with, "" when nobody could.
func (p *planning) unsafePlace(dirs []string, cur, st *UserState) (string, error) {
	for _, dir := range dirs[:len(dirs)-1] {
		if m, made := p.homes[dir]; made && m.uid != 0 && m.uid != st.UID {
			return fmt.Sprintf("%s is made for user %s", p.s.cfg.Root.Name(dir), m.name), nil
		}
	}
	root := p.s.cfg.Root
	way := newTrail(func(at string, _ bool) (spot, error) { return standing(root, at, 0) })
	if _, err := way.follow(path.Dir(dirs[0])); err != nil {
		return "", err
	}
	// Who made the whole root as an image owns what root will.
	owners := []ID{0, ID(root.Private().UID), st.UID}
	if cur != nil {
		owners = append(owners, cur.UID)
	}
	for _, dir := range way.passed() {
		if !slices.Contains(owners, dir.uid) {
			return fmt.Sprintf("%s belongs to %s", root.Name(dir.path), p.owner(dir.uid)), nil
		}
		if dir.mode&0o1002 == 0o002 {
			return fmt.Sprintf("%s may be written by everybody (mode %04o)", root.Name(dir.path), dir.mode), nil
		}
	}
	return "", nil
}

// owner names a uid as a person would.
func (p *planning) owner(uid ID) string {
	if name, found := (&Names{p.book}).UserName(uint32(uid)); found {
		return "user " + name
	}
	return "the uid " + uid.String()
}

// missingDirs gives the directories to make for dir, which is missing, outermost
// first and dir last.
func (p *planning) missingDirs(dir string) []string {
	out := []string{dir}
	for up := path.Dir(dir); up != "."; up = path.Dir(up) {
		if there, err := p.s.cfg.Root.Exists(up); err != nil || there {
			break
		}
		out = append(out, up)
	}
	slices.Reverse(out)
	return out
}
