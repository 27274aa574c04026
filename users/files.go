package users

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// fewKeys is for how many users it costs less to flush the keys of each alone than
// to flush their file system.
const fewKeys = 4

// applyAllFiles makes what is not in the account files. The keys of many users get
// their names at the end, once all are on disk.
func (s *Subsystem) applyAllFiles(users []userChange) error {
	keys := s.cfg.Root.Batch()
	defer keys.Drop()
	way := &outlet{owners: lazyNames{root: s.cfg.Root}, write: s.cfg.Root.WriteFile}
	if len(users) >= fewKeys {
		way.write = keys.WriteFile
	}
	for _, c := range users {
		err := s.carry(c)
		if err == nil {
			err = s.applyFiles(c, way)
		}
		if err != nil {
			return fmt.Errorf("cannot change user %s: %w", c.name, err)
		}
	}
	if err := keys.Install(); err != nil {
		return fmt.Errorf("cannot install the authorized_keys of users: %w", err)
	}
	return nil
}

// applyFiles makes what of a user's change is not in the account files: the
// home, the keys, and lingering.
func (s *Subsystem) applyFiles(c userChange, to *outlet) error {
	before, after := c.aroundFiles()
	if before.Linger != after.Linger {
		if err := s.setLinger(c.name, after.Linger); err != nil {
			return err
		}
		if before.Linger && before.UID != 0 {
			s.rests = append(s.rests, before.UID)
		}
	}
	if !before.hasFiles() && !after.hasFiles() {
		return nil
	}
	if before.Keys != nil && (after.Keys == nil || after.Keys.Path != before.Keys.Path) {
		if err := s.vacate(*before, to); err != nil {
			return err
		}
	}
	if err := s.removeHome(*before, *after); err != nil {
		return err
	}
	if after.HomeMode == "" && (after.Keys == nil || after.Keys.equal(before.Keys)) {
		return nil
	}
	uid, gid, err := to.owners.of(c.name)
	if err != nil {
		return err
	}
	return s.makeFiles(*before, *after, uid, gid, to)
}

// aroundFiles gives the states before and after a change. On the side where there
// is no account lingering is as that one found it, or leaves it.
func (c userChange) aroundFiles() (before, after *UserState) {
	before, after = c.before, c.after
	if before == nil {
		before = &UserState{Linger: after.lingered()}
	}
	if after == nil {
		after = &UserState{Linger: before.lingered()}
	}
	return before, after
}

// hasFiles tells whether anything of an account is kept outside of the account
// files, but for lingering.
func (s *UserState) hasFiles() bool { return s.HomeMode != "" || s.Keys != nil }

// outlet is how the files of users are written.
type outlet struct {
	owners lazyNames
	write  func(p string, content io.Reader, a rootfs.Attr) error
}

// lazyNames reads the accounts when the first of them is asked for.
type lazyNames struct {
	root   *rootfs.Root
	passwd *accounts.Document
}

// of gives the ids of an account as they are now: they may not be those of the
// plan.
func (l *lazyNames) of(name string) (uid, gid uint32, err error) {
	if l.passwd == nil {
		if l.passwd, err = accounts.ReadPasswd(l.root); err != nil {
			return 0, 0, err
		}
	}
	r := l.passwd.Find(name)
	if r == nil {
		return 0, 0, errors.New("the account is gone")
	}
	return uint32(accounts.ParseID(r.Field(accounts.PwUID))), uint32(accounts.ParseID(r.Field(accounts.PwGID))), nil
}

func (s *Subsystem) makeFiles(before, after UserState, uid, gid uint32, to *outlet) error {
	if after.HomeMode != "" {
		if err := s.makeHome(after, uid, gid); err != nil {
			return err
		}
	}
	if after.Keys == nil || after.Keys.equal(before.Keys) {
		return nil
	}
	return s.writeKeys(after, uid, gid, to)
}

