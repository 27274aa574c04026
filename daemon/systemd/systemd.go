package systemd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Systemd is systemd as the init of a host, or where it does not run just the
// writer and reader of its files. It is for one goroutine at a time.
type Systemd struct {
	scope
	running bool
	opts    Options
	// conn is made when it is first needed: most runs change no unit.
	conn *systemd.Conn
}

// Options say how to reach a systemd; the zero value is this host's.
type Options struct {
	// Socket is the path of the bus's socket; empty means the system bus, and
	// where there is none systemd's own socket.
	Socket string
	// Journal is the command that reads the journal; empty means journalctl.
	Journal []string
}

// New gives the systemd of root: the one that runs this host when root is the
// host's own, else one that only knows files.
func New(root *rootfs.Root) *Systemd {
	return &Systemd{scope: hostScope(), running: root.Dir() == "/" && booted()}
}

// Offline gives a Systemd that only knows files.
func Offline() *Systemd { return &Systemd{scope: hostScope()} }

// At gives the running systemd that opts lead to, as that of a container.
func At(opts Options) *Systemd { return &Systemd{scope: hostScope(), running: true, opts: opts} }

// Detect tells whether systemd is the init of root: it runs, or /sbin/init is
// it.
func Detect(root *rootfs.Root) bool {
	if root.Dir() == "/" && booted() {
		return true
	}
	target, err := root.Readlink("sbin/init")
	return err == nil && path.Base(target) == "systemd"
}

// manager connects, or gives the connection that there is.
func (s *Systemd) manager(ctx context.Context) (*systemd.Conn, error) {
	if s.conn != nil && s.conn.Connected() {
		return s.conn, nil
	}
	dial := systemd.NewWithContext
	switch {
	case s.user != nil:
		dial = s.user.connect
	case s.opts.Socket != "":
		dial = func(ctx context.Context) (*systemd.Conn, error) {
			return systemd.NewConnection(func() (*dbus.Conn, error) { return connectTo(ctx, s.opts.Socket) })
		}
	}
	// The connection outlives this call's deadline.
	conn, err := dial(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("cannot reach %s: %w", s.called(), err)
	}
	s.conn = conn
	return conn, nil
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
// the host there, but its systemd would look at other files. Nor without /proc, which
// systemd mounts first of all.
func booted() bool {
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return false
	}
	ours, err1 := os.Stat("/")
	host, err2 := os.Stat("/proc/1/root")
	if errors.Is(err2, fs.ErrNotExist) {
		return false
	}
	return err1 != nil || err2 != nil || os.SameFile(ours, host)
}

// Close ends the connection, if there is one.
func (s *Systemd) Close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// Name is "systemd".
func (s *Systemd) Name() string { return "systemd" }

// Running tells whether there is a systemd to speak with.
func (s *Systemd) Running() bool {
	if s.user == nil {
		return s.running
	}
	// The connection is kept: a manager logs each one that is closed before it
	// said anything.
	_, err := s.manager(context.Background())
	return err == nil
}

// Dirs are the directories of systemd.unit(5), in order.
func (s *Systemd) Dirs() []string { return append([]string{s.unitDir}, s.otherDirs...) }

// Overrides are the directories that count before the one that units are written
// to: those of systemctl set-property, of transient units, and of early generators.
func (s *Systemd) Overrides() []string { return s.overrides }
