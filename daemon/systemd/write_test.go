package systemd_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// TestSectionsSurviveWriting: what is written as sections is read back as the
// same settings, so a rendered unit equals its own text.
func TestSectionsSurviveWriting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Z][a-zA-Z-]{0,8}`)
		value := rapid.StringMatching(`[!-\[\]-~é☃][ -\[\]-~]{0,20}[!-\[\]-~]`)
		sections := rapid.MapOfN(name, rapid.MapOfN(name, rapid.SliceOfN(value, 1, 3), 1, 4), 1, 3).Draw(t, "sections")
		delete(sections, "Install")
		if len(sections) == 0 {
			return
		}
		over := daemon.Sections{}
		var text strings.Builder
		for section, keys := range sections {
			over[section] = keys
			text.WriteString("[" + section + "]\n")
			for key, values := range keys {
				for _, v := range values {
					text.WriteString(key + " = " + v + "\n")
				}
			}
		}
		files, err := systemd.Offline().Render(daemon.Desired{Units: []daemon.Unit{{Name: "x.service", Sections: over}}})
		if err != nil {
			t.Fatal(err)
		}
		got := daemon.Definition{Unit: "x.service", Files: [][]byte{files[0].Content}}
		if d := systemd.Offline().Compare(got, define("x.service", text.String())); d.Reason != "" {
			t.Fatalf("%s: written\n%s\nwant\n%s", d.Reason, files[0].Content, text.String())
		}
	})
}

// TestRenderIsPure: the same desired state gives the same bytes, whatever the
// order of Go's maps.
func TestRenderIsPure(t *testing.T) {
	t.Parallel()
	first, err := systemd.Offline().Render(everything())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := systemd.Offline().Render(everything())
		if err != nil {
			t.Fatal(err)
		}
		if golden(first) != golden(again) {
			t.Fatal("two renderings differ")
		}
	}
}

// FuzzArguments: no argument or variable can make another setting.
func FuzzArguments(f *testing.F) {
	f.Add("/bin/x", "a\nExecStart=/bin/evil", "A", "b\nUser=root")
	f.Fuzz(func(t *testing.T, program, arg, name, value string) {
		files, err := systemd.Offline().Render(daemon.Desired{Services: []daemon.Service{{
			Name: "x", Process: &daemon.Process{Argv: []string{program, arg}}, Environment: map[string]string{name: value},
			RestartIfChanged: true, Description: arg, User: value,
		}}})
		if err != nil {
			return
		}
		for line := range strings.Lines(string(files[0].Content)) {
			key, _, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch key {
			case "[Unit]", "[Service]", "Description", "Type", "ExecStart", "User", "Restart", "RestartSec", "Environment", "":
			default:
				t.Errorf("the line %q came out of %q %q %q %q", line, program, arg, name, value)
			}
		}
		if n := strings.Count(string(files[0].Content), "\nExecStart="); n != 1 {
			t.Errorf("%d commands", n)
		}
	})
}
