package supervise

import (
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// maxLog bounds what is read of a log, which its writer cuts long before.
const maxLog = 16 << 20

// tail gives the last n lines of a file; none of one that cannot be read.
func tail(root *rootfs.Root, p string, n int) []string {
	b, err := root.ReadFile(p, maxLog)
	text := strings.TrimRight(string(b), "\n")
	if err != nil || text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}
