package main_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestOddProcesses: the whole life of a host under kernels, filters and limits that
// are not the usual ones.
func TestOddProcesses(t *testing.T) {
	t.Parallel()
	shell := func(text string) func(*exec.Cmd) error {
		return func(cmd *exec.Cmd) error {
			return become(cmd, "sh", "-c", text+`; exec "$@"`, "sh").Run()
		}
	}
	interrupted := "openat,openat2,newfstatat,readlinkat,mkdirat,symlinkat,renameat,unlinkat,fchown,fchownat,fchmod,fsync,syncfs"
	for name, run := range map[string]func(*exec.Cmd) error{
		"an old kernel":         func(cmd *exec.Cmd) error { return denied(cmd, unix.ENOSYS, newerCalls...) },
		"an old filter":         func(cmd *exec.Cmd) error { return denied(cmd, unix.EPERM, newerCalls...) },
		"no rights for anybody": shell("umask 0777"),
		"few descriptors":       shell("ulimit -n 24"),
		"nothing is open":       shell("exec <&- >&- 2>&-"),
		"interrupted calls": func(cmd *exec.Cmd) error {
			return become(cmd, "strace", "-f", "-o", os.DevNull, "-e", "trace="+interrupted, "-e", "inject="+interrupted+":error=EINTR:when=3+3").Run()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live(t, filepath.Join(t.TempDir(), "root"), run)
		})
	}
}

// TestMountedFileOnAnOldKernel: a file that is mounted over, as in a container, refuses
// the plan also where statx(2) does not tell of mounts.
func TestMountedFileOnAnOldKernel(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	hosts, config := filepath.Join(root, "etc/hosts"), filepath.Join(root, "a.hcl")
	must(t, os.WriteFile(hosts, []byte("127.0.0.1 below\n"), 0o644))
	must(t, os.WriteFile(config, []byte("file \"/etc/hosts\" { text = \"127.0.0.1 new\\n\" }\n"), 0o600))
	above := filepath.Join(root, "above")
	must(t, os.WriteFile(above, []byte("127.0.0.1 above\n"), 0o644))
	must(t, unix.Mount(above, hosts, "", unix.MS_BIND, ""))
	t.Cleanup(func() { must(t, unix.Unmount(hosts, unix.MNT_DETACH)) })
	for _, verb := range []string{"plan", "switch"} {
		var told strings.Builder
		cmd := exec.Command(binary, verb, "--root", root, config)
		cmd.Stderr = &told
		if err := denied(cmd, unix.ENOSYS, unix.SYS_STATX); err == nil || !strings.Contains(told.String(), "something is mounted over it") {
			t.Errorf("%s: %v, %s", verb, err, &told)
		}
	}
}

// TestDefaultACLOfEtc: what new files in /etc get opens neither shadow nor its backup.
func TestDefaultACLOfEtc(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	// By acl(5) and linux/posix_acl_xattr.h: user::rw- user:1:r-- group::r-- mask::r-- other::---.
	letting := "\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x04\x00\x01\x00\x00\x00\x04\x00\x04\x00\xff\xff\xff\xff" +
		"\x10\x00\x04\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff"
	must(t, unix.Setxattr(filepath.Join(root, "etc"), "system.posix_acl_default", []byte(letting), 0))
	config := filepath.Join(root, "a.hcl")
	must(t, os.WriteFile(config, []byte(killA), 0o600))
	activate(t, root, config)
	for _, name := range []string{"passwd", "group", "shadow", "shadow-", "gshadow", "gshadow-"} {
		if _, err := unix.Getxattr(filepath.Join(root, "etc", name), "system.posix_acl_access", nil); !errors.Is(err, unix.ENODATA) {
			t.Errorf("%s: its ACL is %v", name, err)
		}
	}
}

// TestNobodyReadsTheAnswer: an answer that nobody reads to its end is not told as an error.
func TestNobodyReadsTheAnswer(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	config := filepath.Join(root, "a.hcl")
	must(t, os.WriteFile(config, []byte("etc \"motd\" { text = \"x\" }\n"), 0o600))
	read, write, err := os.Pipe()
	must(t, err)
	must(t, read.Close())
	var told strings.Builder
	cmd := exec.Command(binary, "plan", "--root", root, config)
	cmd.Stdout, cmd.Stderr = write, &told
	err = cmd.Run()
	must(t, write.Close())
	if exit, ended := errors.AsType[*exec.ExitError](err); !ended || exit.ExitCode() != 1 || told.Len() > 0 {
		t.Errorf("%v: %s", err, &told)
	}
}

