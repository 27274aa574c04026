package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// policy is the SELinux policy of the running host. It is looked for before the
// first file is made, once.
type policy struct {
	once     sync.Once
	contexts *FileContexts
	// enforced says that a file without its label would be of no use.
	enforced bool
	err      error
}

// labeled runs create, which makes p and nothing else, so that p has from the
// start the label that the policy has for a file of that type there. Without
// SELinux, and for other roots than the host's, it only runs create.
func (r *Root) labeled(p string, t Type, create func() error) error {
	if r.dir != "/" {
		return create()
	}
	r.policy.once.Do(func() { r.policy.load(r) })
	if r.policy.contexts == nil && r.policy.err == nil {
		return create()
	}
	err := r.policy.err
	label := ""
	if err == nil {
		label, err = r.policy.contexts.Label("/"+p, t)
	}
	if err == nil && label != "" {
		// The label is the thread's, for what it makes next; proc(5).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err = createAs(label); err == nil {
			defer func() { _ = createAs("") }()
		}
	}
	if err != nil && r.policy.enforced {
		return fmt.Errorf("cannot label it for SELinux: %w", err)
	}
	return create()
}

// createAs sets the label of what this thread makes from now on, "" for what
// the kernel thinks best.
func createAs(label string) error {
	fd, err := unix.Open("/proc/thread-self/attr/fscreate", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open fscreate", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.Write(fd, []byte(label)); err != nil {
		return fmt.Errorf("the kernel refuses %q: %w", label, err)
	}
	return nil
}

// selinuxfs is where the kernel shows that it has a policy. In a container it
// is mounted read-only to say that there is none for it.
const selinuxfs = "/sys/fs/selinux"

func (s *policy) load(r *Root) {
	var st unix.Statfs_t
	if err := unix.Statfs(selinuxfs, &st); err != nil || kind(&st) != unix.SELINUX_MAGIC || st.Flags&unix.ST_RDONLY != 0 {
		return
	}
	enforce, err := os.ReadFile(selinuxfs + "/enforce")
	s.enforced = err == nil && strings.TrimSpace(string(enforce)) == "1"
	// A handle of its own: the caller's directories must stay open.
	own := r.fork()
	defer own.forget()
	s.contexts, s.err = own.hostContexts()
}

// hostContexts reads the policy that the host's configuration names,
// selinux_config(5).
func (r *Root) hostContexts() (*FileContexts, error) {
	const dir = "etc/selinux/"
	b, err := r.ReadFile(dir+"config", 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	name := "targeted"
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "SELINUXTYPE="); ok {
			name = strings.TrimSpace(value)
		}
	}
	return ReadFileContexts(func(file string) ([]byte, error) {
		return r.ReadFile(dir+name+"/contexts/files/"+file, 0)
	})
}
