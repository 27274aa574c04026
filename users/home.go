package users

import (
	"errors"
	"io/fs"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// wantFiles plans the home and the authorized keys.
func (p *planning) wantFiles(u User, cur, st *UserState) bool {
	if !u.CreateHome && len(u.AuthorizedKeys) == 0 {
		p.oldKeys(u, cur, st)
		return true
	}
	if u.CreateHome && st.Home == noHome {
		p.problem(userAddress(u.Name), u.Origin, "Set home to another path.", "its home is %s, which is never made", noHome)
		return false
	}
	if !path.IsAbs(st.Home) {
		p.problem(userAddress(u.Name), u.Origin, "Set home.", "its home %q is no absolute path", st.Home)
		return false
	}
	there, err := p.s.cfg.Root.Exists(rootfs.Rel(st.Home))
	if err != nil {
		p.problem(userAddress(u.Name), u.Origin, "", "cannot look at its home %s: %v", st.Home, rootfs.Reason(err))
		return false
	}
	if u.CreateHome && !there && !p.wantHome(u, cur, st) {
		return false
	}
	if len(u.AuthorizedKeys) == 0 {
		p.oldKeys(u, cur, st)
		return true
	}
	if !there && !u.CreateHome {
		p.problem(userAddress(u.Name), u.Origin, "Set create_home = true.", "its authorized_keys have no place: the home %s does not exist", st.Home)
		return false
	}
	return p.wantKeys(u, cur, st, there)
}

// wantKeys plans the authorized_keys; there tells that the home exists.
func (p *planning) wantKeys(u User, cur, st *UserState, there bool) bool {
	if other := p.keysOf[keysPath(st.Home)]; other != "" {
		p.problem(userAddress(u.Name), u.Origin, "Give each user a home of its own.", "user %s has authorized_keys in the same home %s", other, st.Home)
		return false
	}
	p.keysOf[keysPath(st.Home)] = u.Name
	if maker, made := p.homes[rootfs.Rel(st.Home)]; made && maker.name != u.Name && maker.uid != 0 {
		p.problem(userAddress(u.Name), u.Origin, "Give each user a home of its own.",
			"its authorized_keys have no safe place: the home %s is made for user %s", st.Home, maker.name)
		return false
	}
	st.SSHDir = true
	if there {
		if !p.safePlace(u, cur, st) {
			return false
		}
		// What the keys replace is in the home as it will be, and whose it is
		// is told by the uid of now.
		found, err := p.obs.keys(idsOf(cur, st))
		if err != nil {
			p.problem(userAddress(u.Name), u.Origin, "", "%v", err)
			return false
		}
		if cur != nil && cur.Home == st.Home {
			cur.Keys = found
		} else {
			st.Replaced = p.ownedKeys(found, idsOf(cur, st))
		}
	}
	p.leaveOldHome(u, cur, st)
	st.Keys = &KeysState{Path: keysPath(st.Home), SHA256: hashOf(keysText(u.AuthorizedKeys)), Mode: "0600"}
	if there && cur != nil && cur.Home == st.Home && cur.Group != st.Group && !st.Keys.equal(cur.Keys) {
		// They return to a user who has another group again.
		p.sayGroup(cur.Keys, st)
	}
	return true
}

// idsOf gives st with the uid that the account has now: what it owns is migrated
// with it, whereas its files keep a group until they are written anew.
func idsOf(cur, st *UserState) *UserState {
	out := *st
	if cur != nil {
		out.UID = cur.UID
	}
	return &out
}

// leaveOldHome takes the keys of the last configuration along, out of the home
// that is no longer the user's. Others there stay.
func (p *planning) leaveOldHome(u User, cur, st *UserState) {
	last := p.last(u.Name).AuthorizedKeys
	if cur == nil || cur.Home == st.Home || len(last) == 0 {
		return
	}
	if k, err := p.obs.keys(cur); err == nil && k != nil && k.SHA256 == hashOf(keysText(last)) {
		cur.Keys = k
	}
}

// oldKeys plans the return of the keys of before to where they were.
func (p *planning) oldKeys(u User, cur, st *UserState) {
	st.Keys = p.keysAfter(u, cur)
	if st.Keys == nil || cur.Keys != nil && cur.Keys.Path == st.Keys.Path {
		return
	}
	home := *idsOf(cur, st)
	home.Home = "/" + path.Dir(path.Dir(st.Keys.Path))
	found, err := p.obs.keys(&home)
	if err == nil {
		_, err = p.s.cfg.Root.StatDir(path.Dir(st.Keys.Path))
	}
	if err != nil {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "",
			"cannot give user %s its authorized_keys back: %v", u.Name, err))
		st.Keys = nil
		return
	}
	st.Replaced = p.ownedKeys(found, &home)
}

// ownedKeys gives found with its owner said, for an account that is another or
// not there once the change is undone.
func (p *planning) ownedKeys(found *KeysState, st *UserState) *KeysState {
	if found == nil {
		return nil
	}
	if found.UID == nil {
		found.UID = new(st.UID)
	}
	p.sayGroup(found, st)
	return found
}

// sayGroup says the group of keys that are the user's own by st.
func (p *planning) sayGroup(found *KeysState, st *UserState) {
	if found == nil || found.GID != nil {
		return
	}
	gid, _ := p.book.GID(st.Group)
	found.GID = &gid
}

// safePlace refuses a home or a .ssh that somebody else could put other keys
// into, as sshd(8) does, and plans a .ssh that is missing.
func (p *planning) safePlace(u User, cur, st *UserState) bool {
	root, home := p.s.cfg.Root, rootfs.Rel(st.Home)
	for _, dir := range []string{home, path.Dir(keysPath(st.Home))} {
		info, err := root.StatDir(dir)
		if dir != home && errors.Is(err, fs.ErrNotExist) {
			if there, _ := root.Exists(dir); !there {
				return true
			}
		}
		if err != nil {
			p.problem(userAddress(u.Name), u.Origin, "Remove it, or choose another home.", "its authorized_keys have no place: %v", err)
			return false
		}
		if info.UID != 0 && ID(info.UID) != st.UID && (cur == nil || ID(info.UID) != cur.UID) {
			p.problem(userAddress(u.Name), u.Origin, "Give it to the user with chown, or choose another home.",
				"its authorized_keys have no safe place: %s belongs to the uid %d", root.Name(dir), info.UID)
			return false
		}
	}
	st.SSHDir = false
	return true
}

// keysAfter is the authorized_keys of a user for whom none are asked: those of
// an earlier configuration go, and what was there before returns.
func (p *planning) keysAfter(u User, cur *UserState) *KeysState {
	last := p.last(u.Name)
	if cur == nil || cur.Keys == nil || len(last.AuthorizedKeys) == 0 {
		return nil
	}
	if cur.Keys.SHA256 != hashOf(keysText(last.AuthorizedKeys)) {
		return cur.Keys
	}
	if o := p.originalUser(u.Name); o != nil {
		return o.Keys
	}
	return nil
}
