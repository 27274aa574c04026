package supervisord

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/activate-agent/activate/daemon/supervise"
)

// Find gives the configuration file of the supervisord that runs on this host:
// the one it was started with, else the first of those it looks for.
func Find() (config string, ok bool) {
	p, ok := supervise.First("supervisord")
	if !ok {
		return "", false
	}
	for i, arg := range p.Argv {
		switch {
		case (arg == "-c" || arg == "--configuration") && i+1 < len(p.Argv):
			return absolute(p.Argv[i+1], p.Dir), true
		case strings.HasPrefix(arg, "--configuration="):
			return absolute(strings.TrimPrefix(arg, "--configuration="), p.Dir), true
		case strings.HasPrefix(arg, "-c") && len(arg) > 2:
			return absolute(arg[2:], p.Dir), true
		}
	}
	for _, file := range []string{"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"} {
		if _, err := os.Stat(file); err == nil {
			return file, true
		}
	}
	return "", true
}

func absolute(p, dir string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

// included gives the directory and the suffix of the first pattern of the
// configuration's [include].
func included(config string) (dir, suffix string) {
	b, err := os.ReadFile(config)
	if err != nil {
		return "", ""
	}
	section := ""
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " ;")
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		}
		key, value, ok := strings.Cut(line, "=")
		if section != "include" || !ok || strings.TrimSpace(key) != "files" {
			continue
		}
		for pattern := range strings.FieldsSeq(value) {
			pattern = strings.ReplaceAll(pattern, "%(here)s", filepath.Dir(config))
			before, suffix, star := strings.Cut(filepath.Base(pattern), "*")
			if star && before == "" {
				return relative(filepath.Dir(pattern), config), suffix
			}
		}
	}
	return "", ""
}
