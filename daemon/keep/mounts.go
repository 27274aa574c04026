package keep

import (
	"os"
	"strconv"
	"strings"
)

// MountSuffix ends the name of a service that mounts.
const MountSuffix = ".mount"

// Mounted tells whether something is mounted on the path, by
// /proc/self/mountinfo, proc(5), in which blanks are written in octal.
func Mounted(where string) bool {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 4 && unescapeOctal(f[4]) == where {
			return true
		}
	}
	return false
}

// unescapeOctal reads \040 as a blank.
func unescapeOctal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
