package etc

import (
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// Desired is every path the configuration asks for, sorted by path, each path
// once.
type Desired struct {
	Entries []Entry `json:"entries,omitempty"`
}

// Manages tells whether an entry is for the path p, relative to the root.
func (d Desired) Manages(p string) bool {
	return slices.ContainsFunc(d.Entries, func(e Entry) bool { return e.Path == p })
}

// Type is what an entry puts at its path.
type Type string

// The types of entries. Linked is a regular file in the generation's static
// tree with a link to it through /etc/static.
const (
	Linked    Type = "linked"
	File      Type = "file"
	Directory Type = "directory"
	Symlink   Type = "symlink"
)

// Entry is one desired path.
type Entry struct {
	// Address is the block's: "etc/nix/nix.conf", "file//srv/x",
	// "directory//nix/store", "symlink//srv/link".
	Address plan.Address `json:"address"`
	// Path is relative to the root, clean, without a leading slash.
	Path string `json:"path"`
	Type Type   `json:"type"`
	// Content is set for Linked and File.
	Content *Content `json:"content,omitempty"`
	// Mode is four octal digits, "0644"; empty for Symlink. A Linked entry's
	// is its file's in the static tree, "0444" unless said.
	Mode string `json:"mode,omitempty"`
	// User and Group are names, or digits; empty means root. Not for Symlink. A
	// Linked entry is root's: whom it names only has to exist.
	User  string `json:"user,omitempty"`
	Group string `json:"group,omitempty"`
	// Target is a Symlink's text, as written.
	Target string `json:"target,omitempty"`
	// OnConflict is "backup" (default when empty), "fail" or "overwrite".
	OnConflict string `json:"on_conflict,omitempty"`
	// OnDrift is "overwrite" (default when empty), "keep" or "fail".
	OnDrift string `json:"on_drift,omitempty"`
	// Validate is a command that judges the content before it is installed;
	// "%s" in it stands for the content's path.
	Validate []string `json:"validate,omitempty"`
	Origin   string   `json:"origin,omitempty"`
}

// Content says which bytes a file holds. Exactly one of Text, Source,
// SecretSource is the source of them; a Content read back from a record has
// none of the first two, only the hash.
type Content struct {
	// Text is literal content.
	Text []byte `json:"-"`
	// Source is the absolute path of a file read while the configuration is
	// evaluated, copied into the generation.
	Source string `json:"-"`
	// SecretSource is the absolute path, inside the root, of a file on the
	// host that is read when the change is applied; only a keyed hash of it
	// is ever recorded.
	SecretSource string `json:"secret_source,omitempty"`
	// Hash is the lower-case hex SHA-256 of the bytes; for a secret it is
	// empty here and replaced by a keyed hash in states and records.
	Hash string `json:"sha256,omitempty"`
	// Keyed is what stands for a secret's hash once it is recorded, see
	// Desired.Recorded; the Store knows the bytes by it.
	Keyed string `json:"keyed,omitempty"`
	// Size is the number of bytes; -1 for a SecretSource.
	Size int64 `json:"size"`
	// Secret keeps the bytes out of plans, diffs, logs and records.
	Secret bool `json:"secret,omitempty"`
}
