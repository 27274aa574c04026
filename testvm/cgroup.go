package testvm

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// cgroups are the control groups one machine runs in. Two machines in one
// group would take each other's processes for their own.
type cgroups []string

// newCgroups makes a group called name below this process's own, in every
// hierarchy a systemd inside would manage.
func newCgroups(name string) (cgroups, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var dirs cgroups
	for line := range strings.Lines(string(own)) {
		// cgroups(7): hierarchy-ID:controller-list:cgroup-path.
		field := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(field) != 3 || (field[1] != "" && field[1] != "name=systemd") {
			continue
		}
		if at := hierarchy(string(mounts), field[1]); at != "" {
			dir := filepath.Join(at, field[2], name)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return nil, err
			}
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// hierarchy is where the hierarchy is mounted: the unified one for "".
func hierarchy(mounts, controllers string) string {
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		unified := controllers == "" && f[2] == "cgroup2"
		named := controllers != "" && f[2] == "cgroup" && slices.Contains(strings.Split(f[3], ","), controllers)
		if unified || named {
			return f[1]
		}
	}
	return ""
}

// enter is shell text that moves the shell into the groups.
func (c cgroups) enter() string {
	var b strings.Builder
	for _, dir := range c {
		b.WriteString("echo $$ > '" + dir + "/cgroup.procs'; ")
	}
	return b.String()
}

// remove removes the groups and those below, once their processes are gone.
func (c cgroups) remove() {
	deadline := time.Now().Add(5 * time.Second)
	for _, dir := range c {
		// The kernel lists a killed process until it is reaped.
		for !removeGroup(dir) && time.Now().Before(deadline) {
			<-time.After(pollEvery)
		}
	}
}

// removeGroup removes a group and those below and tells whether it is gone.
func removeGroup(dir string) bool {
	var all []string
	_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			all = append(all, path)
		}
		return nil
	})
	for _, path := range slices.Backward(all) {
		_ = os.Remove(path)
	}
	_, err := os.Lstat(dir)
	return err != nil
}
