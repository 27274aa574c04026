package daemon

import (
	"path"
	"strings"
)

// typeOf is a unit's type, its suffix without the dot.
func typeOf(unit string) string { return strings.TrimPrefix(path.Ext(unit), ".") }

// baseOf is a unit's name without its type.
func baseOf(unit string) string { return strings.TrimSuffix(unit, path.Ext(unit)) }

// templateOf gives "foo@.service" for the instance "foo@bar.service"; the
// instance's own name may hold dots. ok is false for other units.
func templateOf(unit string) (template string, ok bool) {
	prefix, instance, ok := strings.Cut(baseOf(unit), "@")
	if !ok || instance == "" {
		return "", false
	}
	return prefix + "@" + path.Ext(unit), true
}

// isTemplate tells whether only instances of unit run.
func isTemplate(unit string) bool { return strings.HasSuffix(baseOf(unit), "@") }

// unitAt is the unit that the file at p defines or adds to.
func unitAt(p string) string {
	if unit, ok := strings.CutSuffix(path.Base(path.Dir(p)), ".d"); ok {
		return unit
	}
	return path.Base(p)
}
