package keep

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// reaper waits for every child of the keeper: for those it started, and for
// the orphans that it adopted.
type reaper struct {
	mu sync.Mutex
	// watched get the end of a child. While remembers is set, somebody is about to ask
	// for one that may have ended already, which is in ended then.
	watched   map[int]chan unix.WaitStatus
	ended     map[int]unix.WaitStatus
	remembers bool
	// self is this program.
	self string
}

// newReaper adopts the orphans of everything it starts.
func newReaper() (*reaper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("cannot adopt orphans: %w", err)
	}
	r := &reaper{watched: map[int]chan unix.WaitStatus{}, ended: map[int]unix.WaitStatus{}, self: self}
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	go func() {
		for range children {
			r.reap()
		}
	}()
	return r, nil
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if c, ok := r.watched[pid]; ok {
			c <- ws
			delete(r.watched, pid)
		} else if r.remembers {
			r.ended[pid] = ws
		}
	}
}

// remember has the ends of children kept from now on for watch. Those of before are
// forgotten: their numbers may be others' by now.
func (r *reaper) remember() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.ended)
	r.remembers = true
}

// watch gives the end of a child, also of one that was adopted, and ends what remember
// began.
func (r *reaper) watch(pid int) <-chan unix.WaitStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer clear(r.ended)
	r.remembers = false
	c := make(chan unix.WaitStatus, 1)
	if ws, ok := r.ended[pid]; ok {
		c <- ws
		return c
	}
	r.watched[pid] = c
	return c
}

// child is one started command.
type child struct {
	id  Identity
	end <-chan unix.WaitStatus
}

// start runs the order in a session of its own. extra are descriptors from 3
// on. It returns when the command runs, or with why it does not.
func (r *reaper) start(o order, extra ...*os.File) (*child, error) {
	in, send, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	fault, tell, err := os.Pipe()
	if err != nil {
		_ = send.Close()
		return nil, err
	}
	defer func() { _ = fault.Close() }()
	o.Fault = 3 + len(extra)
	c, err := r.fork(in, append(extra, tell))
	_ = tell.Close()
	if err == nil {
		err = json.NewEncoder(send).Encode(o)
	}
	_ = send.Close()
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", o.Argv[0], err)
	}
	if why, _ := io.ReadAll(fault); len(why) > 0 {
		<-c.end
		return nil, fmt.Errorf("%s", why)
	}
	return c, nil
}

// fork starts this program again, with the files; a nil one stays closed.
func (r *reaper) fork(in *os.File, files []*os.File) (*child, error) {
	fds := []uintptr{in.Fd(), 1, 2}
	for _, f := range files {
		if f == nil {
			fds = append(fds, ^uintptr(0))
		} else {
			fds = append(fds, f.Fd())
		}
	}
	// Nobody is waited for in between, so the number is this child's.
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(r.self, []string{r.self, "keep", "exec"}, &syscall.ProcAttr{
		Env: []string{}, Files: fds, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	delete(r.ended, pid)
	end := make(chan unix.WaitStatus, 1)
	r.watched[pid] = end
	return &child{id: Identify(pid), end: end}, nil
}
