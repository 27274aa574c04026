package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/modules"
	"github.com/activate-agent/activate/users"
)

// caller is the ordinary user of --user and where their things are, as the XDG
// Base Directory Specification has it.
type caller struct {
	uid, gid uint32
	name     string
	// home, state, config, cache and runtime are absolute.
	home, state, config, cache, runtime string
	// noRuntime says that nobody made a runtime directory, so that activate
	// makes one.
	noRuntime bool
}

// findCaller tells who runs this and where their things are. Root is a user
// like any other here, with a home and a manager of its own.
func findCaller(root *rootfs.Root) (*caller, error) {
	c := &caller{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid()), name: os.Getenv("USER"), home: os.Getenv("HOME")}
	if c.name == "" || c.home == "" {
		if err := c.lookUp(root); err != nil {
			return nil, err
		}
	}
	if err := c.checkHome(); err != nil {
		return nil, err
	}
	c.state = xdg("XDG_STATE_HOME", c.home, ".local/state")
	c.config = xdg("XDG_CONFIG_HOME", c.home, ".config")
	c.cache = xdg("XDG_CACHE_HOME", c.home, ".cache")
	c.runtime = c.findRuntime()
	return c, nil
}

// lookUp fills in from passwd(5) what the environment does not say.
func (c *caller) lookUp(root *rootfs.Root) error {
	name, home, err := users.FindUID(root, c.uid)
	if err != nil && c.home == "" {
		return fmt.Errorf("cannot find your home: %w", err)
	}
	if name == "" && c.home == "" {
		return fmt.Errorf("cannot use --user: HOME is not set, and uid %d has no account that says where it is", c.uid)
	}
	c.name, c.home = cmp.Or(c.name, name, strconv.FormatUint(uint64(c.uid), 10)), cmp.Or(c.home, home)
	return nil
}

// checkHome refuses a home of somebody else, as sudo leaves one: what is made
// in there would be the wrong user's.
func (c *caller) checkHome() error {
	if !filepath.IsAbs(c.home) {
		return fmt.Errorf("cannot use --user: HOME is %q, which is no absolute path", c.home)
	}
	c.home = filepath.Clean(c.home)
	uid, err := ownerOf(c.home)
	if err != nil {
		return fmt.Errorf("cannot use --user: %w", err)
	}
	if uid != c.uid {
		return fmt.Errorf("cannot use --user: HOME is %s, which belongs to uid %d and not to you (uid %d); run it as the user whose services these are, or leave --user out to change the host", c.home, uid, c.uid)
	}
	return nil
}

func ownerOf(dir string) (uint32, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return 0, &os.PathError{Op: "stat", Path: dir, Err: err}
	}
	return st.Uid, nil
}

// xdg is a base directory; one that is not absolute counts as not set.
func xdg(name, home, otherwise string) string {
	if dir := os.Getenv(name); filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(home, otherwise)
}

// runtimeParent is where logind makes users' runtime directories.
const runtimeParent = "/run/user"

// findRuntime gives $XDG_RUNTIME_DIR, else the directory that logind made,
// else one of activate's own: an init of the user's needs no login.
func (c *caller) findRuntime() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	dir := filepath.Join(runtimeParent, strconv.FormatUint(uint64(c.uid), 10))
	if uid, err := ownerOf(dir); err == nil && uid == c.uid {
		return dir
	}
	c.noRuntime = true
	return filepath.Join(c.state, "activate/run")
}

// checkRuntime says what is wrong with the runtime directory, before anything
// is made in it. One of our own is made where it is needed.
func (c *caller) checkRuntime() error {
	uid, err := ownerOf(c.runtime)
	switch {
	case c.noRuntime && errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot use XDG_RUNTIME_DIR: %w; log in again, have root run loginctl enable-linger %s, or unset it", err, c.name)
	case uid != c.uid:
		return fmt.Errorf("cannot use XDG_RUNTIME_DIR: %s belongs to uid %d and not to you (uid %d); unset it", c.runtime, uid, c.uid)
	}
	return nil
}

// personal is the caller as configurations see them.
func (c *caller) personal() *modules.Personal {
	if c == nil {
		return nil
	}
	return &modules.Personal{
		Home: c.home, State: c.state, Cache: c.cache, Config: c.config, Runtime: c.runtime, UID: c.uid, GID: c.gid,
	}
}

// environment are the variables by which a program finds the same places.
func (c *caller) environment() map[string]string {
	return map[string]string{
		"HOME": c.home, "USER": c.name,
		"XDG_STATE_HOME": c.state, "XDG_CONFIG_HOME": c.config, "XDG_CACHE_HOME": c.cache, "XDG_RUNTIME_DIR": c.runtime,
	}
}

// noManager says why there is no systemd of the caller's, and the way out.
func (c *caller) noManager() error {
	return fmt.Errorf("cannot hand units to systemd --user: it does not run for %s (nobody listens at %s/systemd/private); log in, or have root run loginctl enable-linger %s, or say --init none to leave services alone",
		c.name, c.runtime, c.name)
}
