package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// nssWait is how long the host's sources of accounts may take to answer: a
// directory that is down must not hold up a switch.
const nssWait = 3 * time.Second

// lookupAccounts gives the function that asks the sources of accounts of the
// running host, nil where passwd and group come from files alone.
func lookupAccounts() func(database string, keys []string) ([]byte, error) {
	conf, err := os.ReadFile("/etc/nsswitch.conf")
	if err != nil || !asksOthers(conf) {
		return nil
	}
	return func(database string, keys []string) ([]byte, error) {
		out, err := runTool("getent", append([]string{database}, keys...)...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == getentMissing {
			err = nil
		}
		return out, err
	}
}

// asksOthers tells whether nsswitch.conf(5) names a source of users or groups
// that may know other people than the files and systemd's own.
func asksOthers(conf []byte) bool {
	for line := range bytes.Lines(conf) {
		database, sources, _ := strings.Cut(string(line), ":")
		if database = strings.TrimSpace(database); database != "passwd" && database != "group" {
			continue
		}
		sources, _, _ = strings.Cut(sources, "#")
		if slices.ContainsFunc(strings.Fields(sources), otherSource) {
			return true
		}
	}
	return false
}

func otherSource(source string) bool {
	return source[0] != '[' && !slices.Contains([]string{"files", "compat", "systemd", "db", "altfiles"}, source)
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
