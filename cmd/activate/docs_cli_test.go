package main_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const cliPage = "../../docs/cli.md"

// TestCommandPage holds docs/cli.md against what --help prints.
func TestCommandPage(t *testing.T) {
	t.Parallel()
	want := commandPage(t)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(cliPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(cliPage)
	if err != nil || string(got) != want {
		t.Errorf("docs/cli.md is not what --help says; run UPDATE=1 go test ./cmd/activate -run CommandPage")
	}
}

func commandPage(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# The command line

Made from the program by ` + "`UPDATE=1 go test ./cmd/activate -run CommandPage`" + `. Answers go to standard output; progress,
diagnostics and logs to standard error. The flags of the first section are understood by every command. What the exit codes
mean is in [exit-codes.md](exit-codes.md), what ` + "`--json`" + ` prints in [json.md](json.md).
`)
	var write func(path ...string)
	write = func(path ...string) {
		text := help(t, path)
		own, _, _ := strings.Cut(text, "\nGlobal Flags:")
		own, _, _ = strings.Cut(own, "\nUse \"activate")
		b.WriteString("\n## " + strings.Join(append([]string{"activate"}, path...), " ") + "\n\n```text\n" + strings.TrimSpace(own) + "\n```\n")
		for _, sub := range subcommands(text) {
			if sub != "help" && len(path) < 2 && (len(path) == 0 || path[0] != "completion") {
				write(append(slices.Clip(path), sub)...)
			}
		}
	}
	write()
	return b.String()
}

func help(t *testing.T, path []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append(slices.Clip(path), "--help")...)
	cmd.Env = []string{"NO_COLOR=1", "HOME=/nonexistent"}
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot ask %v for help: %v", path, err)
	}
	return string(text)
}

// subcommands gives the names that a help text lists.
func subcommands(text string) []string {
	_, list, _ := strings.Cut(text, "\nAvailable Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		if fields := strings.Fields(line); len(fields) > 0 {
			names = append(names, fields[0])
		}
	}
	return names
}
