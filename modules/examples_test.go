package modules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/modules"
)

// example loads one of the examples and gives what the host needs of it.
func example(t *testing.T, o modules.Options) *modules.System {
	t.Helper()
	o.Path = filepath.Join("..", "examples", o.Path)
	o.Host = testHost()
	c, diags := modules.Load(t.Context(), o)
	if c != nil {
		diags = diags.Add(c.Validate()...)
	}
	if len(diags) > 0 {
		var b strings.Builder
		if err := diags.WriteText(&b, 100, false); err != nil {
			t.Fatal(err)
		}
		t.Fatal(b.String())
	}
	s, _ := c.System()
	return s
}

func named(t *testing.T, s *modules.System, name string) daemon.Service {
	t.Helper()
	i := slices.IndexFunc(s.Daemon.Services, func(s daemon.Service) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no service %s", name)
	}
	return s.Daemon.Services[i]
}

func TestEveryExampleIsValidAndFormatted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../examples/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		example(t, modules.Options{Path: filepath.Base(file)})
	}
	inDirs, err := filepath.Glob("../examples/*/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, inDirs...) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, diags := modules.Format(file, src)
		if diags.HasErrors() || string(out) != string(src) {
			t.Errorf("%s is not formatted", file)
		}
	}
}

func TestProxiesAreMadeOfTheirApplications(t *testing.T) {
	t.Parallel()
	s := example(t, modules.Options{Path: "webapps"})
	if len(s.Daemon.Services) != 8 {
		t.Errorf("%d services, want six applications and two proxies", len(s.Daemon.Services))
	}
	public, internal := named(t, s, "proxy-public"), named(t, s, "proxy-internal")
	if got := public.DependsOn; !slices.Equal(got, []string{"webapp-wiki", "webapp-blog", "webapp-shop"}) {
		t.Errorf("the public proxy depends on %v", got)
	}
	if got := internal.DependsOn; !slices.Equal(got, []string{"webapp-builds", "webapp-logs", "webapp-metrics"}) {
		t.Errorf("the internal proxy depends on %v", got)
	}
	for _, want := range []string{"server_name wiki.example.org docs.example.org;", "proxy_pass http://127.0.0.1:5003;", "listen 8080;"} {
		if !strings.Contains(public.ConfigData[0].Text, want) {
			t.Errorf("the public proxy's configuration lacks %q:\n%s", want, public.ConfigData[0].Text)
		}
	}
	if strings.Contains(internal.ConfigData[0].Text, "example.org") {
		t.Errorf("the internal proxy serves a public application:\n%s", internal.ConfigData[0].Text)
	}
}

func TestUsersOwnDeployment(t *testing.T) {
	t.Parallel()
	home, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatal(err)
	}
	alice := personal()
	alice.Home = home
	notes := named(t, example(t, modules.Options{Path: "user.hcl", Personal: alice}), "webapp-notes")
	if notes.WorkingDirectory != home+"/state/lib/webapps/notes" || notes.User != "" {
		t.Errorf("it runs in %s as %q", notes.WorkingDirectory, notes.User)
	}
}

func TestSubServices(t *testing.T) {
	t.Parallel()
	s := example(t, modules.Options{Path: "workers.hcl"})
	out := named(t, s, "mail-out")
	if out.Parent != "mail" || out.ConfigData[0].Path != "/etc/activate/services/mail-out/routes" {
		t.Errorf("mail-out is %+v", out)
	}
	if got := out.ConfigData[0].Text; got != "example.net mx.example.net\nexample.org mx.example.org" {
		t.Errorf("its routes are %q", got)
	}
}
