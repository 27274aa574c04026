package etc

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// State is what a plan says of one path: plan.Change holds it as JSON.
type State struct {
	Type Type `json:"type"`
	// Mode is four octal digits; a link has none.
	Mode string `json:"mode,omitempty"`
	// User and Group are as the configuration names them. UID and GID are set
	// in a state that was observed, and hold there: a name may mean another id
	// by the time the state is put back. Of a link they are set where they are
	// not the caller's.
	User  string  `json:"user,omitempty"`
	Group string  `json:"group,omitempty"`
	UID   *uint32 `json:"uid,omitempty"`
	GID   *uint32 `json:"gid,omitempty"`
	// SHA256 or, for a secret, Keyed is the content's hash. Both are empty
	// when the content is only known when it is written.
	SHA256       string `json:"sha256,omitempty"`
	Keyed        string `json:"keyed,omitempty"`
	SecretSource string `json:"secret_source,omitempty"`
	Size         *int64 `json:"size,omitempty"`
	// Xattrs stands for the extended attributes of a file that was observed, by
	// a keyed hash; the Store knows them by it.
	Xattrs string `json:"xattrs,omitempty"`
	// Target is a link's text.
	Target string `json:"target,omitempty"`
}

// hash is the content's hash in the form a Store uses.
func (s State) hash() string {
	if s.Keyed != "" {
		return s.Keyed
	}
	return s.SHA256
}

func (s State) secret() bool { return s.Keyed != "" || s.SecretSource != "" }

// guarded tells a content that not everybody may read.
func (s State) guarded() bool { return s.Mode != "" && s.Type != Directory && s.mode()&0o004 == 0 }

func (s State) mode() uint32 {
	m, err := strconv.ParseUint(s.Mode, 8, 32)
	if err != nil {
		panic("internal error: mode " + s.Mode + " was not checked")
	}
	return uint32(m)
}

// isLink tells the types that are a symbolic link on disk.
func (s State) isLink() bool { return s.Type == Linked || s.Type == Symlink }

func formatMode(m uint32) string { return fmt.Sprintf("%04o", m) }

// normalMode gives four digits of the three or four that were written, or the
// default of the type.
func normalMode(written string, t Type) (string, error) {
	if written == "" {
		return map[Type]string{Linked: "0444", File: "0644", Directory: "0755"}[t], nil
	}
	m, err := strconv.ParseUint(written, 8, 32)
	if err != nil || m > 0o7777 {
		return "", fmt.Errorf("mode %q is not three or four octal digits", written)
	}
	return formatMode(uint32(m)), nil
}

// decode reads a change's side; a nil plan.State gives nil.
func (s *Subsystem) decode(side plan.State) (*State, error) {
	st, err := s.states.Decode(side)
	if st == nil || err != nil {
		return nil, err
	}
	if st.Type == Directory || st.Type == File {
		if _, err := strconv.ParseUint(st.Mode, 8, 12); err != nil {
			return nil, fmt.Errorf("cannot decode state: mode %q", st.Mode)
		}
	}
	return st, nil
}

// PathOf gives the path, relative to the root, that an address of this
// package's kinds stands for.
func PathOf(a plan.Address) string {
	if a.Kind() == plan.KindEtc {
		return path.Join("etc", a.Name())
	}
	return rootfs.Rel(a.Name())
}

// Paths gives the paths beside which a killed Apply of ch may have left a
// temporary file.
func Paths(ch plan.Change) []string { return []string{PathOf(ch.Address)} }

// StaticLink is the link through which every Linked entry leads. Re-pointing
// it changes all of them in one rename.
const StaticLink = "etc/static"

// linkText is the text of the link at the Linked path p.
func linkText(p string) string {
	return "/" + StaticLink + "/" + strings.TrimPrefix(p, "etc/")
}

// StaticPath is where, below a generation's static tree, the content of the
// Linked path p stands.
func StaticPath(p string) string { return strings.TrimPrefix(p, "etc/") }