// makeHome makes the home and its missing parents. A home that was made of it
// since the plan is left alone, unless it is somebody else's.
func (s *Subsystem) makeHome(st UserState, uid, gid uint32) error {
	home := rootfs.Rel(st.Home)
	mode, err := readMode(st.HomeMode)
	if err != nil {
		return fmt.Errorf("its home: %w", err)
	}
	for _, dir := range st.HomeDirs {
		attr := rootfs.Attr{Mode: 0o755}
		if dir == home {
			attr = rootfs.Attr{Mode: mode, UID: uid, GID: gid}
		}
		if err := s.makeDir(dir, attr); err != nil {
			return err
		}
	}
	info, err := s.cfg.Root.Lstat(home)
	if err == nil && (info.Type != rootfs.Dir || info.UID != 0 && info.UID != uid) {
		err = fmt.Errorf("its home %s: %w", s.cfg.Root.Name(home), rootfs.ErrChanged)
	}
	return err
}

// makeDir makes a directory. One that is there is left alone, unless an
// interrupted run left it half made.
func (s *Subsystem) makeDir(dir string, attr rootfs.Attr) error {
	info, err := s.cfg.Root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s.cfg.Root.Mkdir(dir, attr)
	}
	if err == nil && s.halfMade(info, attr) {
		return s.cfg.Root.SetAttr(dir, attr)
	}
	return err
}

// halfMade tells a directory that an interrupted run was making: root's alone, or
// where that run is being ended whatever rootfs.Root.HalfMade says.
func (s *Subsystem) halfMade(i rootfs.Info, attr rootfs.Attr) bool {
	return i.Type == rootfs.Dir && i.Mode == 0o700 && i.UID == 0 || s.cfg.Resume && s.cfg.Root.HalfMade(i, attr)
}

// removeHome takes back a home that the change made, if nothing is in it.
func (s *Subsystem) removeHome(before, after UserState) error {
	if after.HomeMode != "" {
		return nil
	}
	for _, dir := range slices.Backward(before.HomeDirs) {
		if done, err := s.removeEmpty(dir); done || err != nil {
			return err
		}
	}
	return nil
}

// removeEmpty removes an empty directory; done tells that it stays, with all
// above it.
func (s *Subsystem) removeEmpty(dir string) (done bool, err error) {
	err = s.cfg.Root.RemoveDir(dir)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EBUSY), errors.Is(err, unix.ENOTDIR):
		return true, nil
	}
	return true, err
}

func (s *Subsystem) writeKeys(st UserState, uid, gid uint32, to *outlet) error {
	p := st.Keys.Path
	if st.SSHDir {
		if err := s.makeDir(path.Dir(p), rootfs.Attr{Mode: 0o700, UID: uid, GID: gid}); err != nil {
			return err
		}
	}
	data, err := openSecret(s.cfg.Store, st.Keys.SHA256)
	if err != nil {
		return fmt.Errorf("its authorized_keys are not in the state directory: %w", err)
	}
	mode, err := readMode(st.Keys.Mode)
	if err != nil {
		return fmt.Errorf("its authorized_keys: %w", err)
	}
	attr := rootfs.Attr{Mode: mode, UID: uid, GID: gid}
	if st.Keys.UID != nil {
		attr.UID = uint32(*st.Keys.UID)
	}
	if st.Keys.GID != nil {
		attr.GID = uint32(*st.Keys.GID)
	}
	return to.write(p, bytes.NewReader(data), attr)
}

// vacate takes the keys of a state away; what they replaced returns.
func (s *Subsystem) vacate(st UserState, to *outlet) error {
	if st.Replaced != nil {
		return s.writeKeys(UserState{Keys: st.Replaced}, 0, 0, to)
	}
	return s.removeKeys(st)
}

func (s *Subsystem) removeKeys(st UserState) error {
	p := st.Keys.Path
	err := s.cfg.Root.Remove(p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
		return err
	}
	if !st.SSHDir {
		return nil
	}
	_, err = s.removeEmpty(path.Dir(p))
	return err
}
