package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
)

// nssWait is how long the host's sources of accounts may take to answer: a
// directory that is down must not hold up a switch.
const nssWait = 3 * time.Second

// nsswitchLimit is far more than an nsswitch.conf(5) has.
const nsswitchLimit = 1 << 20

// lookupAccounts gives the function that asks the sources of accounts of the
// running host, nil where passwd and group come from files alone.
func lookupAccounts() func(database string, keys []string) ([]byte, error) {
	conf, err := os.ReadFile("/etc/nsswitch.conf")
	if err != nil || !names(conf, otherSource) {
		return nil
	}
	return getent
}

func getent(database string, keys []string) ([]byte, error) {
	out, err := runTool("getent", append([]string{database}, keys...)...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == getentMissing {
		err = nil
	}
	return out, err
}

// strangers gives those of names, none of which passwd(5) has, that nobody knows.
// What other sources than the files an image has can't be asked here.
func (w *wiring) strangers(list []string) ([]string, error) {
	conf, err := w.root.ReadFile("etc/nsswitch.conf", nsswitchLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, rootfs.Reason(err)
	}
	if !names(conf, func(source string) bool { return source != "files" }) {
		return list, nil
	}
	if w.root.Dir() != "/" {
		return nil, nil
	}
	found, err := getent("passwd", list)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(found)) {
		name, _, _ := strings.Cut(line, ":")
		known[bareName(name)] = true
	}
	return slices.DeleteFunc(list, func(name string) bool { return known[bareName(name)] }), nil
}

// bareName is what a directory's name for a user begins as: some have its domain
// with it, and letters as they were typed there.
func bareName(name string) string {
	if _, behind, found := strings.Cut(name, "\\"); found {
		name = behind
	}
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(name)
}

// names tells whether nsswitch.conf(5) names such a source of users or groups.
func names(conf []byte, such func(source string) bool) bool {
	for line := range bytes.Lines(conf) {
		database, sources, _ := strings.Cut(string(line), ":")
		if database = strings.TrimSpace(database); database != "passwd" && database != "group" {
			continue
		}
		sources, _, _ = strings.Cut(sources, "#")
		if slices.ContainsFunc(strings.Fields(sources), func(s string) bool { return s[0] != '[' && such(s) }) {
			return true
		}
	}
	return false
}

// otherSource tells one that may know other people than the files and systemd's
// own.
func otherSource(source string) bool {
	return !slices.Contains([]string{"files", "compat", "systemd", "db", "altfiles"}, source)
}

// getentMissing is getent(1)'s exit status when a key was not found.
const getentMissing = 2

// runTool runs a program of the host by its name, also where there is no PATH.
func runTool(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), nssWait)
	defer cancel()
	path, err := findTool(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.WaitDelay = &out, time.Second
	// A Ctrl-C at the terminal is not the tool's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s did not end within %s", name, nssWait)
	}
	return out.Bytes(), err
}

func findTool(name string) (string, error) {
	for _, dir := range []string{"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"} {
		if _, err := os.Stat(dir + name); err == nil {
			return dir + name, nil
		}
	}
	return "", fmt.Errorf("there is no program %s", name)
}

// dropAccountCaches has nscd(8) and sssd(8), where they run, forget what they
// hold of accounts. What does not work is told: the accounts are right, and
// the caches forget by themselves after a while.
func dropAccountCaches(warn func(string)) {
	for _, c := range []struct {
		runs string
		argv []string
	}{
		{"/run/nscd/socket", []string{"nscd", "--invalidate=passwd"}},
		{"/run/nscd/socket", []string{"nscd", "--invalidate=group"}},
		{"/run/sssd.pid", []string{"sss_cache", "-E"}},
	} {
		if _, err := os.Stat(c.runs); err != nil {
			continue
		}
		if _, err := runTool(c.argv[0], c.argv[1:]...); err != nil {
			warn(fmt.Sprintf("cannot have %s forget old accounts: %v", c.argv[0], err))
		}
	}
}
