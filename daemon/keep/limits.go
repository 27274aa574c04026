package keep

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// resource gives the number of a limit of setrlimit(2), named in lower case
// without RLIMIT_; false of a name that is none.
func resource(name string) (int, bool) {
	n, ok := map[string]int{
		"as": unix.RLIMIT_AS, "core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA,
		"fsize": unix.RLIMIT_FSIZE, "locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK,
		"msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE, "nofile": unix.RLIMIT_NOFILE,
		"nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
		"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
	}[name]
	return n, ok
}

// KnownLimit tells whether setrlimit(2) has the limit.
func KnownLimit(name string) bool {
	_, ok := resource(name)
	return ok
}

// restrict sets what goes with the process and not with its user.
func (o order) restrict() error {
	if o.Umask != "" {
		mask, err := strconv.ParseUint(o.Umask, 8, 12)
		if err != nil {
			return fmt.Errorf("cannot set the umask %q: %w", o.Umask, err)
		}
		unix.Umask(int(mask))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Limits)) {
		if err := setLimit(name, o.Limits[name]); err != nil {
			return fmt.Errorf("cannot set the limit %s: %w", name, err)
		}
	}
	if o.Nice != nil {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, *o.Nice); err != nil {
			return fmt.Errorf("cannot set nice %d: %w", *o.Nice, err)
		}
	}
	return nil
}

func setLimit(name, value string) error {
	which, ok := resource(name)
	if !ok {
		return unix.EINVAL
	}
	limit := uint64(unix.RLIM_INFINITY)
	if value != "infinity" {
		var err error
		if limit, err = strconv.ParseUint(value, 10, 64); err != nil {
			return err
		}
	}
	// syscall's, which also has Go forget the limit it would restore.
	return syscall.Setrlimit(which, &syscall.Rlimit{Cur: limit, Max: limit})
}
