package systemd

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxUnitName is systemd's UNIT_NAME_MAX without the final NUL.
const maxUnitName = 255

func unitTypes() []string {
	return []string{
		"service", "socket", "timer", "target", "mount", "automount",
		"swap", "path", "slice", "scope", "device",
	}
}

// unitType is the suffix of a unit's name without its dot; empty when the name
// has none that systemd knows.
func unitType(unit string) string {
	suffix := strings.TrimPrefix(path.Ext(unit), ".")
	if slices.Contains(unitTypes(), suffix) {
		return suffix
	}
	return ""
}

// checkUnitName errors when systemd would not take name for a unit
// (systemd.unit(5)).
func checkUnitName(name string) error {
	const valid = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"
	base := strings.TrimSuffix(name, path.Ext(name))
	switch {
	case unitType(name) == "":
		return fmt.Errorf("cannot name a unit %q: it must end in .service, .socket, .timer, .target, .mount or another type of systemd", name)
	case base == "" || strings.HasPrefix(base, "@") || strings.Trim(name, valid) != "":
		return fmt.Errorf(`cannot name a unit %q: a name has letters, digits and any of ":-_.\@"`, name)
	case len(name) > maxUnitName:
		return fmt.Errorf("cannot name a unit %q: a name has at most %d characters", name, maxUnitName)
	}
	return nil
}

// isTemplate tells whether unit is one that only its instances run.
func isTemplate(unit string) bool {
	return strings.HasSuffix(strings.TrimSuffix(unit, path.Ext(unit)), "@")
}

// dropIn splits "web.service.d/limits.conf" into unit and file name. ok is
// false for other names.
func dropIn(name string) (unit, file string, ok bool) {
	dir, file, ok := strings.Cut(name, "/")
	unit, isDir := strings.CutSuffix(dir, ".d")
	if !ok || !isDir || !strings.HasSuffix(file, ".conf") || strings.Contains(file, "/") {
		return "", "", false
	}
	return unit, file, true
}

// escapePath is the name, without suffix, of the mount unit for an absolute
// path, as systemd-escape --path gives it.
func escapePath(abs string) string {
	p := strings.Trim(path.Clean(abs), "/")
	if p == "" {
		return "-"
	}
	var b strings.Builder
	for i, c := range []byte(p) {
		switch {
		case c == '/':
			b.WriteByte('-')
		case c == '.' && i == 0, !escapeKeeps(c):
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func escapeKeeps(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '_' || c == '.'
}
