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

// TestPowerCuts cuts the power of whole machines at random moments of switches
// between two rich configurations. Each boot after it must find one of them,
// whole: accounts, files, services, and a plan that is empty. The seed and the
// number of cuts can be set, ACTIVATE_SEED and ACTIVATE_POWER_CUTS.
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
	// now is the configuration that is current, "a" or "b".
	now string
	// want is what the host prints with each; a switch to it takes so long, and
	// so many writes.
	want   map[string]string
	takes  map[string]time.Duration
	writes map[string]int
	round  int
}

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
	for _, name := range []string{"a", "b"} {
		began, before := time.Now(), m.Writes()
		m.Succeed("activate switch /root/powercut/" + name + ".hcl")
		c.takes[name], c.writes[name] = time.Since(began), m.Writes()-before
		c.now, c.want[name] = name, m.Succeed("sh /root/powercut/print.sh")
	}
	m.Succeed("sync")
	t.Logf("a takes %s and %d writes, b %s and %d", c.takes["a"], c.writes["a"], c.takes["b"], c.writes["b"])
	return c
}

// moment is when to cut the power during a switch to the configuration: half
// of the cuts are spread over its time, half over its writes to the disk,
// which crowd together.
func (c *cutter) moment(to string) testvm.Moment {
	c.round++
	if c.round%2 == 0 {
		return testvm.Moment{After: time.Duration(c.r.Float64() * float64(c.takes[to]))}
	}
	return testvm.Moment{Writes: 1 + c.r.IntN(c.writes[to])}
}

// cut switches to the other configuration, cuts the power meanwhile, boots and
// looks.
func (c *cutter) cut() {
	c.t.Helper()
	to := map[string]string{"a": "b", "b": "a"}[c.now]
	at := c.moment(to)
	ended, code := c.m.PowerCutDuring("activate switch /root/powercut/"+to+".hcl", at, c.r)
	c.m.Boot()
	found := c.current()
	c.t.Logf("cut %d, %s to %s at %+v: %s is current", c.round, c.now, to, at, found)
	if ended && (code != 0 || found != to) {
		c.t.Errorf("the switch had ended with exit %d, and after the power cut %s is current", code, found)
	}
	if d := cmp.Diff(c.want[found], c.m.Succeed("sh /root/powercut/print.sh")); d != "" {
		c.t.Errorf("the host is not as %s has it: %s\n%s", found, d, c.m.Succeed("journalctl -b -u activate-boot --no-pager"))
	}
	if out, stderr, code := c.m.Run("activate plan --detailed-exitcode /root/powercut/" + found + ".hcl"); code != 0 {
		c.t.Errorf("the plan for %s is not empty, exit %d: %s%s", found, code, out, stderr)
	}
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.now = found
}

// current is the configuration that is current.
func (c *cutter) current() string {
	c.t.Helper()
	config := c.m.Succeed(`grep -o '"config":"[^"]*"' /var/lib/activate/current/manifest.json`)
	for _, name := range []string{"a", "b"} {
		if strings.Contains(config, "/"+name+".hcl") {
			return name
		}
	}
	c.t.Fatalf("the current generation is of %s", config)
	return ""
}
