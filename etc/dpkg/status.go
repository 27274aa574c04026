package dpkg

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// parseConffiles takes the conffiles below /etc out of a status file: in the
// field Conffiles of a paragraph (deb822(5)) one a line, " /etc/x SUM" with
// perhaps a word after it. Obsolete ones no longer count; those of packages
// that are removed but for their configuration do.
func parseConffiles(text string) map[string]string {
	out := map[string]string{}
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, " ") {
			inside = strings.HasPrefix(line, "Conffiles:")
			continue
		}
		if !inside {
			continue
		}
		if p, sum, ok := conffile(line[1:]); ok {
			out[p] = sum
		}
	}
	return out
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

// readDiversions reads the database of dpkg-divert(1): three lines each, from,
// to, and by whom.
func readDiversions(root *rootfs.Root) (map[string]string, error) {
	data, err := root.ReadFile(diversionsPath, limit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(root, diversionsPath, err)
	}
	out := map[string]string{}
	lines := strings.Split(string(data), "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		if strings.HasPrefix(lines[i], "/etc/") && strings.HasPrefix(lines[i+1], "/") {
			out[lines[i][1:]] = lines[i+1][1:]
		}
	}
	return out, nil
}