// TestUserNamespace: what nothing can be given to, or back to, refuses the plan; all
// else is done.
func TestUserNamespace(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	stranger := filepath.Join(root, "etc/stranger")
	must(t, os.WriteFile(stranger, []byte("of a host's user\n"), 0o644))
	must(t, os.Chown(stranger, 1234, 0))
	apart := func(args ...string) *exec.Cmd {
		cmd := exec.Command(binary, append(args, "--root", root)...)
		only := []syscall.SysProcIDMap{{Size: 1}}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: only, GidMappings: only}
		return cmd
	}
	config := filepath.Join(root, "a.hcl")
	for text, why := range map[string]string{
		"file \"/etc/stranger\" { text = \"ours\\n\" }\n":                         "it belongs to 65534:0, and could not be given back",
		"file \"/etc/new\" {\n text = \"\"\n user = \"daemon\"\n}\n":              "1:0 is not in this user namespace",
		"user \"ann\" {\n uid = 1500\n create_home = true\n home = \"/ann\"\n}\n": "its home /ann could not be its own: 1500:1500 is not in this user namespace",
	} {
		must(t, os.WriteFile(config, []byte(text), 0o644))
		for _, verb := range []string{"plan", "switch"} {
			out, err := apart(verb, config).CombinedOutput()
			if exit, ended := errors.AsType[*exec.ExitError](err); !ended || exit.ExitCode() != 1 || !strings.Contains(string(out), why) {
				t.Errorf("%s of %s: %v, %s", verb, text, err, out)
			}
		}
	}
	group := filepath.Join(root, "etc/group")
	must(t, os.Chown(group, 0, 42))
	must(t, os.WriteFile(config, []byte("group \"team\" {}\n"), 0o644))
	for _, verb := range []string{"plan", "switch"} {
		out, err := apart(verb, config).CombinedOutput()
		if exit, ended := errors.AsType[*exec.ExitError](err); !ended || exit.ExitCode() != 1 || !strings.Contains(string(out), "etc/group belongs to 0:65534") {
			t.Errorf("%s with a group file of a host's group: %v, %s", verb, err, out)
		}
	}
	must(t, os.Chown(group, 0, 0))
	must(t, os.WriteFile(config, []byte("user \"ann\" {}\nfile \"/etc/new\" { text = \"x\" }\n"), 0o644))
	for _, args := range [][]string{{"switch", config}, {"drift"}, {"deactivate"}} {
		if out, err := apart(args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v, %s", args[0], err, out)
		}
	}
}

// TestOwnLockUnderAnyUmask: a user whose umask takes all rights can run again.
func TestOwnLockUnderAnyUmask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	home, program := filepath.Join(dir, "home"), filepath.Join(dir, "activate")
	must(t, os.Mkdir(home, 0o755))
	must(t, os.Chown(home, 65534, 65534))
	must(t, exec.Command("cp", binary, program).Run())
	config := filepath.Join(dir, "a.hcl")
	must(t, os.WriteFile(config, []byte("file \""+home+"/x\" { text = \"x\" }\n"), 0o644))
	must(t, exec.Command("chmod", "-R", "go+rX", filepath.Dir(dir)).Run())
	for range 2 {
		cmd := exec.Command("sh", "-c", `umask 0777; exec "$@"`, "sh", program, "switch", "--user", "--init", "none", config)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Env = []string{"HOME=" + home}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// become has cmd run by another program, whose last arguments are cmd's.
func become(cmd *exec.Cmd, program string, args ...string) *exec.Cmd {
	other := exec.Command(program, append(args, cmd.Args...)...)
	other.Stdout, other.Stderr, other.Env = cmd.Stdout, cmd.Stderr, cmd.Env
	return other
}

// live takes the new host root through two configurations, back, and to its end,
// each command run by run: nothing is left to do in between, and nothing at the end.
func live(t *testing.T, root string, run func(*exec.Cmd) error) {
	t.Helper()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	must(t, os.WriteFile(a, []byte(killA), 0o600))
	must(t, os.WriteFile(b, []byte(killB), 0o600))
	must(t, writeAccounts(root))
	must(t, os.MkdirAll(filepath.Join(root, "srv"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "etc/copy"), []byte("of somebody else\n"), 0o604))
	before := plainTree(t, root)
	for _, step := range [][]string{
		{"2", "plan", "--detailed-exitcode", a},
		{"0", "switch", a},
		{"0", "plan", "--detailed-exitcode", a},
		{"0", "switch", b},
		{"0", "drift"},
		{"0", "rollback"},
		{"0", "generations", "delete", "2"},
		{"0", "at-boot"},
		{"0", "plan", "--detailed-exitcode", a},
		{"0", "deactivate"},
	} {
		var told strings.Builder
		cmd := exec.Command(binary, append(step[1:], "--root", root, "--init", "none")...)
		cmd.Stdout, cmd.Stderr = &told, &told
		code := "0"
		if err := run(cmd); err != nil {
			exit, ended := errors.AsType[*exec.ExitError](err)
			if !ended {
				t.Fatal(err)
			}
			code = map[int]string{2: "2"}[exit.ExitCode()]
		}
		if code != step[0] {
			t.Fatalf("%s is not exit %s: %s", strings.Join(step[1:], " "), step[0], &told)
		}
	}
	after := plainTree(t, root)
	delete(after, "etc/.pwd.lock")
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("after deactivate: %s", d)
	}
	for _, own := range []string{"var/lib/activate", "run/activate"} {
		if _, err := os.Lstat(filepath.Join(root, own)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", own, err)
		}
	}
}

// TestNoLocks: where a file system has no locks, or where nothing can be made as on
// an idmapped mount that has no root, a run says so and leaves nothing.
func TestNoLocks(t *testing.T) {
	t.Parallel()
	for inject, want := range map[string]string{
		"flock:error=ENOLCK":      "error: cannot lock %s/run/activate/lock: no locks available",
		"mkdirat:error=EOVERFLOW": "error: cannot lock %s/run/activate/lock: mkdir %[1]s/run: value too large for defined data type",
	} {
		root := filepath.Join(t.TempDir(), "root")
		must(t, writeAccounts(root))
		must(t, os.RemoveAll(filepath.Join(root, "run")))
		config := filepath.Join(t.TempDir(), "a.hcl")
		must(t, os.WriteFile(config, []byte("group \"web\" {}\n"), 0o600))
		before := killCopy(t, root, t.TempDir(), "before")
		call, _, _ := strings.Cut(inject, ":")
		out, err := exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+inject,
			binary, "switch", "--root", root, config).CombinedOutput()
		if err == nil || !strings.Contains(string(out), fmt.Sprintf(want, root)) {
			t.Errorf("%v: %s", err, out)
		}
		if out, err := exec.Command("diff", "-r", before, root).CombinedOutput(); err != nil {
			t.Errorf("it left: %s", out)
		}
	}
}
