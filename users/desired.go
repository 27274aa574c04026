package users

import (
	"cmp"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// ID is a uid or gid. 4294967295 is none, and never stands in a Desired.
type ID = accounts.ID

// Desired is every account the configuration asks for. Users and groups are
// sorted by name and names are unique within their list.
type Desired struct {
	Users  []User  `json:"users,omitempty"`
	Groups []Group `json:"groups,omitempty"`
}

// User is one desired account. The zero value of an optional field means "not
// said": an existing account keeps what it has where DESIGN says so, else the
// default of useradd(8) applies.
type User struct {
	Name string `json:"name"`
	// UID is nil when the ledger or the free range chooses it.
	UID *ID `json:"uid,omitempty"`
	// Group is the primary group: a name or digits. Empty means a group of
	// the user's own name.
	Group string `json:"group,omitempty"`
	// Groups are supplementary ones. They are added to what the account has,
	// unless ExclusiveGroups says that the list is all of them.
	Groups          []string `json:"groups,omitempty"`
	ExclusiveGroups bool     `json:"exclusive_groups,omitempty"`
	Description     string   `json:"description,omitempty"`
	Home            string   `json:"home,omitempty"`
	CreateHome      bool     `json:"create_home,omitempty"`
	// HomeMode is three or four octal digits; empty means 0700.
	HomeMode string `json:"home_mode,omitempty"`
	Shell    string `json:"shell,omitempty"`
	System   bool   `json:"system,omitempty"`

	// HashedPassword is enforced at every switch; InitialHashedPassword only
	// when the account is made. Both are crypt(5) hashes and secret: they are
	// left out of JSON, see PasswordKey. HashedPasswordFile is a path on the
	// host, read when the change is applied.
	HashedPassword        string `json:"-"`
	InitialHashedPassword string `json:"-"`
	HashedPasswordFile    string `json:"hashed_password_file,omitempty"`
	// PasswordKey and InitialPasswordKey stand for the two hashes in a record,
	// see Subsystem.Recorded; the Store knows the hashes by them.
	PasswordKey        string `json:"password_key,omitempty"`
	InitialPasswordKey string `json:"initial_password_key,omitempty"`
	// PasswordSet is, in a record, the PasswordKey of the latest configuration
	// that had one: by it a password that we set is told from one that the
	// user set since.
	PasswordSet string `json:"password_set,omitempty"`

	// Expires is YYYY-MM-DD, or empty for never.
	Expires        string   `json:"expires,omitempty"`
	AuthorizedKeys []string `json:"authorized_keys,omitempty"`
	Linger         *bool    `json:"linger,omitempty"`
	SubIDs         *SubIDs  `json:"sub_ids,omitempty"`
	// OnRemoval is "delete" (default) or "lock".
	OnRemoval string `json:"on_removal,omitempty"`
	// MigrateID allows a declared UID to replace an existing account's other
	// one, with a chown of what the account owns.
	MigrateID bool `json:"migrate_id,omitempty"`
	// AdoptID keeps the id of an account that exists already; UID is then only
	// for one that is made.
	AdoptID bool   `json:"adopt_id,omitempty"`
	Origin  string `json:"origin,omitempty"`
}

// SubIDs asks for subordinate ids, subuid(5): one automatic range, or Ranges.
type SubIDs struct {
	Auto   bool       `json:"auto,omitempty"`
	Ranges []SubRange `json:"ranges,omitempty"`
}

// SubRange is Count subordinate ids from Start.
type SubRange struct {
	Start ID     `json:"start"`
	Count uint32 `json:"count"`
}

// Group is one desired group.
type Group struct {
	Name string `json:"name"`
	// GID is nil when the ledger or the free range chooses it.
	GID *ID `json:"gid,omitempty"`
	// Members are added to what the group has.
	Members   []string `json:"members,omitempty"`
	System    bool     `json:"system,omitempty"`
	MigrateID bool     `json:"migrate_id,omitempty"`
	// AdoptID keeps the id of a group that exists already; GID is then only
	// for one that is made.
	AdoptID bool   `json:"adopt_id,omitempty"`
	Origin  string `json:"origin,omitempty"`
}

// MadeHomes gives the homes that are made for users of d, relative to the root.
func (d Desired) MadeHomes() map[string]bool {
	out := map[string]bool{}
	for _, u := range d.Users {
		if u.CreateHome {
			out[rootfs.Rel(cmp.Or(u.Home, defaultHome(u)))] = true
		}
	}
	return out
}
