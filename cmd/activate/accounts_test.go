package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/testvm"
)

// TestUsersRacedByUseradd has twenty real useradd(8) run while switches make,
// change and remove accounts: nobody's account is lost.
func TestUsersRacedByUseradd(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	var all strings.Builder
	for i := range 30 {
		fmt.Fprintf(&all, "user \"ours%02d\" { create_home = true }\n", i)
	}
	m.WriteFile("/root/all.hcl", all.String())
	m.WriteFile("/root/few.hcl", strings.Join(strings.SplitAfter(all.String(), "\n")[:10], ""))

	out := m.Succeed(`
for i in $(seq 1 20); do
	useradd --create-home theirs$i 2>/tmp/theirs$i &
	pids="$pids $!"
done
for n in 1 2 3; do
	activate switch /root/all.hcl 2>>/tmp/ours || exit 1
	activate switch /root/few.hcl 2>>/tmp/ours || exit 1
done
activate switch /root/all.hcl 2>>/tmp/ours || exit 1
for p in $pids; do wait $p && echo made; done`)
	made := strings.Count(out, "made")
	if made == 0 {
		t.Fatal("no useradd got through")
	}
	for i := 1; i <= 20; i++ {
		name := "theirs" + strconv.Itoa(i)
		// useradd(8) gives up after a few seconds when the lock is held; then
		// it says so and there must be nothing half made.
		if said := m.Succeed("cat /tmp/" + name); strings.Contains(said, "cannot lock") {
			m.Fail("grep -q ^" + name + ": /etc/passwd /etc/shadow /etc/group /etc/gshadow")
			continue
		}
		for _, file := range []string{"passwd", "shadow", "group", "gshadow", "subuid"} {
			m.Succeed("grep -q ^" + name + ": /etc/" + file)
		}
	}
	if got := strings.TrimSpace(m.Succeed("grep -c ^ours /etc/passwd")); got != "30" {
		t.Errorf("%s of our 30 accounts are there", got)
	}
	if twice := m.Succeed("cut -d: -f3 /etc/passwd | sort | uniq -d; cut -d: -f3 /etc/group | sort | uniq -d"); twice != "" {
		t.Errorf("ids were given twice: %s", twice)
	}
	m.Succeed("activate plan --detailed-exitcode /root/all.hcl && pwck -r -q; test $? -le 2 && grpck -r")
}

// TestOtherSourcesOfAccounts has a source of accounts behind NSS that the
// account files know nothing of, and nscd(8) between it and everybody.
func TestOtherSourcesOfAccounts(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{Packages: []string{"libnss-extrausers", "nscd"}})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.Succeed(`sed -i -E 's/^(passwd|group):.*/\1: files extrausers/' /etc/nsswitch.conf
mkdir -p /var/lib/extrausers
echo lena:x:1000:1000::/:/bin/sh >/var/lib/extrausers/passwd
echo lab:x:3000: >/var/lib/extrausers/group
systemctl restart nscd && getent passwd lena`)
	m.WriteFile("/root/a.hcl", `user "alice" {}`)
	m.WriteFile("/root/lena.hcl", `user "lena" {}`)
	m.WriteFile("/root/lab.hcl", `group "lab" { gid = 3001 }`)
	m.Fail("getent passwd alice") // and nscd remembers that
	m.Succeed("activate switch /root/a.hcl")
	if got := m.Succeed("getent passwd alice"); !strings.HasPrefix(got, "alice:x:1001:") {
		t.Errorf("alice is %q", got)
	}
	for config, want := range map[string]string{
		"lena": "another source of accounts has a user of that name",
		"lab":  "another source of accounts has the group lab",
	} {
		if said := m.Fail("activate switch /root/" + config + ".hcl"); !strings.Contains(said, want) {
			t.Errorf("%s: %s", config, said)
		}
	}
}

