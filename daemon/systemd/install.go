package systemd

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon"
)

// install reads a file's [Install] section, as `systemctl enable` does
// (systemd.unit(5)), into links. Also= is left alone: what else is enabled
// says the configuration.
func (r *renderer) install(f *daemon.File) error {
	if f.Target != "" || strings.Contains(f.Path, ".d/") {
		return nil
	}
	p := parse(f.Content)
	name := f.Unit
	if isTemplate(name) {
		inst := p.last("Install", "DefaultInstance")
		if inst == "" {
			return nil
		}
		ext := path.Ext(name)
		name = strings.TrimSuffix(name, ext) + inst + ext
	}
	links := map[string]string{}
	for key, suffix := range map[string]string{"WantedBy": ".wants", "RequiredBy": ".requires", "UpheldBy": ".upholds"} {
		for _, by := range p.words("Install", key) {
			if unitType(by) == "" || checkUnitName(by) != nil {
				return fmt.Errorf("cannot enable %s: %s=%s does not name a unit", f.Unit, key, by)
			}
			links[path.Join(r.unitDir, by+suffix, name)] = "/" + f.Path
		}
	}
	for _, alias := range p.words("Install", "Alias") {
		if err := checkUnitName(alias); err != nil {
			return fmt.Errorf("cannot enable %s: %w", f.Unit, err)
		}
		links[path.Join(r.unitDir, alias)] = "/" + f.Path
	}
	if len(links) > 0 {
		f.Links, f.WantedBy = links, wantedBy(links)
	}
	return nil
}

// wantedBy gives the units whose start brings another up, from its links.
func wantedBy(links map[string]string) []string {
	var out []string
	for link := range links {
		dir := path.Base(path.Dir(link))
		for _, suffix := range []string{".wants", ".requires", ".upholds"} {
			if by, ok := strings.CutSuffix(dir, suffix); ok {
				out = append(out, by)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// spreadRun marks the units that are to run: those that a boot starts, and
// those that such a unit of ours wants.
func (r *renderer) spreadRun() {
	running := map[string]bool{}
	for _, target := range r.bootTargets {
		running[target] = true
	}
	for again := true; again; {
		again = false
		for i := range r.files {
			f := &r.files[i]
			if len(f.Run) > 0 || !slices.ContainsFunc(f.WantedBy, func(by string) bool { return running[by] }) {
				continue
			}
			f.Run, again = []string{r.runs(*f)}, true
			running[f.Run[0]] = true
		}
	}
}

// runs is the unit that f's links start: itself, or a template's instance.
func (r *renderer) runs(f daemon.File) string {
	for link := range f.Links {
		if isTemplate(f.Unit) && path.Dir(link) != r.unitDir {
			return path.Base(link)
		}
	}
	return f.Unit
}
