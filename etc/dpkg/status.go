package dpkg

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// parseConffiles gives take the conffiles below /etc of a status file: in the
// field Conffiles of a package's paragraph (deb822(5)) one a line, " /etc/x SUM"
// with perhaps a word after it. Obsolete ones no longer count; those of packages
// that are removed but for their configuration do.
func parseConffiles(text string, take func(name, p, sum string)) {
	name, inside := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, " ") {
			inside = strings.HasPrefix(line, "Conffiles:")
			if n, ok := strings.CutPrefix(line, "Package: "); ok {
				name = n
			}
			continue
		}
		if !inside {
			continue
		}
		if p, sum, ok := conffile(line[1:]); ok {
			take(name, p, sum)
		}
	}
}

// conffile reads one line. The path may hold spaces, so it is read from the
// end.
func conffile(line string) (p, sum string, ok bool) {
	for _, mark := range []string{" obsolete", " remove-on-upgrade"} {
		if strings.HasSuffix(line, mark) {
			return "", "", false
		}
	}
	i := strings.LastIndexByte(line, ' ')
	if i < 0 || !isSum(line[i+1:]) || !strings.HasPrefix(line, "/etc/") {
		return "", "", false
	}
	return line[1:i], line[i+1:], true
}

// diversion is where others' files of a path go, and for which package; for
// none if by is ":", which is what the administrator diverts.
type diversion struct{ to, by string }

// readDiversions reads the database of dpkg-divert(1): three lines each, from,
// to, and by whom.
func readDiversions(root *rootfs.Root) (map[string]diversion, error) {
	data, err := root.ReadFile(diversionsPath, limit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(root, diversionsPath, err)
	}
	out := map[string]diversion{}
	lines := strings.Split(string(data), "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		if strings.HasPrefix(lines[i], "/etc/") && strings.HasPrefix(lines[i+1], "/") {
			out[lines[i][1:]] = diversion{lines[i+1][1:], lines[i+2]}
		}
	}
	return out, nil
}
