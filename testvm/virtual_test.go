package testvm_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// virtual is a virtual machine with the services that the power cuts leave it,
// on the disk that they have too.
func virtual(t *testing.T) testvm.Config {
	t.Helper()
	lean, err := os.ReadFile("../cmd/activate/testdata/powercut/lean.sh")
	if err != nil {
		t.Fatal(err)
	}
	return testvm.Config{Virtual: true, Prepare: string(lean)}
}

// TestVirtualMachine: a whole machine answers as a container does, keeps its
// disk over reboots, and forgets after a power cut what was not flushed.
func TestVirtualMachine(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, virtual(t))
	if got := m.Succeed("cat /proc/1/comm; systemd-detect-virt"); !strings.HasPrefix(got, "systemd\n") || strings.Contains(got, "none") {
		t.Errorf("it runs on %q", got)
	}
	if _, stderr, code := m.Run("echo to stderr >&2; exit 3"); code != 3 || stderr != "to stderr\n" {
		t.Errorf("Run gave code %d and stderr %q", code, stderr)
	}
	if _, _, code := m.Run("kill -TERM $$"); code != 143 {
		t.Errorf("a killed shell gave %d", code)
	}
	m.WriteFile("/root/kept", strings.Repeat("a line\n", 100_000))
	if got := m.Succeed("wc -c < /root/kept"); got != "700000\n" {
		t.Errorf("700000 bytes arrived as %s", got)
	}
	m.WaitForUnit("multi-user.target")
	before := m.Succeed("cat /proc/sys/kernel/random/boot_id; sync")
	m.Succeed("echo lost > /root/lost")

	m.PowerCut(rand.New(rand.NewPCG(1, 1)))
	m.Boot()
	if m.Succeed("cat /proc/sys/kernel/random/boot_id") == before {
		t.Error("the machine did not boot again")
	}
	if got := m.Succeed("wc -c < /root/kept"); got != "700000\n" {
		t.Errorf("after the power cut %s of 700000 flushed bytes are there", got)
	}
	m.Fail("grep lost /root/lost")
	m.PowerOff()
}

// TestSnapshot: two machines go on from one moment, each on its own, and see
// each other on their segment.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	segment := testvm.NewSegment(t)
	c := virtual(t)
	c.Suite, c.Segment = "trixie", segment
	m := testvm.Start(t, c)
	m.Succeed("echo before > /run/mark; echo before > /root/mark; sync")
	s := m.Snapshot()
	m.Succeed("echo after > /run/mark; echo after > /root/mark; ip link set eth0 up; ip addr add 10.9.0.1/24 dev eth0")

	other := testvm.Restore(t, s)
	if got := other.Succeed("cat /run/mark /root/mark"); got != "before\nbefore\n" {
		t.Errorf("the restored machine has %q", got)
	}
	other.Succeed("ip link set eth0 address 52:54:00:00:00:02; ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0")
	other.WaitUntil(func() bool {
		_, _, code := other.Run("perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Proto => \"udp\", PeerAddr => \"10.9.0.1:9\"); $s->send(\"x\"); 1' && ip neigh show 10.9.0.1 | grep -q lladdr")
		return code == 0
	}, "an answer of the first machine's network")
	if got := m.Succeed("cat /run/mark /root/mark"); got != "after\nafter\n" {
		t.Errorf("the machine that went on has %q", got)
	}
}
