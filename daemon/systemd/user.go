package systemd

import (
	"context"
	"fmt"
	"net"
	"path"
	"strconv"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// user is one user's own manager, systemd --user.
type user struct {
	called string
	// uid is not known before the account exists.
	uid func() (uint32, bool)
	// runtime gives $XDG_RUNTIME_DIR, where the manager's socket is.
	runtime func(uid uint32) string
	// own says that this process is that user's.
	own bool
}

// Caller says where the calling user has what belongs to systemd --user, as
// absolute paths.
type Caller struct {
	UID uint32
	// Config is $XDG_CONFIG_HOME and Runtime $XDG_RUNTIME_DIR.
	Config, Runtime string
}

// ForCaller gives the calling user's own systemd. Its units are in
// $XDG_CONFIG_HOME/systemd/user.
func ForCaller(c Caller) *Systemd {
	u := &user{
		called: "systemd --user", own: true,
		uid:     func() (uint32, bool) { return c.UID, true },
		runtime: func(uint32) string { return c.Runtime },
	}
	config, run := path.Join(rootfs.Rel(c.Config), "systemd"), path.Join(rootfs.Rel(c.Runtime), "systemd")
	in := userScope(u, path.Join(config, "user"), path.Join(run, "user"))
	in.overrides = []string{
		path.Join(config, "user.control"), path.Join(run, "user.control"), path.Join(run, "transient"), path.Join(run, "generator.early"),
	}
	return &Systemd{scope: in}
}

// socket is where the manager takes commands without a bus.
func (u *user) socket() (p string, uid uint32, ok bool) {
	uid, ok = u.uid()
	return path.Join(u.runtime(uid), "systemd/private"), uid, ok
}

// dialLimit bounds how long a manager may take to accept a connection: it is
// the user's process, and may be anything.
const dialLimit = 5 * time.Second

// dial connects to the manager. Only a process of that very user is spoken
// with: a link in the user's directory may lead to the socket of another
// manager, the host's among them.
func (u *user) dial(ctx context.Context) (*net.UnixConn, error) {
	socket, uid, ok := u.socket()
	if !ok {
		return nil, fmt.Errorf("there is no account yet")
	}
	dialer := net.Dialer{Timeout: dialLimit}
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	c := conn.(*net.UnixConn)
	peer, err := peerOf(c)
	if err == nil && peer != uid {
		err = fmt.Errorf("%s leads to a process of uid %d", socket, peer)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// peerOf gives the uid of the process that listens, unix(7) SO_PEERCRED.
func peerOf(c *net.UnixConn) (uint32, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	return cred.Uid, nil
}

// connect opens the manager's D-Bus connection. Until it stands, each answer
// has to come in time.
func (u *user) connect(ctx context.Context) (*systemd.Conn, error) {
	var sockets []*net.UnixConn
	conn, err := systemd.NewConnection(func() (*dbus.Conn, error) {
		c, err := u.dial(ctx)
		if err != nil {
			return nil, err
		}
		sockets = append(sockets, c)
		_ = c.SetDeadline(time.Now().Add(dialLimit))
		return authenticate(c)
	})
	for _, c := range sockets {
		_ = c.SetDeadline(time.Time{})
	}
	return conn, err
}

// authenticate greets as D-Bus has it; systemd itself wants no Hello.
func authenticate(c *net.UnixConn) (*dbus.Conn, error) {
	conn, err := dbus.NewConn(c)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	if err := conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(unix.Geteuid()))}); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// journal is what selects the lines of a unit, journalctl(1): those that its
// processes wrote and those that its manager wrote of it.
func (s scope) journal(unit string) []string {
	switch {
	case s.user == nil:
		return []string{"--unit=" + unit}
	case s.user.own:
		return []string{"--user-unit=" + unit}
	}
	uid, _ := s.user.uid()
	who := "_UID=" + strconv.FormatUint(uint64(uid), 10)
	return []string{who, "_SYSTEMD_USER_UNIT=" + unit, "+", who, "USER_UNIT=" + unit}
}

// answerLimit is how long a user's manager may take to answer: a switch of the
// host must not hang on a process of the user's.
const answerLimit = time.Minute

// bound limits how long a user's manager may take. The host's is waited for.
func (s *Systemd) bound(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if s.user == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
