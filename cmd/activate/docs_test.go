package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// documents are all pages for people, by their paths from the project's root.
func documents(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, glob := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob("../../" + glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			names = append(names, strings.TrimPrefix(name, "../../"))
		}
	}
	return names
}

func pages(t *testing.T) []page {
	t.Helper()
	var all []page
	for _, name := range documents(t) {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := readPage(name, string(text))
		if err != nil {
			t.Error(err)
		}
		all = append(all, p)
	}
	return all
}

// docsPackage is what a page that mentions it installs the program from.
const docsPackage = "activate_1.0.0_amd64.deb"

// TestDocs plays every page: writes its files and runs its commands, in order,
// and compares the answers. Pages of a machine have one each; those of a
// directory share one and have a directory each.
func TestDocs(t *testing.T) {
	t.Parallel()
	var shared []page
	for _, p := range pages(t) {
		switch p.place {
		case "directory":
			shared = append(shared, p)
		case "machine":
			for _, suite := range suites() {
				t.Run(suite+"/"+p.name, func(t *testing.T) {
					t.Parallel()
					playOn(t, docsMachine(t, suite, p), p, "/root")
				})
			}
		}
	}
	t.Run("directories", func(t *testing.T) {
		t.Parallel()
		m := docsMachine(t, "", page{})
		for _, p := range shared {
			t.Run(p.name, func(t *testing.T) {
				playOn(t, m, p, "/root/"+strings.TrimSuffix(filepath.Base(p.name), ".md"))
			})
		}
	})
}

// docsMachine is a Debian with the program, or with the package for a page
// that installs it, in the reader's directory.
func docsMachine(t *testing.T, suite string, p page) *testvm.Machine {
	t.Helper()
	m := testvm.Start(t, testvm.Config{Suite: suite, Packages: p.packages})
	m.CopyTo("../../examples", "/root/examples")
	if p.mentions(docsPackage) {
		m.CopyTo(filepath.Join(pack(t, "../..", "1.0.0"), docsPackage), "/root/"+docsPackage)
	} else {
		m.CopyTo(binary, "/usr/local/bin/activate")
	}
	return m
}

// playOn plays a page on a machine, with dir as the reader's directory.
func playOn(t *testing.T, m *testvm.Machine, p page, dir string) {
	t.Helper()
	m.Succeed("mkdir -p " + dir)
	for _, s := range p.steps {
		switch {
		case s.file != "":
			m.WriteFile(under(dir, s.file), s.text)
		case s.cmd == "reboot":
			m.Reboot()
			waitForManagers(m)
		default:
			output, code := runStep(m, s, dir)
			t.Logf("%s:%d: %s$ %s\n%s", p.name, s.line, s.user, s.cmd, output)
			if err := s.check(output, code); err != nil {
				t.Fatalf("%s:%d: %v", p.name, s.line, err)
			}
		}
	}
}

// waitForManagers waits for the managers of users who linger: logind starts them
// beside the rest of the boot, and a reader is not as fast.
func waitForManagers(m *testvm.Machine) {
	m.WaitUntil(func() bool {
		_, _, code := m.Run("for u in $(ls /var/lib/systemd/linger 2>/dev/null); do systemctl is-active user@$(id -u $u).service || exit 1; done")
		return code == 0
	}, "the managers of users who linger")
}

func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// runStep runs a step's command as its user, in a login of that user, and
// gives both streams in one.
func runStep(m *testvm.Machine, s step, dir string) (output string, code int) {
	as := "cd '" + dir + "'; exec "
	if s.user != "" {
		id := strings.TrimSpace(m.Succeed("id -u " + s.user))
		as = "cd ~" + s.user + "; exec setpriv --reuid " + id + " --regid " + id + " --init-groups env -i PATH=/usr/local/bin:/usr/bin:/bin USER=" +
			s.user + " HOME=$(pwd) XDG_RUNTIME_DIR=/run/user/" + id + " "
	}
	output, _, code = m.Run("exec 2>&1; " + as + "sh -c '" + strings.ReplaceAll(s.cmd, "'", `'\''`) + "'")
	return output, code
}

// TestBrokenPagesAreFound shows that a page cannot be wrong unnoticed.
func TestBrokenPagesAreFound(t *testing.T) {
	t.Parallel()
	const mark = "<!-- story: directory -->\n"
	for name, text := range map[string]string{
		"a mark is missing":         "```console\n$ true\n```\n",
		"a block is open":           mark + "```console\n$ true\n",
		"an answer has no command":  mark + "```console\nyes\n```\n",
		"a command is not run":      mark + "```sh\nactivate plan\n```\n",
		"a command is not there":    mark + "```console\n$ activate nosuchverb\n```\n",
		"an exit code is another":   mark + "```console\n$ activate version # exit 2\n```\n",
		"a failure is not told":     mark + "```console\n$ false\n```\n",
		"an answer is another":      mark + "```console\n$ echo yes\nno\n```\n",
		"an answer is shorter":      mark + "```console\n$ echo yes; echo and more\nyes\n```\n",
		"an answer is longer":       mark + "```console\n$ echo yes\nyes\nand more\n```\n",
		"dots do not stretch lines": mark + "```console\n$ echo a; echo b\na...b\n```\n",
	} {
		if err := playHere(t, name, text); err == nil {
			t.Errorf("%s, and nobody noticed", name)
		}
	}
	good := mark + "```hcl file=x\na = 1\n```\n```console\n$ echo a; echo b; echo c 4 ms; \\\nexit 2 # exit 2\na\n...\nc ... ms\n$ activate version\n```\n"
	if err := playHere(t, "good", good); err != nil {
		t.Error(err)
	}
}

// playHere reads a page and runs its commands, which touch nothing.
func playHere(t *testing.T, name, text string) error {
	t.Helper()
	p, err := readPage(name, text)
	for _, s := range p.steps {
		if err != nil || s.file != "" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", s.cmd)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
		output, _ := cmd.CombinedOutput()
		err = s.check(string(output), cmd.ProcessState.ExitCode())
	}
	return err
}

// TestSamplesParse has the program read each block of HCL that pages only show.
func TestSamplesParse(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		for _, s := range slices.Concat(p.samples, p.steps) {
			if s.cmd != "" || !strings.HasSuffix(s.file, ".hcl") && s.file != "" {
				continue
			}
			cmd := exec.CommandContext(t.Context(), binary, "fmt", "-")
			cmd.Stdin = strings.NewReader(s.text)
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %s", p.name, s.line, output)
			}
		}
	}
}
