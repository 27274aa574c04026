package etc

import (
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// hidden warns of what is made below a mount point of the configuration while
// nothing is mounted there yet: mounts come last, so it ends up underneath.
func (s *Subsystem) hidden(d *plan.Diff) {
	told := map[string]bool{}
	for _, ch := range d.Changes {
		point := s.mountPoint(PathOf(ch.Address))
		if ch.After == nil || point == "" || told[point] || s.cfg.Root.Mounted(point) {
			continue
		}
		told[point] = true
		d.Warnings = append(d.Warnings, plan.Problemf(ch.Address, ch.Origin, "Switch once more when it is mounted: then it is made in what is mounted.",
			"%s is made before %s is mounted, and will be hidden by it", ch.Address, s.cfg.Root.Name(point)))
	}
}

// mountPoint gives the mount point of the configuration that p is below, "" where
// there is none.
func (s *Subsystem) mountPoint(p string) string {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if slices.Contains(s.cfg.MountPoints, dir) {
			return dir
		}
	}
	return ""
}
