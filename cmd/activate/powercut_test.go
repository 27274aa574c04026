package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/testvm"
)

// TestPowerCuts cuts the power of whole machines at random moments: of switches
// between two rich configurations, first ones among them, over what somebody
// edited, and on trial, of rollbacks, recordings for the boot, and deactivations.
// Each boot after it must find one of them, or none, whole: accounts, files,
// services, and a plan that is empty. The seed and the number of cuts can be set,
// ACTIVATE_SEED and ACTIVATE_POWER_CUTS.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	seed := uint64(number(t, "ACTIVATE_SEED", int(time.Now().UnixNano()&0xffffffff)))
	cuts := number(t, "ACTIVATE_POWER_CUTS", 2)
	t.Logf("ACTIVATE_SEED=%d ACTIVATE_POWER_CUTS=%d", seed, cuts)
	suites := []string{"bookworm", "bookworm"}
	if os.Getenv("ACTIVATE_ALL_SUITES") != "" {
		suites[1] = "trixie"
	}
	for i, suite := range suites {
		t.Run(fmt.Sprintf("%d-%s", i, suite), func(t *testing.T) {
			t.Parallel()
			c := newCutter(t, suite, rand.New(rand.NewPCG(seed, uint64(i))))
			for range (cuts + i) / len(suites) {
				c.cut()
			}
		})
	}
}

func number(t *testing.T, name string, preset int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return preset
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s is %q, not a number", name, text)
	}
	return n
}

// cutter switches one machine back and forth.
type cutter struct {
	t *testing.T
	m *testvm.Machine
	r *rand.Rand
	// now is the configuration that is current, "a", "b" or none.
	now string
	// want is what the host prints with each; to bring it there takes so long, and
	// so many writes.
	want   map[string]string
	takes  map[string]time.Duration
	writes map[string]int
	round  int
}

const none = ""

func newCutter(t *testing.T, suite string, r *rand.Rand) *cutter {
	t.Helper()
	lean, err := os.ReadFile("testdata/powercut/lean.sh")
	must(t, err)
	m := testvm.Start(t, testvm.Config{Suite: suite, Virtual: true, Prepare: string(lean)})
	c := &cutter{
		t: t, m: m, r: r, want: map[string]string{},
		takes: map[string]time.Duration{}, writes: map[string]int{},
	}
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.CopyTo("testdata/powercut", "/root/powercut")
	m.Succeed("echo secret > /root/token")
	for _, to := range []string{"a", "b", none} {
		began, before := time.Now(), m.Writes()
		m.Succeed(bring(to))
		c.takes[to], c.writes[to] = time.Since(began), m.Writes()-before
		c.now, c.want[to] = to, c.print()
	}
	m.Succeed("sync")
	t.Logf("a takes %s and %d writes, b %s and %d, none %s and %d", c.takes["a"], c.writes["a"], c.takes["b"], c.writes["b"], c.takes[none], c.writes[none])
	return c
}

// bring is the command that brings a machine to a configuration.
func bring(to string) string {
	if to == none {
		// What the snippet made in our directory keeps that there.
		return "activate deactivate && rm -rf /srv/shared"
	}
	return "activate switch /root/powercut/" + to + ".hcl"
}

func (c *cutter) print() string {
	c.t.Helper()
	return c.m.Succeed("sh /root/powercut/print.sh")
}

// next chooses where to go, and the command for it.
func (c *cutter) next() (to, command string) {
	c.t.Helper()
	others := map[string][]string{none: {"a", "b"}, "a": {"b", "b", "b", none}, "b": {"a", "a", "a", none}}[c.now]
	to = others[c.r.IntN(len(others))]
	if c.now == none || to == none {
		return to, bring(to)
	}
	switch c.r.IntN(5) {
	case 0:
		c.m.Succeed("echo edited >> /etc/app/copy; sync")
	case 1:
		number := c.m.Succeed(`cd /var/lib/activate/generations; grep -l '"config":"[^"]*/` + to + `.hcl"' */manifest.json | sort -n | tail -n 1 | cut -d/ -f1`)
		if number != "" {
			return to, "activate rollback " + number
		}
	case 2:
		return to, "activate boot /root/powercut/" + to + ".hcl"
	case 3:
		// Nobody confirms it, so the boot takes it back.
		return c.now, "activate switch --confirm 1h /root/powercut/" + to + ".hcl"
	}
	return to, bring(to)
}

// moment is when to cut the power on the way to the configuration: half of the
// cuts are spread over its time, half over its writes to the disk, which crowd
// together. What waits for a person may never write as much.
func (c *cutter) moment(to string, waits bool) testvm.Moment {
	c.round++
	if c.round%2 == 0 || waits {
		return testvm.Moment{After: time.Duration(c.r.Float64() * float64(c.takes[to]))}
	}
	return testvm.Moment{Writes: 1 + c.r.IntN(c.writes[to])}
}

// cut goes somewhere else, cuts the power meanwhile, boots and looks.
func (c *cutter) cut() {
	c.t.Helper()
	to, command := c.next()
	onTrial := to == c.now
	at := c.moment(to, onTrial)
	ended, code := c.m.PowerCutDuring(command, at, c.r)
	c.m.Boot()
	found := c.current()
	c.t.Logf("cut %d, %q to %q by %s at %+v: %q is current", c.round, c.now, to, strings.TrimSpace(command), at, found)
	if ended && (code != 0 || found != to) {
		c.t.Errorf("it had ended with exit %d, and after the power cut %q is current", code, found)
	}
	if onTrial && found != c.now {
		c.t.Errorf("nobody confirmed the switch, and %q is current", found)
	}
	if onTrial || strings.HasPrefix(command, "activate boot") {
		// No boot runs the snippet, neither on the way there nor back.
		c.m.Succeed("echo " + found + " > /srv/shared/stamp; sync")
	}
	if found == none {
		// What is left of activate itself goes with this.
		c.m.Succeed(bring(none) + " && sync")
	}
	if d := cmp.Diff(c.want[found], c.print()); d != "" {
		c.t.Errorf("the host is not as %q has it: %s\n%s", found, d, c.m.Succeed("journalctl -b -u activate-boot --no-pager"))
	}
	if found != none {
		if out, stderr, code := c.m.Run("activate plan --detailed-exitcode /root/powercut/" + found + ".hcl"); code != 0 {
			c.t.Errorf("the plan for %s is not empty, exit %d: %s%s", found, code, out, stderr)
		}
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.now = found
}

// current is the configuration that is current.
func (c *cutter) current() string {
	c.t.Helper()
	config := c.m.Succeed(`cat /var/lib/activate/current/manifest.json | grep -o '"config":"[^"]*"' || true`)
	for _, name := range []string{"a", "b"} {
		if strings.Contains(config, "/"+name+".hcl") {
			return name
		}
	}
	if config != "" {
		c.t.Fatalf("the current generation is of %s", config)
	}
	return none
}
