package systemd

import (
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// raw writes a unit as the configuration gives it: its values are systemd's
// own syntax and nothing in them is escaped. The name may be a drop-in,
// "ssh.service.d/limits.conf".
func (r *renderer) raw(u *daemon.Unit) {
	f := daemon.File{
		Address: plan.NewAddress(plan.KindUnit, r.prefix+u.Name),
		Unit:    u.Name,
		Path:    path.Join(r.unitDir, u.Name),
		Mode:    0o644,
		Origin:  u.Origin,
	}
	unit, _, isDropIn := dropIn(u.Name)
	if isDropIn {
		f.Unit = unit
	}
	err := checkUnitName(f.Unit)
	switch {
	case err != nil:
	case u.Text == nil:
		t := &text{}
		t.override(sectionOf(f.Unit), u.Sections)
		f.Content, err = t.bytes()
	case *u.Text == "" && isDropIn:
		err = errors.New("a drop-in cannot be masked; remove the block instead")
	case *u.Text == "":
		f.Target, f.Mode = "/dev/null", 0
	default:
		f.Content, err = rawText(*u.Text)
	}
	if err != nil {
		r.fail(u.Name, u.Origin, err)
	}
	r.files = append(r.files, f)
}

func rawText(text string) ([]byte, error) {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return nil, errors.New("the text must be UTF-8 without NUL bytes")
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return []byte(text), nil
}

// sectionOf is the section that is a unit type's own: "Service" for
// "web.service".
func sectionOf(unit string) string {
	kind := unitType(unit)
	if kind == "" {
		return ""
	}
	return strings.ToUpper(kind[:1]) + kind[1:]
}
