package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// Systemd is systemd as the init of a host, or without a connection just the
// writer and reader of its files. It is for one goroutine at a time.
type Systemd struct {
	conn *systemd.Conn
	opts Options
}

// Options say how to reach a systemd; the zero value is this host's.
type Options struct {
	// Socket is the path of the bus's socket; empty means the system bus, and
	// where there is none systemd's own socket.
	Socket string
	// Journal is the command that reads the journal; empty means journalctl.
	Journal []string
}

// ErrNotRunning says that this host was not booted with systemd, or that this
// process is in a chroot.
var ErrNotRunning = errors.New("systemd does not run here")

// Offline gives a Systemd that only knows files: for another root, a chroot,
// a build.
func Offline() *Systemd { return &Systemd{} }

// Connect reaches the running systemd. The caller closes it. The error wraps
// ErrNotRunning when there is none.
func Connect(ctx context.Context, opts Options) (*Systemd, error) {
	if opts.Socket == "" && !booted() {
		return nil, fmt.Errorf("cannot reach systemd: %w", ErrNotRunning)
	}
	dial := systemd.NewWithContext
	if opts.Socket != "" {
		dial = func(ctx context.Context) (*systemd.Conn, error) {
			return systemd.NewConnection(func() (*dbus.Conn, error) { return connectTo(ctx, opts.Socket) })
		}
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot reach systemd: %w", err)
	}
	if len(opts.Journal) == 0 {
		opts.Journal = []string{"journalctl"}
	}
	return &Systemd{conn: conn, opts: opts}, nil
}

func connectTo(ctx context.Context, socket string) (*dbus.Conn, error) {
	conn, err := dbus.Dial("unix:path="+socket, dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err := conn.Auth([]dbus.Auth{dbus.AuthExternal("0")}); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if err := conn.Hello(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// booted is sd_booted(3), and not true in a chroot: /run may be shared with
// the host there, but its systemd would look at other files.
func booted() bool {
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return false
	}
	ours, err1 := os.Stat("/")
	host, err2 := os.Stat("/proc/1/root")
	return err1 != nil || err2 != nil || os.SameFile(ours, host)
}

// Close ends the connection.
func (s *Systemd) Close() {
	if s.conn != nil {
		s.conn.Close()
	}
}

// Name is "systemd".
func (s *Systemd) Name() string { return "systemd" }

// Running tells whether there is a connection.
func (s *Systemd) Running() bool { return s.conn != nil }

// Packaged are the directories of systemd.unit(5) that come after an
// administrator's, in order.
func (s *Systemd) Packaged() []string {
	return []string{"run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"}
}
