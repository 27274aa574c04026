package s6rc_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/s6rc"
	"github.com/activate-agent/activate/daemon/supervise"
)

func site() daemon.Desired {
	process := func(words ...string) *daemon.Process { return &daemon.Process{Argv: words} }
	return daemon.Desired{
		Services: []daemon.Service{
			{Name: "db", Process: process("/bin/db"), Autostart: true, PartOf: []string{"default"}},
			{Name: "setup", Oneshot: &daemon.Oneshot{Start: []string{"/bin/setup", "a \"b\\"}, RemainAfterExit: true}, PartOf: []string{"stack"}},
			{
				Name: "web", Process: process("/bin/web"), DependsOn: []string{"stack", "db"}, Autostart: true, PartOf: []string{"default"},
				Init: map[string]daemon.Sections{"s6-rc": {"": {"timeout-kill": {"5000"}}}},
			},
		},
		Targets: []daemon.Target{{Name: "stack", DependsOn: []string{"db"}}},
	}
}

func render(t *testing.T, d daemon.Desired) map[string]daemon.Part {
	t.Helper()
	files, err := s6rc.New(supervise.Options{Program: "/usr/bin/activate"}).Render(d)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]daemon.Part{}
	for _, f := range files {
		for _, p := range f.Parts {
			out[p.Name] = p
		}
	}
	return out
}

func TestSourceIsAsRecorded(t *testing.T) {
	t.Parallel()
	var a txtar.Archive
	for name, p := range render(t, site()) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: p.Content})
	}
	slices.SortFunc(a.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	const golden = "testdata/source.txtar"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, txtar.Format(&a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(&a))); diff != "" {
		t.Errorf("the source differs (-recorded +rendered):\n%s", diff)
	}
}

func TestSourceWouldCompile(t *testing.T) {
	t.Parallel()
	dir := write(t, render(t, site()))
	if complaints := compile(dir); len(complaints) > 0 {
		t.Errorf("s6-rc-compile would say: %s", strings.Join(complaints, "; "))
	}
	if tool, err := exec.LookPath("s6-rc-compile"); err == nil {
		if out, err := exec.Command(tool, filepath.Join(t.TempDir(), "db"), dir).CombinedOutput(); err != nil {
			t.Errorf("s6-rc-compile: %v: %s", err, out)
		}
	}
}

func TestCheckerFindsFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, content, complaint string }{
		{"web/type", "daemon\n", "must be oneshot, longrun, or bundle"},
		{"web/dependencies.d/nosuch", "", "undefined service name nosuch"},
		{"db/dependencies.d/web", "", "cyclic service dependency"},
		{"web/producer-for", "other\n", "does not declare it back"},
		{"default/contents.d/nosuch", "", "undefined service name nosuch"},
		{"s6rc-x/type", "bundle\n", "reserved prefix"},
	} {
		t.Run(c.complaint, func(t *testing.T) {
			t.Parallel()
			parts := render(t, site())
			parts["source/"+c.file] = daemon.Part{Name: "source/" + c.file, Content: []byte(c.content)}
			if got := strings.Join(compile(write(t, parts)), "; "); !strings.Contains(got, c.complaint) {
				t.Errorf("%s: %q, without %q", c.file, got, c.complaint)
			}
		})
	}
}

func TestNamesThatClashAreRefused(t *testing.T) {
	t.Parallel()
	d := site()
	d.Services = append(d.Services, daemon.Service{Name: "web-log", Process: &daemon.Process{Argv: []string{"/bin/x"}}})
	_, err := s6rc.New(supervise.Options{Program: "/usr/bin/activate"}).Render(d)
	if err == nil || !strings.Contains(err.Error(), "web-log") {
		t.Errorf("a service with the name of another's logger: %v", err)
	}
}

func write(t *testing.T, parts map[string]daemon.Part) string {
	t.Helper()
	dir := t.TempDir()
	for name, p := range parts {
		file := filepath.Join(dir, strings.TrimPrefix(name, "source/"))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, p.Content, os.FileMode(p.Mode|0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// compile gives the verdicts of s6-rc-compile 0.5.4.1 on a source directory.
func compile(dir string) []string {
	c := checker{dir: dir, types: map[string]string{}}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		c.types[e.Name()] = c.text(e.Name(), "type")
	}
	for name := range c.types {
		c.check(name)
		c.visit(name, nil)
	}
	return c.complaints
}

type checker struct {
	dir        string
	types      map[string]string
	complaints []string
}

func (c *checker) say(words ...string) { c.complaints = append(c.complaints, strings.Join(words, " ")) }

func (c *checker) text(name, file string) string {
	b, _ := os.ReadFile(filepath.Join(c.dir, name, file))
	return strings.TrimRight(string(b), "\n")
}

func (c *checker) has(name, file string) bool {
	_, err := os.Stat(filepath.Join(c.dir, name, file))
	return err == nil
}

func (c *checker) list(name, sub string) []string {
	var out []string
	entries, _ := os.ReadDir(filepath.Join(c.dir, name, sub))
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func (c *checker) check(name string) {
	if strings.HasPrefix(name, "s6rc-") || strings.HasPrefix(name, "s6-rc-") {
		c.say("identifier", name, "starts with reserved prefix")
	}
	for _, other := range append(c.list(name, "dependencies.d"), c.list(name, "contents.d")...) {
		if _, ok := c.types[other]; !ok {
			c.say(name+": undefined service name", other)
		}
	}
	switch c.types[name] {
	case "longrun":
		if !c.has(name, "run") {
			c.say("unable to find a run script in", path.Join(c.dir, name))
		}
	case "oneshot":
		if !c.has(name, "up") {
			c.say("unable to open", path.Join(c.dir, name, "up"))
		}
	case "bundle":
		if !c.has(name, "contents.d") && !c.has(name, "contents") {
			c.say("unable to open the contents of", name)
		}
	default:
		c.say(path.Join(c.dir, name, "type"), "must be oneshot, longrun, or bundle")
	}
	c.pipeline(name, "producer-for", "consumer-for")
	c.pipeline(name, "consumer-for", "producer-for")
}

func (c *checker) pipeline(name, file, back string) {
	for other := range strings.FieldsSeq(c.text(name, file)) {
		if !slices.Contains(strings.Fields(c.text(other, back)), name) {
			c.say(name, "declares being", file, "a service named", other, "that does not declare it back")
		}
	}
}

func (c *checker) visit(name string, way []string) {
	if slices.Contains(way, name) {
		c.say("cyclic service dependency reached from", way[0], "and involving", name)
		return
	}
	for _, next := range c.list(name, "dependencies.d") {
		c.visit(next, append(slices.Clone(way), name))
	}
}
