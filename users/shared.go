package users

import (
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// sharedFrom is how long a member list is, as a field, from which on it is kept once
// for all its members: thousands may leave one group.
const sharedFrom = 256

// listsWith gives the lists in the i-th field of f's lines that have user.
func (b *book) listsWith(store *rootfs.Store, f accounts.File, user string, i int) []savedMember {
	var out []savedMember
	for _, r := range f.Document().Naming(user, i) {
		m, text := savedMember{File: f.Path, Group: r.Name()}, r.Field(i)
		switch {
		case !accounts.HasMember(text, user):
			continue
		case len(text) < sharedFrom:
			m.List = accounts.List(text)
		default:
			m.Shared = b.share(store, text)
		}
		out = append(out, m)
	}
	return out
}

// share gives what stands for a list.
func (b *book) share(store *rootfs.Store, text string) string {
	if b.shared == nil {
		b.shared = map[string]string{}
	}
	key, known := b.shared[text]
	if !known {
		key = store.Keyed([]byte(text))
		b.shared[strings.Clone(text)] = key
	}
	return key
}

// shared gives what stands for the long lists of a bundle.
func (u bundle) shared() []string {
	var out []string
	for _, m := range slices.Concat(u.Members, u.Admins) {
		if m.Shared != "" && !slices.Contains(out, m.Shared) {
			out = append(out, m.Shared)
		}
	}
	return out
}

// lines keeps the lines of an account, with the lists that they speak of, and gives
// what stands for them.
func (v saving) lines(name string, own bool) (string, error) {
	b := v.book.userBundle(v.s.cfg.Store, name, own)
	for _, key := range b.shared() {
		if v.shared[key] {
			continue
		}
		if err := v.put(key, []byte(v.book.sharedText(key))); err != nil {
			return "", err
		}
		v.shared[key] = true
	}
	data := b.encode()
	key := v.s.cfg.Store.Keyed(data)
	return key, v.put(key, data)
}

// sharedText is the list that a key stands for.
func (b *book) sharedText(key string) string {
	for text, k := range b.shared {
		if k == key {
			return text
		}
	}
	panic("internal error: nobody shared the list " + key)
}

// bundle finds a bundle in the Store with its lists, nil for an empty hash.
func (e *edit) bundle(hash string) (*bundle, error) {
	u, err := openBundle(e.s.cfg.Store, hash)
	if err != nil || u == nil {
		return nil, err
	}
	for _, saved := range [][]savedMember{u.Members, u.Admins} {
		for i := range saved {
			m := &saved[i]
			if m.Shared == "" {
				m.order = newOrder(m.List)
			} else if m.order, err = e.orders.of(m.Shared); err != nil {
				return nil, err
			}
		}
	}
	return u, nil
}
