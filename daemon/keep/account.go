package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// account is whom a service runs as.
type account struct {
	Name   string
	UID    int
	GID    int
	Groups []int
	Home   string
}

// lookup finds user in passwd(5) with its groups of group(5), and group in
// place of its own where that is set. Both may be numbers.
func lookup(user, group string) (account, error) {
	a := account{Name: user, UID: -1, GID: -1, Home: "/"}
	entries, err := database("/etc/passwd", 7)
	if err != nil {
		return a, err
	}
	for _, f := range entries {
		if f[0] == user || f[2] == user && a.UID < 0 {
			a.Name, a.Home = f[0], f[5]
			a.UID, a.GID = number(f[2]), number(f[3])
		}
	}
	if a.UID < 0 {
		if a.UID = number(user); a.UID < 0 {
			return a, fmt.Errorf("there is no user %s", user)
		}
		a.GID = a.UID
	}
	return a, a.join(group)
}

// join sets the groups.
func (a *account) join(group string) error {
	own := group == ""
	entries, err := database("/etc/group", 4)
	if err != nil {
		return err
	}
	for _, f := range entries {
		gid := number(f[2])
		if slices.Contains(strings.Split(f[3], ","), a.Name) && gid >= 0 {
			a.Groups = append(a.Groups, gid)
		}
		if !own && (f[0] == group || f[2] == group) && gid >= 0 {
			a.GID, own = gid, true
		}
	}
	if gid := number(group); !own && gid >= 0 {
		a.GID, own = gid, true
	}
	if !own {
		return fmt.Errorf("there is no group %s", group)
	}
	if !slices.Contains(a.Groups, a.GID) {
		a.Groups = append([]int{a.GID}, a.Groups...)
	}
	return nil
}

// database gives the lines that have n fields; others name nobody. Where there is no
// such file there are none; one that cannot be read is an error.
func database(path string, n int) ([][]string, error) {
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot look for accounts: %w", err)
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimRight(line, "\n"), ":"); len(f) == n && f[0] != "" {
			out = append(out, f)
		}
	}
	return out, nil
}

// number is -1 of what is no id; so is 4294967295, which is -1 to the kernel.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 1<<32-1 {
		return -1
	}
	return int(n)
}
