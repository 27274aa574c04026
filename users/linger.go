package users

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// lingerDir is made by logind on demand, and by us.
const lingerDir = "var/lib/systemd/linger"

// lingerPath is where logind keeps that a user's services run without a login.
func lingerPath(name string) string { return path.Join(lingerDir, name) }

// setLinger is loginctl(1)'s enable-linger and disable-linger without logind.
// The directories that it makes are in the ledger, and go when they are empty.
func (s *Subsystem) setLinger(name string, on bool) error {
	l, _, err := s.readLedger()
	if err != nil {
		return err
	}
	if !on {
		return s.dropLinger(name, l)
	}
	if there, err := s.cfg.Root.Exists(lingerPath(name)); there || err != nil {
		return err
	}
	for dir := lingerDir; dir != "."; dir = path.Dir(dir) {
		there, err := s.cfg.Root.Exists(dir)
		if err != nil {
			return err
		}
		if !there {
			l.madePath(dir)
		}
	}
	if err := l.write(s.cfg.Root, s.cfg.StateDir); err != nil {
		return err
	}
	if _, err := s.cfg.Root.MakeDirs(lingerDir, 0o755); err != nil {
		return err
	}
	if err := s.cfg.Root.WriteFile(lingerPath(name), bytes.NewReader(nil), rootfs.Attr{Mode: 0o644, Lazy: true}); err != nil {
		return err
	}
	s.lingers = append(s.lingers, name)
	return nil
}

// NewlyLingering gives the users who linger since Apply, whom logind has not heard of.
func (s *Subsystem) NewlyLingering() []string { return s.lingers }

// NoLongerLingering gives the ids of users who linger no more since Apply, whether their
// accounts are still there or not.
func (s *Subsystem) NoLongerLingering() []ID { return s.rests }

func (s *Subsystem) dropLinger(name string, l *ledger) error {
	err := s.cfg.Root.Remove(lingerPath(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := lingerDir; dir != "." && slices.Contains(l.Made, dir); dir = path.Dir(dir) {
		if stays, err := s.removeEmpty(dir); stays || err != nil {
			return err
		}
	}
	return nil
}
