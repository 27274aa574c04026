package modules_test

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/modules"
)

// browse runs headless Chromium (testvm/deps.sh installs it) with a new
// profile, without the network, and gives what it printed.
func browse(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, "chromium", append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", "--user-data-dir=" + filepath.Join(home, "profile"),
	}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, errs.String())
	}
	return out.String()
}

// optionsPage writes the page of all built-in blocks, with a script after its
// own, and gives its address.
func optionsPage(t *testing.T, after string) string {
	t.Helper()
	c, diags := modules.LoadBuiltin(t.Context(), testHost())
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	path := filepath.Join(t.TempDir(), "options.html")
	writeFile(t, path, append(c.OptionsPage(), "<script>"+after+"</script>"...))
	return "file://" + path
}

// shown is the options that a dumped page does not hide.
func shown(dom string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`<article id="([^"]*)"([^>]*)>`).FindAllStringSubmatch(dom, -1) {
		if !strings.Contains(m[2], "hidden") {
			out = append(out, m[1])
		}
	}
	return out
}

func TestOptionsPageInABrowser(t *testing.T) {
	t.Parallel()
	all := shown(browse(t, "--dump-dom", optionsPage(t, "")))
	if len(all) < 100 {
		t.Fatalf("%d options are shown without a search", len(all))
	}
	cases := []struct {
		name, fragment, typed string
		want, not             []string
		count, address        string
	}{
		{"shared search", "#q=authorized%20list", "", []string{"user.authorized_keys"}, []string{"user.shell", "nix.max_jobs"}, "1 option", "#q=authorized%20list"},
		{"search as typed", "", "max_JOBS", []string{"nix.max_jobs"}, []string{"user.shell"}, "", "#q=max_JOBS"},
		{"nothing found", "", "no such option", nil, all[:3], "0 options", "#q=no%20such%20option"},
		{"link to an option", "#nix.max_jobs", "", []string{"nix.max_jobs", "user.shell"}, nil, "", "#nix.max_jobs"},
		{"a stray percent", "#q=100%", "", nil, []string{"user.shell"}, "0 options", "#q=100%"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			script := `document.documentElement.dataset.address = location.hash;`
			if c.typed != "" {
				script = `search.value = "` + c.typed + `"; search.dispatchEvent(new Event("input"));` + script
			}
			dom := browse(t, "--dump-dom", optionsPage(t, script)+c.fragment)
			got := "|" + strings.Join(shown(dom), "|") + "|"
			for _, name := range c.want {
				if !strings.Contains(got, "|"+name+"|") {
					t.Errorf("%s is not shown: %s", name, got)
				}
			}
			for _, name := range c.not {
				if strings.Contains(got, "|"+name+"|") {
					t.Errorf("%s is shown", name)
				}
			}
			if !strings.Contains(dom, ">"+c.count) || !strings.Contains(dom, `data-address="`+c.address+`"`) {
				t.Errorf("the page lacks the count %q or the address %q:\n%s", c.count, c.address, dom[:200])
			}
		})
	}
}

func TestOptionsPageOnAPhoneInTheDark(t *testing.T) {
	t.Parallel()
	picture := filepath.Join(t.TempDir(), "page.png")
	// A frame is as narrow as a phone, which a window of a desktop cannot be.
	page := optionsPage(t, `parent.postMessage(document.documentElement.scrollWidth, "*");`)
	frame := filepath.Join(t.TempDir(), "frame.html")
	writeFile(t, frame, []byte(`<!doctype html><style>body { margin: 0 } iframe { border: 0; width: 360px; height: 740px }</style>
<script>addEventListener("message", e => { document.documentElement.dataset.width = e.data; });</script>
<iframe src="`+page+`#q=nix."></iframe>`))
	dark := []string{"--blink-settings=preferredColorScheme=0", "--window-size=500,740"}
	dom := browse(t, append(dark, "--dump-dom", "file://"+frame)...)
	if !strings.Contains(dom, `data-width="360"`) {
		t.Errorf("the page is wider than a phone: %s", dom[:min(len(dom), 200)])
	}
	browse(t, append(dark, "--screenshot="+picture, "file://"+frame)...)
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(2, 600).RGBA(); r>>8 > 0x30 || g>>8 > 0x30 || b>>8 > 0x30 {
		t.Errorf("the page is bright in the dark: %x %x %x", r>>8, g>>8, b>>8)
	}
	keep(t, picture)
}

// keep copies a picture to the directory that KEEP_PICTURES names, to be
// looked at.
func keep(t *testing.T, picture string) {
	t.Helper()
	dir := os.Getenv("KEEP_PICTURES")
	if dir == "" {
		return
	}
	b, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "options.png"), b)
}
