package activation

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/generation"
)

// BootFile is one file (or, with a Target, link) of the entry by which the
// host's init runs `activate at-boot`. It is no part of any configuration, so
// no plan speaks of it.
type BootFile struct {
	// Path is relative to the root.
	Path    string
	Content []byte
	Mode    uint32
	Target  string
}

func (e *Engine) bootFiles() ([]BootFile, error) {
	if e.BootFiles == nil {
		return nil, nil
	}
	return e.BootFiles()
}

// installBoot makes the boot entry as it should be. It tells whether there was
// none before, and which of its files were not part of the one before. It is
// called before the first change of a run, since that is the run which a crash
// may interrupt.
func (e *Engine) installBoot() (first bool, added []string, err error) {
	entry, missing, err := e.bootWork()
	if err != nil || len(missing) == 0 {
		return false, nil, err
	}
	first = len(entry.Paths) == 0
	index, err := e.State.ReadIndex()
	if err != nil {
		return false, nil, err
	}
	// The account of what is made comes first: deactivate must find it.
	was := entry
	for _, f := range missing {
		if !slices.Contains(entry.Paths, f.Path) {
			added = append(added, f.Path)
		}
		entry.Paths = append(entry.Paths, f.Path)
		entry.Parents = append(entry.Parents, e.missingParents(f.Path)...)
		entry.Parents = append(entry.Parents, sharedParents(f.Path, index.Parents)...)
	}
	entry.Paths, entry.Parents = unique(entry.Paths), unique(entry.Parents)
	if err := e.State.WriteBootEntry(entry); err != nil {
		// It may have its name already, and speaks of what is not there.
		return false, nil, errors.Join(err, e.State.WriteBootEntry(was))
	}
	for _, f := range missing {
		if err := e.writeBoot(f); err != nil {
			return first, added, fmt.Errorf("cannot install the boot entry: %w", err)
		}
	}
	return first, added, nil
}

// bootWork gives the account of what is installed for the boot entry, and those of
// its files that are not as they should be. It only reads.
func (e *Engine) bootWork() (entry generation.BootEntry, missing []BootFile, err error) {
	if entry, err = e.State.ReadBootEntry(); err != nil {
		return entry, nil, err
	}
	files, err := e.bootFiles()
	if err != nil {
		return entry, nil, err
	}
	missing, err = e.missingBoot(files)
	return entry, missing, err
}

// checkBoot finds why the boot entry of a run that does something could not be
// installed, as far as that can be read.
func (e *Engine) checkBoot(p *Prepared) error {
	if p.Nothing() {
		return nil
	}
	_, _, err := e.bootWork()
	return err
}

// noteState records the directories above the state that are about to be made, and
// its own.
func (e *Engine) noteState() error {
	e.made = append(e.made, e.missingParents(e.State.Dir()+"/x")...)
	// The account of them is inside of what is to be made.
	e.Root.NoteInLock(e.LockPath(), e.notes()...)
	return e.noteMade()
}

// noteMade records the directories that were made for activate itself, before
// anything else is written into them: deactivate must find them though this run
// be cut off.
func (e *Engine) noteMade() error {
	if len(e.made) == 0 {
		return nil
	}
	entry, err := e.State.ReadBootEntry()
	if err != nil {
		return err
	}
	parents := unique(slices.Concat(entry.Parents, e.made))
	if !slices.Equal(parents, entry.Parents) {
		entry.Parents = parents
		if err := e.State.WriteBootEntry(entry); err != nil {
			return err
		}
	}
	e.Root.NoteInLock(e.LockPath())
	return nil
}

// formerBoot gives the files of the boot entry that another init had, or the
// same one in another place.
func (e *Engine) formerBoot() ([]string, error) {
	entry, err := e.State.ReadBootEntry()
	if err != nil {
		return nil, err
	}
	files, err := e.bootFiles()
	if err != nil || len(files) == 0 {
		return nil, err
	}
	isOurs := func(p string) bool {
		return slices.ContainsFunc(files, func(f BootFile) bool { return f.Path == p })
	}
	return slices.DeleteFunc(entry.Paths, isOurs), nil
}

// dropBoot takes some files of the boot entry away.
func (e *Engine) dropBoot(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	entry, err := e.State.ReadBootEntry()
	if err != nil {
		return err
	}
	for _, p := range paths {
		if err := errors.Join(e.Root.RemoveTemp(p), ignoreMissing(e.Root.Remove(p))); err != nil {
			return fmt.Errorf("cannot remove a former boot entry: %w", err)
		}
	}
	if err := e.removeEmpty(entry.Parents); err != nil {
		return err
	}
	entry.Paths = slices.DeleteFunc(entry.Paths, func(p string) bool { return slices.Contains(paths, p) })
	return e.State.WriteBootEntry(entry)
}

// sharedParents gives the directories above p that were made for entries:
// whoever leaves last finds them empty.
func sharedParents(p string, made []string) []string {
	var shared []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if slices.Contains(made, dir) {
			shared = append(shared, dir)
		}
	}
	return shared
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// missingBoot gives the boot entry's files that are not as they should be.
func (e *Engine) missingBoot(files []BootFile) ([]BootFile, error) {
	var missing []BootFile
	for _, f := range files {
		if f.Target != "" {
			if target, err := e.Root.Readlink(f.Path); err != nil || target != f.Target {
				missing = append(missing, f)
			}
			continue
		}
		b, err := e.Root.ReadFile(f.Path, 1<<20)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot check the boot entry: %w", err)
		}
		if err != nil || !bytes.Equal(b, f.Content) {
			missing = append(missing, f)
		}
	}
	return missing, nil
}

// missingParents gives the directories above p that do not exist.
func (e *Engine) missingParents(p string) []string {
	var missing []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if _, err := e.Root.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, dir)
	}
	return missing
}

func (e *Engine) writeBoot(f BootFile) error {
	if _, err := e.Root.MakeDirs(path.Dir(f.Path), 0o755); err != nil {
		return err
	}
	if f.Target != "" {
		return e.Root.Symlink(f.Target, f.Path)
	}
	attr := e.Root.Private()
	attr.Mode = f.Mode
	return e.Root.WriteFile(f.Path, bytes.NewReader(f.Content), attr)
}

// removeBoot takes the boot entry away again.
func (e *Engine) removeBoot() error {
	entry, err := e.State.ReadBootEntry()
	if err != nil || len(entry.Paths)+len(entry.Parents) == 0 {
		return err
	}
	for _, p := range entry.Paths {
		if err := errors.Join(e.Root.RemoveTemp(p), ignoreMissing(e.Root.Remove(p))); err != nil {
			return fmt.Errorf("cannot remove the boot entry: %w", err)
		}
	}
	if err := e.removeEmpty(entry.Parents); err != nil {
		return err
	}
	// What was made for the state itself goes with it.
	return e.State.WriteBootEntry(generation.BootEntry{Parents: entry.Parents})
}

// removeEmpty removes those of the directories that are empty, deepest first, and
// where no file system of its own is mounted.
func (e *Engine) removeEmpty(dirs []string) error {
	for _, dir := range slices.Backward(slices.Sorted(slices.Values(dirs))) {
		err := e.Root.RemoveDir(dir)
		stays := slices.ContainsFunc([]error{fs.ErrNotExist, unix.ENOTEMPTY, unix.ENOTDIR, unix.EBUSY}, func(why error) bool { return errors.Is(err, why) })
		if err != nil && !stays {
			return fmt.Errorf("cannot remove a directory that was made for activate: %w", err)
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
