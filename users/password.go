package users

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// password gives st the password that u asks for; it keeps what it has when u
// asks for none. An initial hash only counts for a new account.
func (p *planning) password(u User, st *UserState, fresh bool) error {
	hash, key, err := p.s.desiredPassword(u, fresh)
	if err != nil && errors.Is(err, fs.ErrNotExist) && p.s.cfg.SecretsLater {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "It must be there when the user is made.",
			"cannot find the hashed_password_file of user %s", u.Name))
		st.PasswordFile = u.HashedPasswordFile
		return nil
	}
	switch {
	case err != nil:
		return err
	case key != "":
		st.Password = key
	case hash != nil:
		st.Password = p.obs.keyedPassword(*hash)
	}
	if u.HashedPasswordFile != "" && !MadeByCrypt(*hash) {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "Make one with openssl passwd -6.",
			"what the hashed_password_file of user %s holds is nothing that crypt(5) makes, so no password will fit it", u.Name))
	}
	return nil
}

// desiredPassword gives the hash that u asks for, or what stands for it in a
// record; neither when it asks for none.
func (s *Subsystem) desiredPassword(u User, fresh bool) (hash *string, key string, err error) {
	// Not &u.X, which would keep a copy of all of u.
	declared, initial := u.HashedPassword, u.InitialHashedPassword
	switch {
	case u.HashedPasswordFile != "":
		h, err := s.passwordFile(u.HashedPasswordFile)
		return &h, "", err
	case declared != "":
		return &declared, "", nil
	case u.PasswordKey != "":
		return nil, u.PasswordKey, nil
	case fresh && initial != "":
		return &initial, "", nil
	case fresh:
		return nil, u.InitialPasswordKey, nil
	}
	return nil, "", nil
}

// passwordFile reads a hashed_password_file: its first line is the hash. What
// follows is the person's own, as a note on whose it is.
func (s *Subsystem) passwordFile(p string) (string, error) {
	data, err := s.cfg.Root.ReadFile(rootfs.Rel(p), 1<<16)
	if err != nil {
		return "", fmt.Errorf("cannot read its hashed_password_file %s: %w", p, rootfs.Reason(err))
	}
	line, _, _ := strings.Cut(string(data), "\n")
	hash := strings.TrimRight(line, "\r")
	if strings.ContainsAny(hash, ":\x00") || hash == "" {
		return "", fmt.Errorf("the first line of its hashed_password_file %s is no password hash", p)
	}
	return hash, nil
}

// keyedPassword is what stands for a password field. One that no password can
// match, but that holds something, has a mark in front.
func (o observation) keyedPassword(field string) string {
	switch field {
	case "", "!", "*", "!!", "!*":
		return field
	}
	key := o.store.Keyed([]byte(field))
	if field[0] == '!' || field[0] == '*' {
		return field[:1] + key
	}
	if !MadeByCrypt(field) {
		return noHashMark + key
	}
	return key
}

// passwordKey is the Store's hash of the field that a state stands for, ""
// when the state is the field itself.
func passwordKey(state string) string {
	if key := strings.TrimLeft(state, "!*"+noHashMark); key != "" {
		return key
	}
	return ""
}

// passwordField is the field that counts: shadow's, unless passwd itself has
// something else than "x".
func (b *book) passwordField(name string) string {
	p := b.Passwd.Find(name)
	s := b.Shadow.Find(name)
	switch {
	case p == nil:
		return ""
	case p.Field(accounts.PwPassword) != "x":
		return p.Field(accounts.PwPassword)
	case s == nil:
		return "!"
	}
	return s.Field(accounts.SpPassword)
}

// noHashMark stands before what stands for a field that crypt(5) does not make.
const noHashMark = "?"

// noPassword tells the state of a password field that no password can match.
func noPassword(state string) bool {
	return state == "" || strings.ContainsAny(state[:1], "!*"+noHashMark)
}

// MadeByCrypt tells the form of what crypt(5) makes of a password, with "!" before
// it if it is locked, and of what shadow(5) has in place of one.
func MadeByCrypt(field string) bool {
	switch {
	case field == "" || strings.ContainsAny(field[:1], "!*"):
		return true
	case strings.ContainsAny(field[:1], "$_"):
		return !strings.ContainsAny(field, " \t\\:;*!")
	}
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return len(field) == 13 && strings.Trim(field, digits) == ""
}
