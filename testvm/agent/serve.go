package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/testvm/wire"
)

// portName is what the host calls the channel.
const portName = "testvm"

// server runs commands for the host.
type server struct {
	port io.ReadWriter
	// sending keeps frames whole.
	sending sync.Mutex
	// jobs are the commands that run, each with its input.
	mu   sync.Mutex
	jobs map[uint32]*job
}

type job struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func serve() error {
	port, err := openPort()
	if err != nil {
		return err
	}
	s := &server{port: port, jobs: map[uint32]*job{}}
	for {
		f, err := wire.Read(port)
		switch {
		case err == nil:
			s.handle(f)
		case errors.Is(err, wire.ErrGarbled):
			return err
		default:
			// Nobody listens on the other side: the machine was restored from
			// a snapshot, and its new owner has yet to come.
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// openPort finds the device of the virtio-serial port by its name.
func openPort() (*os.File, error) {
	names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, path := range names {
		name, err := os.ReadFile(path)
		if err == nil && strings.TrimSpace(string(name)) == portName {
			// Blocking: the runtime's poller has no use for a hang-up here.
			dev := "/dev/" + filepath.Base(filepath.Dir(path))
			fd, err := unix.Open(dev, unix.O_RDWR|unix.O_CLOEXEC, 0)
			if err != nil {
				return nil, &os.PathError{Op: "open", Path: dev, Err: err}
			}
			return os.NewFile(uintptr(fd), dev), nil
		}
	}
	return nil, fmt.Errorf("there is no virtio-serial port %q", portName)
}

func (s *server) send(f wire.Frame) {
	s.sending.Lock()
	defer s.sending.Unlock()
	// With the host gone there is nobody to tell.
	_ = wire.Write(s.port, f)
}

func (s *server) handle(f wire.Frame) {
	s.mu.Lock()
	j := s.jobs[f.ID]
	s.mu.Unlock()
	switch {
	case f.Kind == wire.Ping:
		s.send(wire.Frame{ID: f.ID, Kind: wire.Pong})
	case f.Kind == wire.Start:
		if err := s.start(f); err != nil {
			s.send(wire.Frame{ID: f.ID, Kind: wire.Exit, Data: []byte("!" + err.Error())})
		}
	case j == nil:
	case f.Kind == wire.Stdin:
		// A command that does not read its input is not to hold up others for
		// ever; the pipe's end closes with it.
		_, _ = j.stdin.Write(f.Data)
	case f.Kind == wire.End:
		_ = j.stdin.Close()
	case f.Kind == wire.Kill:
		_ = unix.Kill(-j.cmd.Process.Pid, unix.SIGKILL)
	}
}

func (s *server) start(f wire.Frame) error {
	var c wire.Command
	if err := json.NewDecoder(bytes.NewReader(f.Data)).Decode(&c); err != nil || len(c.Argv) == 0 {
		return fmt.Errorf("it is no command: %q", f.Data)
	}
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.Dir = c.Env, "/"
	cmd.Stdout, cmd.Stderr = &stream{s, f.ID, wire.Stdout}, &stream{s, f.ID, wire.Stderr}
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	// Services started by cmd may keep its output open after it ended.
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.mu.Lock()
	s.jobs[f.ID] = &job{cmd, stdin}
	s.mu.Unlock()
	go s.reap(f.ID, cmd)
	return nil
}

func (s *server) reap(id uint32, cmd *exec.Cmd) {
	_ = cmd.Wait()
	s.mu.Lock()
	delete(s.jobs, id)
	s.mu.Unlock()
	code := cmd.ProcessState.ExitCode()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	s.send(wire.Frame{ID: id, Kind: wire.Exit, Data: []byte(strconv.Itoa(code))})
}

// stream sends what a command writes.
type stream struct {
	s    *server
	id   uint32
	kind wire.Kind
}

func (o *stream) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), wire.MaxData)
		o.s.send(wire.Frame{ID: o.id, Kind: o.kind, Data: rest[:n]})
		rest = rest[n:]
	}
	return len(p), nil
}
