package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// nobody is the uid and the gid of the ordinary user whose home is walked in.
const nobody = 65534

// stateOfHome is where the state of an ordinary user is, below the home; walks
// call it as they do that of a host.
const stateOfHome, stateOfHost = ".local/state/activate", "var/lib/activate"

// TestHomeWalks takes the walks of TestWalks in the home of an ordinary user,
// without root, and with snippets, which run there: those that fail, that kill
// activate, and that ask for restarts.
func TestHomeWalks(t *testing.T) {
	t.Parallel()
	// The user has to reach the program and the home.
	bin := t.TempDir()
	must(t, os.Chmod(filepath.Dir(bin), 0o755)) //nolint:gosec // it is for all
	program := filepath.Join(bin, "activate")
	must(t, exec.Command("cp", binary, program).Run())
	takeWalks(t, number(t, "ACTIVATE_WALKS", 15), func(t *rapid.T, dir string) *walk {
		w := &walk{walkHost: walkHost{t: t, dir: filepath.Join(dir, "home"), init: rapid.SampledFrom([]string{"none", "none", "sysvinit"}).Draw(t, "init"), home: true, program: program}, config: filepath.Join(dir, "c.hcl"), of: map[string]string{}, lost: map[string]bool{}}
		w.must(os.Mkdir(w.dir, 0o755)) //nolint:gosec // as homes are
		w.must(os.Chmod(dir, 0o755))   //nolint:gosec // the user has to get through
		w.must(os.WriteFile(filepath.Join(dir, walkSource), []byte("source\n"), 0o644))
		w.fillHome()
		w.must(exec.CommandContext(t.Context(), "chown", "-Rh", "65534:65534", dir).Run())
		return w
	})
}

// fillHome draws what a home has.
func (h walkHost) fillHome() {
	h.write("keys/one", "s3cret one\n", 0o600, 0, 0)
	h.write("keys/two", "s3cret two\n", 0o600, 0, 0)
	h.directory("home", 0o755, 0, 0)
	for _, p := range []string{".config", ".local", ".local/share", ".local/state", ".config/activate/services"} {
		if rapid.Bool().Draw(h.t, "there is "+p) {
			h.directory(p, rapid.SampledFrom([]uint32{0o755, 0o700, 0o2755}).Draw(h.t, "mode of "+p), 0, 0)
		}
	}
	for _, p := range walkPaths {
		h.put(strings.TrimPrefix(p, "/"))
	}
}

// path is where p is, a path on the host or in the home.
func (h walkHost) path(p string) string {
	if below, ours := strings.CutPrefix(p, stateOfHost); ours && h.home {
		p = stateOfHome + below
	}
	return filepath.Join(h.dir, p)
}

// called gives how walks call a path below dir: each home's state as a host's.
func (h walkHost) called(p string) string {
	rel, _ := filepath.Rel(h.dir, p)
	if !h.home {
		return rel
	}
	if below, ours := strings.CutPrefix(rel, stateOfHome); ours {
		return stateOfHost + below
	}
	switch rel {
	case ".local":
		return "var"
	case ".local/state":
		return "var/lib"
	}
	return rel
}

// asOwner has a command run as the one whose home it is.
func (h walkHost) asOwner(cmd *exec.Cmd) {
	if h.home {
		cmd.Env = append(cmd.Env, "HOME="+h.dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

// belongs gives what stands at p to the one whose home it is.
func (h walkHost) belongs(p string) {
	if _, err := os.Lstat(p); err == nil && h.home {
		h.must(os.Lchown(p, nobody, nobody))
	}
}

// ofRoot are the attributes that an ordinary user cannot have.
var ofRoot = regexp.MustCompile(`(?m)^  (user|group) = .*\n`)

// drawHome draws the blocks of a whole configuration for a home.
func drawHome(t *rapid.T, home, init string) []string {
	var out []string
	for _, p := range walkPaths {
		b := drawPath(t, p)
		if b == "" || strings.HasPrefix(b, "etc ") {
			continue
		}
		b = strings.Replace(ofRoot.ReplaceAllString(b, ""), "{\n", "{\n  path = \""+home+p+"\"\n", 1)
		out = append(out, strings.NewReplacer(`"/keys/`, `"`+home+`/keys/`, `"/srv"`, `"`+home+`/srv"`).Replace(b))
	}
	for _, b := range homeBlocks {
		if rapid.IntRange(0, 3).Draw(t, b) == 3 && (init == "none" || !strings.Contains(b, "ACTIVATE_RESTART_LIST")) {
			out = append(out, ofInit(b, init))
		}
	}
	return out
}

// ofInit has a block's service not started where there is an init that would: a walk
// is about its files. Nothing asks for its restart there, either.
func ofInit(block, init string) string {
	if init == "none" || !strings.HasPrefix(block, "service ") {
		return block
	}
	return strings.Replace(block, "{\n", "{\n  autostart = false\n", 1)
}

// homeBlocks are what a configuration for a home may have besides paths.
var homeBlocks = []string{ //nolint:gochecknoglobals // a constant
	"activation {\n  keep_generations = 2\n}\n",
	"service \"web\" {\n  process {\n    argv = [\"/bin/sleep\", \"1\"]\n  }\n  config_data \"a.conf\" {\n    text = \"a\"\n  }\n}\n",
	"service \"own\" {\n  process {\n    argv = [\"/bin/sleep\", \"2\"]\n  }\n  config_data \"k\" {\n    text = sensitive(\"k\")\n  }\n}\n",
	"snippet \"asks\" {\n  script = \"echo web.service >>$ACTIVATE_RESTART_LIST\"\n  at_boot = true\n}\n",
	"snippet \"first\" {\n  script = \"test -n \\\"$ACTIVATE_ACTION\\\"\"\n  before = [\"directories\"]\n}\n",
	"snippet \"last\" {\n  script = \"test \\\"$ACTIVATE_GENERATION\\\" -gt 0\"\n  after = [\"files\", \"symlinks\"]\n  at_boot = true\n}\n",
}

// homeSteps are those that a walk in a home may take next.
func (w *walk) homeSteps() []func() {
	steps := []func(){w.switches, w.switches, w.killed, w.fails, w.together, w.onTrial, w.confirmedBeside, w.killedBeside, w.snippetFails, w.snippetKills}
	if w.current != "" {
		steps = append(steps, w.rollback, w.forget, w.forgetOlder, w.edit, w.deactivate, w.disturb, w.restored, w.boots, w.applies, w.tries, w.reboots, w.onTrial, w.confirmedBeside, w.killedBeside, w.readBeside, w.killed, w.fails, w.snippetFails, w.snippetKills, w.appliesLate)
	}
	return steps
}

// withSnippet draws a configuration and adds a snippet to what is in its file,
// which it gives without it.
func (w *walk) withSnippet(what, body string) (text string, planned int) {
	text, planned = w.drawn(what)
	if planned == 1 {
		return "", planned
	}
	place := rapid.SampledFrom([]string{"", "  before = [\"directories\"]\n", "  after = [\"files\"]\n"}).Draw(w.t, "place of the snippet")
	more := "snippet \"odd\" {\n" + place + body + "}\n"
	w.tell("with %s", more)
	w.must(os.WriteFile(w.config, []byte(text+more), 0o644))
	return text, planned
}
