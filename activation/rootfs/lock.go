package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// LockedError says who holds a lock that was not to be had in time.
type LockedError struct {
	// Path is the lock file as the user knows it.
	Path string
	// Holder is what the holder wrote of itself, "pid 123 (switch)"; empty
	// when it wrote nothing.
	Holder string
}

// Error names the lock and its holder.
func (e *LockedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another run"
	}
	return fmt.Sprintf("cannot lock %s: %s holds it", e.Path, holder)
}

// Lock is a held lock.
type Lock struct {
	f     *os.File
	notes []string
}

// Notes gives the lines that this holder and earlier ones of the same file noted in it
// after the first.
func (l *Lock) Notes() []string { return l.notes }

// Unlock releases the lock. The file stays; who removes it does so while
// holding it, and who waited for it then takes the lock of the file that has
// its name.
func (l *Lock) Unlock() error {
	err := release(l.f)
	if errors.Is(err, os.ErrClosed) {
		// It was released when its file was removed.
		return nil
	}
	return err
}

// release unlocks the lock f before it closes it: a child that has not come to its
// exec(2) yet holds a copy of the descriptor, and close(2) unlocks with the last one.
func release(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}

// Holds tells whether r has the lock p, and has not removed its file.
func (r *Root) Holds(p string) bool {
	_, held := r.locks[p]
	return held
}

// lockPoll is how often a held lock is tried again; flock(2) has no timeout.
const lockPoll = 50 * time.Millisecond

// Lock takes the exclusive flock(2) on the file p, made when missing, waiting
// at most wait (0 does not wait). The kernel frees it when the process dies.
// The first line of holder is written into the file for others' messages; further
// ones are notes, which the next holder finds there though this one be killed. It
// gives a *LockedError when the time is up.
func (r *Root) Lock(ctx context.Context, p string, wait time.Duration, holder string) (*Lock, error) {
	deadline := time.Now().Add(wait)
	for {
		f, err := r.lockFile(p)
		if err != nil {
			// Its directory may have been taken away and made again.
			r.Forget()
			return nil, err
		}
		if err := flock(ctx, f, time.Until(deadline)); err != nil {
			defer func() { _ = f.Close() }()
			if !errors.Is(err, unix.EWOULDBLOCK) {
				return nil, &fs.PathError{Op: "lock", Path: r.Name(p), Err: err}
			}
			return nil, &LockedError{Path: r.Name(p), Holder: holderOf(f)}
		}
		if !r.names(p, f) {
			// Its holder took it away; others lock another file by now.
			_ = release(f)
			r.Forget()
			continue
		}
		notes := enter(f, holder)
		r.locks[p] = f
		// Whoever had it before may have made or moved directories.
		r.Forget()
		return &Lock{f: f, notes: notes}, nil
	}
}

func (r *Root) lockFile(p string) (*os.File, error) {
	h, base, err := r.parent("lock", p)
	if err != nil {
		return nil, err
	}
	fd, err := openat(h.fd, base, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, &fs.PathError{Op: "lock", Path: r.Name(p), Err: err}
	}
	f := os.NewFile(uintptr(fd), r.Name(p))
	if err := r.reopenable(fd); err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "lock", Path: r.Name(p), Err: err}
	}
	return f, nil
}

// reopenable lets the next run of the same user open the lock, whatever umask it was
// made under.
func (r *Root) reopenable(fd int) error {
	const mode, owner = 0o644, 0o600
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil || st.Uid != r.uid || st.Mode&owner == owner {
		return err
	}
	return fchmod(fd, mode)
}

// names tells whether the name p leads to the open file f still. How many names f
// has does not tell: NFS gives what is removed and open another one.
func (r *Root) names(p string, f *os.File) bool {
	var open unix.Stat_t
	if err := fstat(int(f.Fd()), &open); err != nil {
		return true
	}
	named, err := r.Lstat(p)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return named.Ino == open.Ino && named.Dev == uint64(open.Dev) //nolint:unconvert // 32 bits on MIPS
}

// removedLock releases the lock whose file p was removed just now, where the file
// keeps a name until it is closed: on NFS, where that name would keep its directory.
func (r *Root) removedLock(p string) {
	f, held := r.locks[p]
	if !held {
		return
	}
	delete(r.locks, p)
	var st unix.Stat_t
	if err := fstat(int(f.Fd()), &st); err == nil && st.Nlink > 0 {
		_ = release(f)
	}
}

func flock(ctx context.Context, f *os.File, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return err
		}
		if !time.Now().Before(deadline) {
			return unix.EWOULDBLOCK
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(lockPoll, time.Until(deadline))):
		}
	}
}

// enter writes the holder into the lock f, with the notes that are there, and gives
// all of them. Nothing depends on what cannot be written.
func enter(f *os.File, holder string) (notes []string) {
	_, were := readLock(f)
	name, own, _ := strings.Cut(holder, "\n")
	for _, note := range append(were, strings.Split(own, "\n")...) {
		if note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	writeLock(f, name, notes)
	return notes
}

func writeLock(f *os.File, holder string, notes []string) {
	text := strings.Join(append([]string{holder}, notes...), "\n") + "\n"
	if len(notes) == 0 {
		// Nothing of a longer holder may pass for a note.
		_ = f.Truncate(0)
	}
	// In this order, as a note is to be found also if we are killed in between.
	if _, err := f.WriteAt([]byte(text), 0); err == nil && len(notes) > 0 {
		_ = f.Truncate(int64(len(text)))
	}
}

// NoteInLock has the lock p, where r holds it, have these notes and no others.
func (r *Root) NoteInLock(p string, notes ...string) {
	f, held := r.locks[p]
	if !held {
		return
	}
	if holder, were := readLock(f); !slices.Equal(were, notes) {
		writeLock(f, holder, notes)
	}
}

func holderOf(f *os.File) string {
	holder, _ := readLock(f)
	return holder
}

// lockLimit is more than a holder and its notes take.
const lockLimit = 4 << 10

// readLock gives the holder that a lock names, and its notes.
func readLock(f *os.File) (holder string, notes []string) {
	buf := make([]byte, lockLimit)
	n, _ := f.ReadAt(buf, 0)
	lines := strings.Split(strings.TrimSpace(string(buf[:n])), "\n")
	return lines[0], lines[1:]
}