// TestSSSDForgets has sssd(8) hold for ten minutes what it was told of accounts,
// that there are none as well: both are right at once after a switch.
func TestSSSDForgets(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{Packages: []string{"libnss-sss", "sssd-common", "sssd-proxy", "sssd-tools"}})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/etc/sssd/sssd.conf", `[sssd]
services = nss
domains = local
[nss]
entry_negative_timeout = 600
[domain/local]
id_provider = proxy
proxy_lib_name = files
auth_provider = none
access_provider = permit
chpass_provider = none
entry_cache_timeout = 600
`)
	m.Succeed("chmod 600 /etc/sssd/sssd.conf && systemctl restart sssd && getent -s sss passwd man")
	m.Fail("getent -s sss passwd alice")
	for _, description := range []string{"one", "two"} {
		m.WriteFile("/root/alice.hcl", `user "alice" { description = "`+description+`" }`)
		m.Succeed("activate switch /root/alice.hcl")
		if got := m.Succeed("getent -s sss passwd alice"); !strings.Contains(got, ":"+description+":") {
			t.Errorf("alice is %q, not %s", got, description)
		}
	}
}

// TestTwoSwitchesAtOnce has a second switch meet a first: it waits for it, or
// with --lock-timeout 0s ends with 11 and says who holds the lock.
func TestTwoSwitchesAtOnce(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/held.hcl", `snippet "hold" { script = "echo held >/tmp/held; cat /tmp/go" }
etc "held" { text = "x" }
`)
	m.WriteFile("/root/second.hcl", `etc "second" { text = "x" }`)
	out := m.Succeed(`
mkfifo /tmp/held /tmp/go
activate switch /root/held.hcl >/tmp/first 2>&1 &
first=$!
cat /tmp/held
activate switch --lock-timeout 0s /root/second.hcl 2>&1 || code=$?
echo "exit $code while $first runs"
activate plan /root/second.hcl >/dev/null && echo planned
activate switch /root/second.hcl 2>/tmp/second &
second=$!
echo >/tmp/go
wait $first && wait $second && test ! -e /etc/held && cat /etc/second`)
	lines := strings.Split(out, "\n")
	pid := strings.Fields(lines[len(lines)-3])
	if !strings.HasPrefix(out, "held\n") || !strings.Contains(out, "exit 11 while ") || !strings.HasSuffix(out, "planned\nx") {
		t.Fatalf("the second switch: %s", out)
	}
	if len(pid) != 5 || !strings.Contains(out, "pid "+pid[3]+" (switch)") {
		t.Errorf("the message does not name the holder: %s", out)
	}
}

// TestNoSpace switches on file systems that are really full at one point or
// another: exit 1 and the tree as before, or exit 0 and all there. With space,
// the next run works.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	must(t, os.WriteFile(a, []byte(killA), 0o600))
	var big strings.Builder
	big.WriteString(killB)
	for i := range 20 {
		fmt.Fprintf(&big, "file \"/srv/big%02d\" { text = %q }\n", i, strings.Repeat(strconv.Itoa(i), 4000))
	}
	must(t, os.WriteFile(b, []byte(big.String()), 0o600))
	failed := 0
	for kilobytes := 120; kilobytes < 800; kilobytes += 20 {
		if noSpace(t, dir, a, b, kilobytes) {
			failed++
		}
	}
	if failed < 5 {
		t.Errorf("only %d switches ran out of space", failed)
	}
}

// noSpace switches a small root to b on a file system of that size, and
// reports whether it was too small.
func noSpace(t *testing.T, dir, a, b string, kilobytes int) bool {
	t.Helper()
	root := filepath.Join(dir, "root"+strconv.Itoa(kilobytes))
	must(t, os.Mkdir(root, 0o755))
	options := fmt.Sprintf("size=%dk,mode=755", kilobytes)
	must(t, unix.Mount("tmpfs", root, "tmpfs", 0, options))
	defer func() { must(t, unix.Unmount(root, unix.MNT_DETACH)) }()
	must(t, writeAccounts(root))
	if exec.Command(binary, "switch", "--root", root, a).Run() != nil {
		return false // not even the first fits
	}
	before := plainTree(t, root)
	out, err := exec.Command(binary, "switch", "--root", root, b).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if exit.ExitCode() != 1 || !bytes.Contains(out, []byte("no space left")) && !bytes.Contains(out, []byte("KiB are free")) {
			t.Errorf("%d KiB: exit status %d: %s", kilobytes, exit.ExitCode(), out)
		}
		if d := cmp.Diff(before, plainTree(t, root)); d != "" {
			t.Errorf("%d KiB: after a failed switch: %s", kilobytes, d)
		}
		must(t, unix.Mount("tmpfs", root, "tmpfs", unix.MS_REMOUNT, "size=10m"))
	}
	activate(t, root, b)
	if _, err := os.Lstat(filepath.Join(root, "srv/big19")); err != nil {
		t.Error(err)
	}
	return err != nil
}
