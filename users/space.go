package users

import (
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// lineRoom is more than an account's line takes besides what its change says: a
// password hash (crypt(5)) in shadow, and the numbers.
const lineRoom = 256

// Space gives what Save and Apply of the changes write: each account file anew
// and its backup beside the old ones, the ledger, what is kept of the accounts
// before, and homes and keys at their own places.
func (s *Subsystem) Space(changes []plan.Change) []rootfs.Need {
	var r room
	grown := int64(0)
	changed := map[plan.Address]bool{}
	for _, ch := range changes {
		changed[ch.Address] = true
		grown += int64(len(ch.After)) + lineRoom
		if ch.Before != nil {
			// Its lines and its password.
			r.add(s.cfg.StateDir, int64(len(ch.Before))+lineRoom, lineRoom)
		}
		if ch.Kind == plan.KindUser && ch.After != nil {
			// The password it gets.
			r.add(s.cfg.StateDir, lineRoom)
		}
	}
	for _, u := range s.cfg.Desired.Users {
		if a := userAddress(u.Name); !s.made(a) && !changed[a] {
			// The lines and the password of an account that is taken over.
			r.add(s.cfg.StateDir, lineRoom, lineRoom)
		}
	}
	if len(changes) == 0 {
		return r.needs
	}
	for _, p := range []string{accounts.GroupPath, accounts.GShadowPath, accounts.SubUIDPath, accounts.SubGIDPath, accounts.PasswdPath, accounts.ShadowPath} {
		size := s.size(p)
		r.add("etc", size+grown, size)
		// What it was before us, and the backup that stood there, go to the state
		// directory.
		r.add(s.cfg.StateDir, size, s.size(p+"-"))
	}
	ledger := s.size(ledgerPath(s.cfg.StateDir)) + 2*grown
	r.add(s.cfg.StateDir, ledger, ledger)
	s.addHomes(&r, changes)
	return r.needs
}

// room adds up what is written.
type room struct{ needs []rootfs.Need }

// add counts a file of each size in dir, or a directory of size 1.
func (r *room) add(dir string, sizes ...int64) {
	for _, size := range sizes {
		r.needs = append(r.needs, rootfs.Need{Dir: dir, Size: size})
	}
}

// addHomes counts what is made outside of the account files. A state that
// cannot be read is told where the change is made.
func (s *Subsystem) addHomes(r *room, changes []plan.Change) {
	keys := map[string]int64{}
	for _, u := range s.cfg.Desired.Users {
		keys[u.Name] = int64(len(keysText(u.AuthorizedKeys)))
	}
	for _, ch := range changes {
		if ch.Kind != plan.KindUser {
			continue
		}
		after, err := s.userStates.Decode(ch.After)
		if err != nil || after == nil {
			continue
		}
		for _, dir := range after.HomeDirs {
			r.add(dir, 1)
		}
		if after.Linger {
			r.add(lingerDir, 1)
		}
		if before, err := s.userStates.Decode(ch.Before); err != nil || after.Keys == nil || before != nil && after.Keys.equal(before.Keys) {
			continue
		}
		size := keys[ch.Address.Name()]
		if after.SSHDir {
			r.add(path.Dir(after.Keys.Path), 1)
		}
		// The file, and the copies of the new keys and the old.
		r.add(path.Dir(after.Keys.Path), size)
		r.add(s.cfg.StateDir, size, s.size(after.Keys.Path))
	}
}

// size is the size of the file p, 0 where there is none.
func (s *Subsystem) size(p string) int64 {
	info, err := s.cfg.Root.Lstat(p)
	if err != nil || info.Type != rootfs.File {
		return 0
	}
	return info.Size
}
