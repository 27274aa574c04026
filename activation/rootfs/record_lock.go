package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// recordPoll is how often the lock of the account files is tried again. Who
// waits for it in the kernel, as shadow's tools do, is served first: beside
// programs that change accounts all the time a slow rhythm would wait for ever.
const recordPoll = 2 * time.Millisecond

// RecordLock takes the exclusive fcntl(2) lock on the whole file p, made with
// mode 0600 when missing, waiting at most wait. It is the lock of lckpwdf(3),
// which the shadow tools and systemd take on /etc/.pwd.lock. Being fcntl's, it
// belongs to the process: it does not exclude other goroutines. It gives a
// *LockedError when the time is up.
func (r *Root) RecordLock(ctx context.Context, p string, wait time.Duration) (*Lock, error) {
	h, base, err := r.parent("lock", p)
	if err != nil {
		return nil, err
	}
	var fd int
	err = r.labeled(p, File, func() (err error) {
		fd, err = openat(h.fd, base, unix.O_WRONLY|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "lock", Path: r.Name(p), Err: err}
	}
	f := os.NewFile(uintptr(fd), r.Name(p))
	if err := recordLock(ctx, fd, wait); err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			return nil, &LockedError{Path: r.Name(p), Holder: recordHolder(fd)}
		}
		return nil, &fs.PathError{Op: "lock", Path: r.Name(p), Err: err}
	}
	return &Lock{f: f}, nil
}

// recordHolder names the process that holds the lock on fd, as far as the kernel
// tells (F_GETLK of fcntl(2)): not of another pid namespace.
func recordHolder(fd int) string {
	held := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &held); err != nil || held.Type == unix.F_UNLCK || held.Pid <= 0 {
		return "another program"
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", held.Pid))
	if err != nil {
		return fmt.Sprintf("pid %d", held.Pid)
	}
	return fmt.Sprintf("pid %d (%s)", held.Pid, strings.TrimSpace(string(name)))
}

func recordLock(ctx context.Context, fd int, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	for {
		err := unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &whole)
		held := errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES)
		if !held && !errors.Is(err, unix.EINTR) {
			return err
		}
		if !time.Now().Before(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(recordPoll, time.Until(deadline))):
		}
	}
}
