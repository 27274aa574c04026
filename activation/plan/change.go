// Package plan holds a switch as data: the changes a host needs, the units
// they concern, and the order of the steps that make them.
//
// It owns the form of a plan (in memory and as JSON) and refuses every effect:
// nothing here reads a file, asks the clock or talks to an init. The same
// input gives the same bytes.
package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Address names one managed object as the user knows it: "etc/nix/nix.conf",
// "file//srv/x" (an absolute path keeps its slash), "user/alice",
// "unit/web.service". It is a kind, a slash and a name.
type Address string

// NewAddress joins a kind and a name.
func NewAddress(kind, name string) Address { return Address(kind + "/" + name) }

// Kind is the part before the first slash.
func (a Address) Kind() string {
	kind, _, _ := strings.Cut(string(a), "/")
	return kind
}

// Name is the part after the first slash.
func (a Address) Name() string {
	_, name, _ := strings.Cut(string(a), "/")
	return name
}

// The kinds of objects a plan speaks of.
const (
	KindUser      = "user"
	KindGroup     = "group"
	KindEtc       = "etc"
	KindFile      = "file"
	KindDirectory = "directory"
	KindSymlink   = "symlink"
	KindMount     = "mount"
	KindUnit      = "unit"
	KindSnippet   = "snippet"
)

// Action says what happens to an object.
type Action string

// The four actions. Replace is an update that cannot be made in place: the
// object goes and another of a different type takes its address.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Symbol is the mark a person sees: + ~ ± -.
func (a Action) Symbol() string {
	switch a {
	case Create:
		return "+"
	case Update:
		return "~"
	case Replace:
		return "±"
	case Delete:
		return "-"
	}
	panic("internal error: unknown action " + string(a))
}

// State is what a subsystem says of an object: a JSON object of that
// subsystem's own type, never a secret (a keyed hash stands in). A nil State
// means the object does not exist.
type State json.RawMessage

// Encode makes a State from a subsystem's own type, which must marshal to a
// JSON object.
func Encode(v any) State {
	return State(bytes.TrimSuffix(Compact(v), []byte("\n")))
}

// Decode reads a State back into the subsystem's own type. It errors when the
// bytes are not that type's JSON, which a damaged record or journal causes.
func Decode[T any](s State) (T, error) {
	var v T
	if err := Unmarshal(s, &v); err != nil {
		return v, fmt.Errorf("cannot decode state: %w", err)
	}
	return v, nil
}

// MarshalJSON writes the object itself, or null.
func (s State) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	return s, nil
}

// UnmarshalJSON keeps the raw object; null becomes nil.
func (s *State) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*s = nil
		return nil
	}
	*s = bytes.Clone(b)
	return nil
}

// Change is one object's way from what is to what should be.
//
//	Action   Before           After
//	create   nil              the new object
//	update   the old object   the same object with other attributes
//	replace  the old object   an object of another type
//	delete   the old object   nil
//
// An object of ours that goes back to what stood there before it is an update
// (or a replace) whose After is that earlier object.
type Change struct {
	Address Address `json:"address"`
	Kind    string  `json:"kind"`
	Action  Action  `json:"action"`
	Before  State   `json:"before"`
	After   State   `json:"after"`
	// Reason is one short clause a person can act on: "content differs".
	Reason string `json:"reason,omitempty"`
	// Origin is where the configuration asks for it, "nix.hcl:12"; empty for
	// a deletion.
	Origin string `json:"origin,omitempty"`
	// Parents are the directories (relative to the root, no leading slash)
	// that have to be made first, outermost first.
	Parents []string `json:"parents,omitempty"`
}

// New makes a change, deriving kind and action from its other fields. It
// panics when Before and After are both nil.
func New(a Address, before, after State, reason, origin string) Change {
	ch := Change{Address: a, Kind: a.Kind(), Before: before, After: after, Reason: reason, Origin: origin}
	switch {
	case before == nil && after == nil:
		panic("internal error: change of nothing at " + string(a))
	case before == nil:
		ch.Action = Create
	case after == nil:
		ch.Action = Delete
	default:
		ch.Action = Update
	}
	return ch
}

// Inverse is the change that takes ch back. Do and undo are one code path:
// a subsystem applies the inverse as it applies any change.
func (ch Change) Inverse() Change {
	inv := ch
	inv.Before, inv.After = ch.After, ch.Before
	inv.Reason = "undo"
	switch ch.Action {
	case Create:
		inv.Action = Delete
	case Delete:
		inv.Action = Create
	case Update, Replace:
	}
	return inv
}

// Inverses gives the inverse of each change, last first.
func Inverses(changes []Change) []Change {
	out := make([]Change, 0, len(changes))
	for _, ch := range slices.Backward(changes) {
		out = append(out, ch.Inverse())
	}
	return out
}
