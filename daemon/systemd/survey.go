package systemd

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
)

// Surveyed is a unit file in the administrator's directory.
type Surveyed struct {
	// Unit says the same as the file; its Text is "" for a masked unit.
	Unit daemon.Unit
	// Paths are what is on disk for it, relative to the root: the file itself
	// first, then the links that enable it.
	Paths []string
	// Why is the reason why a unit block would not say the same, "" when it
	// does.
	Why string
}

// Survey reads the unit files of /etc/systemd/system: regular files, and links
// to /dev/null, sorted by name. Drop-ins and links to files of packages are not
// among them. The error is for a directory or file that cannot be read.
func Survey(root *rootfs.Root) ([]Surveyed, error) {
	in := hostScope()
	names, err := root.ReadDir(in.unitDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot survey the units: %w", err)
	}
	var out []Surveyed
	for _, name := range names {
		if checkUnitName(name) != nil || name == BootUnit || name == bootedUnit {
			continue
		}
		s, err := survey(root, in, name)
		if err != nil {
			return nil, fmt.Errorf("cannot survey the units: %w", err)
		}
		if s != nil {
			out = append(out, *s)
		}
	}
	return out, nil
}

// survey reads one, nil of what is none.
func survey(root *rootfs.Root, in scope, name string) (*Surveyed, error) {
	p := path.Join(in.unitDir, name)
	info, err := root.Lstat(p)
	if err != nil {
		return nil, err
	}
	s := &Surveyed{Unit: daemon.Unit{Name: name}, Paths: []string{p}}
	switch info.Type {
	case rootfs.Symlink:
		target, err := root.Readlink(p)
		if err != nil || target != "/dev/null" {
			return nil, err
		}
		text := ""
		s.Unit.Text = &text
	case rootfs.File:
		return s, s.read(root, info)
	case rootfs.Dir, rootfs.FIFO, rootfs.Socket, rootfs.Device:
		return nil, nil
	}
	return s, nil
}

// read takes the text of a unit file and finds the links that enable it.
func (s *Surveyed) read(root *rootfs.Root, info rootfs.Info) error {
	if info.Mode != 0o644 || info.UID != 0 || info.GID != 0 {
		s.Why = fmt.Sprintf("its file is not root's with mode 0644 but of %d:%d with %04o", info.UID, info.GID, info.Mode)
		return nil
	}
	content, err := root.ReadFile(s.Paths[0], 4<<20)
	if err != nil {
		return err
	}
	text := string(content)
	if same, err := rawText(text); err != nil || text == "" || string(same) != text {
		s.Why = "its file is empty, not UTF-8, or has no newline at its end"
		return nil //nolint:nilerr // that it is no such text is the finding
	}
	s.Unit.Text = &text
	files, err := Offline().Render(daemon.Desired{Units: []daemon.Unit{s.Unit}})
	if err != nil {
		s.Why = err.Error()
		return nil //nolint:nilerr // so is that it cannot be enabled
	}
	for link, text := range files[0].Links {
		if found, err := root.Readlink(link); err != nil || found != text {
			s.Why = "it has an [Install] section and is not enabled by it"
			return nil //nolint:nilerr // no link, or something else
		}
		s.Paths = append(s.Paths, link)
	}
	return nil
}
