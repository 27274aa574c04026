package users

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// UserState is what a plan says of an account: plan.Change holds it as JSON.
type UserState struct {
	UID ID `json:"uid"`
	// Chosen tells that nobody asked for this id: another one is taken when
	// it is gone by the time the change is applied.
	Chosen bool `json:"uid_chosen,omitempty"`
	// Group is the primary group, by name if it has one. OwnGroup tells that
	// the group comes and goes with the user, with gid GID.
	Group       string   `json:"group"`
	OwnGroup    bool     `json:"own_group,omitempty"`
	GID         ID       `json:"gid,omitempty"`
	Groups      []string `json:"groups,omitempty"`
	Description string   `json:"description,omitempty"`
	Home        string   `json:"home"`
	Shell       string   `json:"shell"`
	// Password is "!" or "*" for none, "" for an empty one, else what stands
	// for the hash.
	Password string `json:"password"`
	// PasswordFile is set where the hash was not there yet when this was
	// planned: it is read when the change is made.
	PasswordFile string     `json:"password_file,omitempty"`
	Expires      string     `json:"expires,omitempty"`
	SubUIDs      []SubRange `json:"sub_uids,omitempty"`
	SubGIDs      []SubRange `json:"sub_gids,omitempty"`
	// SubIDsChosen tells that nobody asked for the range that comes with this
	// change: another one is taken where it is gone by then.
	SubIDsChosen bool `json:"sub_ids_chosen,omitempty"`
	// Keys is the authorized_keys file, nil when there is none or it is not
	// our business.
	Keys   *KeysState `json:"authorized_keys,omitempty"`
	Linger bool       `json:"linger,omitempty"`
	// Replaced is what stood in the place of the Keys of a new account, or of one
	// that has another home.
	Replaced *KeysState `json:"replaced_keys,omitempty"`
	// HomeMode is set where this change makes the home directory, with the
	// HomeDirs, which end with the home; SSHDir where it makes ~/.ssh. Taken
	// back, they go again when they are empty.
	HomeMode string   `json:"home_mode,omitempty"`
	HomeDirs []string `json:"home_dirs,omitempty"`
	SSHDir   bool     `json:"ssh_dir,omitempty"`
	// Departed is what an account of this name had left that was not there any
	// more when this one was made.
	Departed *departed `json:"departed,omitempty"`
	// Admins are the groups that the account is an administrator of, set where this
	// change removes it.
	Admins []string `json:"admins,omitempty"`
	// Locked tells an account of ours that on_removal closed.
	Locked bool `json:"locked,omitempty"`
	// Migrate is set where this change gives the account another uid.
	Migrate *migration `json:"migrate,omitempty"`
	// Lines stands for the account's own lines, byte for byte, and where they
	// stood.
	Lines string `json:"lines,omitempty"`
	// Lists stand for the long member lists that the Lines speak of.
	Lists []string `json:"lists,omitempty"`
}

// KeysState is an authorized_keys file. UID and GID are nil where it is the
// user's own.
type KeysState struct {
	// Path is relative to the root.
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Mode   string `json:"mode"`
	UID    *ID    `json:"uid,omitempty"`
	GID    *ID    `json:"gid,omitempty"`
}

// GroupState is what a plan says of a group.
type GroupState struct {
	GID    ID   `json:"gid"`
	Chosen bool `json:"gid_chosen,omitempty"`
	// Members are all of them; a change adds those that only After has and
	// takes those that only Before has.
	Members []string `json:"members,omitempty"`
	// Migrate is set where this change gives the group another gid.
	Migrate *migration `json:"migrate,omitempty"`
	Lines   string     `json:"lines,omitempty"`
}

// printable is a field as a state holds it: JSON has no room for bytes that
// are not UTF-8, so such a field is quoted.
func printable(field string) string {
	if utf8.ValidString(field) {
		return field
	}
	return strconv.QuoteToASCII(field)
}

// field is the inverse of printable.
func field(printed string) string {
	if raw, err := strconv.Unquote(printed); err == nil && printed[0] == '"' && !utf8.ValidString(raw) {
		return raw
	}
	return printed
}

// day is the form of Expires.
const day = "2006-01-02"

// lastDay is 9999-12-31: what is later has no date in four digits, and is never.
const lastDay = 2932896

// expiryDate gives the date of a day count since 1970 in shadow(5); "" for an
// account that does not expire.
func expiryDate(field string) string {
	n, err := strconv.ParseInt(field, 10, 32)
	if err != nil || n < 0 || n > lastDay {
		return ""
	}
	return time.Unix(n*86400, 0).UTC().Format(day)
}

// expiryField is the inverse of expiryDate; the date was checked.
func expiryField(date string) string {
	if date == "" {
		return ""
	}
	t, err := time.Parse(day, date)
	if err != nil {
		panic("internal error: date " + date + " was not checked")
	}
	return strconv.FormatInt(t.Unix()/86400, 10)
}

// union gives the sorted elements of both.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// minus gives the sorted elements of a that are not in b.
func minus(a, b []string) []string {
	var out []string
	in := setOf(b)
	for _, x := range a {
		if !in[x] {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// setOf gives the elements of a list, which may be very long.
func setOf(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, x := range list {
		out[x] = true
	}
	return out
}

// readMode reads the octal digits of a state, which may come from a record.
func readMode(digits string) (uint32, error) {
	mode, err := strconv.ParseUint(digits, 8, 12)
	if err != nil {
		return 0, fmt.Errorf("cannot read the mode %q", digits)
	}
	return uint32(mode), nil
}
