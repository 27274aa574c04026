package users

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// Memo says that the accounts were as one configuration wants them, and what
// lstat(2) said of the account files then. While it says the same, Diff reads
// none of them. It may be lost.
type Memo struct {
	// Generation is the one the configuration became.
	Generation int `json:"generation"`
	// Desired is the hash of what it asks for.
	Desired string `json:"desired"`
	// Files are the account files and the ledger; one that is missing has the
	// zero Info.
	Files map[string]rootfs.Info `json:"files"`
}

// simple tells whether the account files alone decide if d holds: homes, keys
// and password files are looked at each time.
func (d Desired) simple() bool {
	return !slices.ContainsFunc(d.Users, func(u User) bool {
		return u.CreateHome || len(u.AuthorizedKeys) > 0 || u.Linger != nil ||
			u.HashedPassword != "" || u.InitialHashedPassword != "" || u.HashedPasswordFile != ""
	})
}

// fingerprint stands for d in a Memo.
func (d Desired) fingerprint() string {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(d); err != nil {
		panic("internal error: cannot encode the accounts: " + err.Error())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// holds tells whether the Memo of the configuration is that nothing differs.
func (s *Subsystem) holds() bool {
	m := s.cfg.Memo
	if m == nil || s.cfg.Generation == 0 || m.Generation != s.cfg.Generation || !s.cfg.Desired.simple() {
		return false
	}
	now := s.look(ledgerPath(s.cfg.StateDir))
	return now != nil && maps.Equal(now, m.Files) && s.same(m)
}

// same tells whether the configuration asks for what that of the Memo did.
// Last is of that generation, and to compare is faster than to encode.
func (s *Subsystem) same(m *Memo) bool {
	return s.asLast() || m.Desired == s.fingerprint()
}

// look gives the lstat(2) of the account files and of more, nil when one can't
// be had.
func (s *Subsystem) look(more ...string) map[string]rootfs.Info {
	out := map[string]rootfs.Info{}
	for _, p := range append([]string{accounts.PasswdPath, accounts.GroupPath, accounts.ShadowPath, accounts.GShadowPath, accounts.SubUIDPath, accounts.SubGIDPath}, more...) {
		info, err := s.cfg.Root.Lstat(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		// Backups of others may be hard links.
		info.Nlink = 0
		out[p] = info
	}
	return out
}

// Memo gives what the next run can rely on, after every change of the last
// Diff was applied for the given generation. It is nil when Diff had something
// to say, or when others wrote the account files since.
func (s *Subsystem) Memo(generation int) *Memo {
	if s.seen == nil || !s.cfg.Desired.simple() {
		return nil
	}
	p := ledgerPath(s.cfg.StateDir)
	info, err := s.cfg.Root.Lstat(p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	info.Nlink = 0
	files := maps.Clone(s.seen)
	files[p] = info
	return &Memo{Generation: generation, Desired: s.fingerprint(), Files: files}
}
