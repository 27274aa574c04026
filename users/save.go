package users

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Save keeps in the Store the lines, password hashes and keys that the changes
// would destroy, and the hashes and keys that they bring, so that they and
// their inverses can be applied by any later process. It is called before the
// first change; the caller flushes the Root. The error wraps rootfs.ErrChanged
// when an account is no longer as planned.
func (s *Subsystem) Save(ctx context.Context, changes []plan.Change) error {
	if s.cfg.Desired.empty() && len(changes) == 0 {
		return nil
	}
	b, err := s.readBook()
	if err != nil {
		return err
	}
	v := saving{s: s, book: b, desired: map[string]User{}, shared: map[string]bool{}}
	for _, u := range s.cfg.Desired.Users {
		v.desired[u.Name] = u
	}
	if err := v.adopted(); err != nil {
		return err
	}
	if len(changes) > 0 {
		// Memo will want it, and there are more processors.
		go s.fingerprint()
		if err := s.rememberRun(b, changes); err != nil {
			return err
		}
	}
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.change(ch); err != nil {
			return fmt.Errorf("cannot keep a copy of %s: %w", ch.Address, err)
		}
	}
	return nil
}

type saving struct {
	s       *Subsystem
	book    *book
	desired map[string]User
	// shared are the long member lists that are kept already.
	shared map[string]bool
}

// adopted keeps the lines of the accounts that become ours as they are: what
// they were is put back when they leave.
func (v saving) adopted() error {
	for _, u := range v.s.cfg.Desired.Users {
		if v.s.made(userAddress(u.Name)) || v.book.Passwd.Find(u.Name) == nil {
			continue
		}
		if _, err := v.lines(u.Name, false); err != nil {
			return fmt.Errorf("cannot keep a copy of user %s: %w", u.Name, err)
		}
		field := v.book.passwordField(u.Name)
		if err := v.putPassword(observation{store: v.s.cfg.Store}.keyedPassword(field), field); err != nil {
			return fmt.Errorf("cannot keep a copy of user %s: %w", u.Name, err)
		}
	}
	return nil
}

func (v saving) change(ch plan.Change) error {
	name := ch.Address.Name()
	if ch.Kind == plan.KindGroup {
		before, err := v.s.groupStates.Decode(ch.Before)
		if err != nil || before == nil || before.Lines == "" {
			return err
		}
		return v.put(before.Lines, v.book.groupBundle(name).encode())
	}
	before, err := v.s.userStates.Decode(ch.Before)
	if err != nil {
		return err
	}
	after, err := v.s.userStates.Decode(ch.After)
	if err != nil {
		return err
	}
	if before != nil {
		if err := v.before(name, before, after); err != nil {
			return err
		}
	}
	if after == nil {
		return nil
	}
	if lines := after.departedLines(); before == nil && lines != "" {
		if err := v.put(lines, v.book.departed(name).encode()); err != nil {
			return err
		}
	}
	if after.Replaced != nil {
		if err := v.keys(after.Replaced); err != nil {
			return err
		}
	}
	return v.after(v.desired[name], name, before, after)
}

// before keeps what an account is.
func (v saving) before(name string, before, after *UserState) error {
	if before.Lines != "" {
		if kept, err := v.lines(name, before.OwnGroup); err != nil || kept != before.Lines {
			return cmp.Or(err, rootfs.ErrChanged)
		}
	}
	if after != nil && after.Password != before.Password {
		if err := v.putPassword(before.Password, v.book.passwordField(name)); err != nil {
			return err
		}
	}
	if before.Keys == nil || after == nil || before.Keys.equal(after.Keys) {
		return nil
	}
	return v.keys(before.Keys)
}

// keys keeps an authorized_keys file.
func (v saving) keys(k *KeysState) error {
	data, err := v.s.cfg.Root.ReadFile(k.Path, keysLimit)
	if err != nil {
		return fmt.Errorf("its authorized_keys: %w", rootfs.Reason(err))
	}
	return v.put(k.SHA256, data)
}

// after keeps the hash and keys that u brings.
func (v saving) after(u User, name string, before, after *UserState) error {
	if before == nil || after.Password != before.Password {
		if err := v.newPassword(u, name, before == nil, after.Password); err != nil {
			return err
		}
	}
	if after.Keys != nil && !v.s.cfg.Store.Has(after.Keys.SHA256) && len(u.AuthorizedKeys) > 0 {
		return v.put(after.Keys.SHA256, keysText(u.AuthorizedKeys))
	}
	return nil
}

func (v saving) newPassword(u User, name string, fresh bool, want string) error {
	if u.Name == "" && strings.HasPrefix(want, lockedMark) {
		return v.putPassword(want, lockedMark+v.book.passwordField(name))
	}
	if was := unlocked(v.book.passwordField(name)); !fresh && (observation{store: v.s.cfg.Store}).keyedPassword(was) == want {
		return v.putPassword(want, was)
	}
	hash, _, err := v.s.desiredPassword(u, fresh)
	if errors.Is(err, fs.ErrNotExist) && v.s.cfg.SecretsLater {
		return nil
	}
	if err != nil || hash == nil {
		return err
	}
	return v.putPassword(want, *hash)
}

// putPassword keeps a password field, unless its state says it all.
func (v saving) putPassword(state, field string) error {
	key := passwordKey(state)
	if key == "" {
		return nil
	}
	return v.put(key, []byte(field))
}

// put keeps data, which must have that hash.
func (v saving) put(hash string, data []byte) error {
	if v.s.cfg.Store.Keeps(hash) {
		return nil
	}
	got, _, err := v.s.cfg.Store.Put(bytes.NewReader(data), rootfs.IsKeyed(hash))
	if err == nil && got != hash {
		err = rootfs.ErrChanged
	}
	return err
}

// Recorded is the desired state as it may be written down: what stands for a
// password hash takes its place.
func (s *Subsystem) Recorded() Desired {
	out := Desired{Users: make([]User, len(s.cfg.Desired.Users)), Groups: s.cfg.Desired.Groups}
	o := observation{store: s.cfg.Store}
	set := map[string]string{}
	for _, u := range s.cfg.Last.Users {
		set[u.Name] = u.PasswordSet
	}
	for i, u := range s.cfg.Desired.Users {
		if hash, _, err := s.desiredPassword(u, false); err == nil && hash != nil {
			u.PasswordKey = o.keyedPassword(*hash)
		}
		if u.InitialHashedPassword != "" {
			u.InitialPasswordKey = o.keyedPassword(u.InitialHashedPassword)
		}
		if u.PasswordSet = u.PasswordKey; u.PasswordSet == "" {
			u.PasswordSet = set[u.Name]
		}
		out.Users[i] = u
	}
	return out
}
