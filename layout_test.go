package activate_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/activate-agent/activate"

// layout is DESIGN section 6: which of our packages may import which. A
// trailing /... stands for a folder and all below it.
var layout = map[string][]string{
	"cmd/activate/...":      {"..."},
	"modules/...":           {"modules/...", "users", "etc", "daemon", "activation", "activation/plan"},
	"users":                 {"users/accounts", "activation/plan", "activation/rootfs"},
	"users/accounts":        {"activation/rootfs"},
	"etc/...":               {"etc/...", "activation/plan", "activation/rootfs"},
	"daemon":                {"activation/plan", "activation/rootfs"},
	"daemon/...":            {"daemon/...", "activation/plan", "activation/rootfs"},
	"activation":            {"activation/plan", "activation/rootfs", "activation/generation", "activation/offspring"},
	"activation/offspring":  {},
	"activation/plan":       {},
	"activation/generation": {"activation/plan", "activation/rootfs"},
	"activation/rootfs":     {},
	"testvm/...":            {"testvm/..."},
	"examples":              {"..."},
	"":                      {},
}

// foreign says which packages of others have one owner.
var foreign = map[string][]string{
	"github.com/hashicorp/hcl":      {"modules/..."},
	"github.com/zclconf/":           {"modules/..."},
	"github.com/opencontainers/":    {"users/accounts"},
	"github.com/coreos/go-systemd/": {"daemon/systemd", "cmd/activate"},
	"os/user":                       {},
}

type listed struct {
	ImportPath string
	Imports    []string
	Doc        string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestImportsFollowTheLayout(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, ok := rule(name)
		if !ok {
			t.Errorf("package %s has no place in the layout", name)
			continue
		}
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, module+"/"); ok && !matches(ours, allowed) {
				t.Errorf("%s may not import %s", name, ours)
			}
			checkForeign(t, name, imp)
		}
	}
}

func checkForeign(t *testing.T, name, imp string) {
	t.Helper()
	for prefix, owners := range foreign {
		if strings.HasPrefix(imp, prefix) && !matches(name, owners) {
			t.Errorf("%s may not import %s, which belongs to %v", name, imp, owners)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.ImportPath != module && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// rule finds the entry of layout for a package, an exact one first.
func rule(name string) ([]string, bool) {
	if allowed, ok := layout[name]; ok {
		return allowed, true
	}
	for pattern, allowed := range layout {
		if strings.HasSuffix(pattern, "/...") && matches(name, []string{pattern}) {
			return allowed, true
		}
	}
	return nil, false
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if p == "..." || p == name {
			return true
		}
		dir, ok := strings.CutSuffix(p, "/...")
		return ok && (name == dir || strings.HasPrefix(name, dir+"/"))
	})
}
