package activation

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// ample is more than what a run writes for itself, whatever the configuration:
// where that much is left nothing has to be added up.
const ample = 256 << 20

// ampleInodes is the same for the files, directories and links.
const ampleInodes = 4096

// smallFiles is what a run writes in files of a few bytes, and in directories:
// the counter, the links, the boot entry, the lock.
const smallFiles = 24

// space adds a problem for each file system that has too little room for what
// p writes: the parts' contents, the generation's tree, the journal.
func (e *Engine) space(p *Prepared) error {
	if len(p.changes) == 0 && len(p.adopted) == 0 {
		return nil
	}
	var needs []rootfs.Need
	for _, part := range p.parts {
		if part.Space != nil {
			needs = append(needs, part.Space(changesOf(part, p.changes))...)
		}
	}
	if len(needs) == 0 && p.target.recorded() > 0 {
		// A generation that is only looked at, or nothing worth counting.
		return nil
	}
	state := e.State.Dir()
	if len(e.Root.Short(append(needs, rootfs.Need{Dir: state, Size: ample, Bare: ampleInodes}))) == 0 {
		return nil
	}
	own, err := e.ownNeeds(p)
	if err != nil {
		return err
	}
	for _, s := range e.Root.Short(append(needs, own...)) {
		p.Problems = append(p.Problems, plan.Problem{
			Summary: fmt.Sprintf("cannot write the configuration's files: they need %s on the file system of %s and %s are free",
				amount(s.Need, s), e.Root.Name(s.Dir), amount(s.Free, s)),
			Advice: "Make room, or delete old generations.",
		})
	}
	return nil
}

// amount is n of what s is short of.
func amount(n uint64, s rootfs.Shortage) string {
	if s.Inodes {
		return fmt.Sprintf("%d inodes", n)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// ownNeeds is what a run writes besides contents.
func (e *Engine) ownNeeds(p *Prepared) ([]rootfs.Need, error) {
	var out []rootfs.Need
	state := func(size int) { out = append(out, rootfs.Need{Dir: e.State.Dir(), Size: int64(size)}) }
	for range smallFiles {
		state(1)
	}
	journal := len(plan.Encode(generation.Journal{
		Changes: p.changes, Units: p.Plan.Units, Steps: p.steps, Known: p.known, Before: p.index,
	}))
	// An undo writes it anew beside the old one.
	state(2 * journal)
	state(len(plan.Encode(p.known)))
	if !p.target.fresh() {
		return out, nil
	}
	record := p.record()
	record.States = p.statesAfter()
	manifest := len(plan.Encode(record))
	state(manifest)
	if p.target.Settings.BootAttempts > 0 {
		state(manifest)
	}
	out = append(out, rootfs.Need{Dir: e.State.Dir(), Bare: directoriesOf(p.files())})
	for _, f := range p.files() {
		if f.Hash != "" || strings.HasPrefix(f.Path, "etc/") {
			continue
		}
		size, err := sizeOf(f)
		if err != nil {
			return nil, err
		}
		state(int(size))
		if strings.HasPrefix(f.Path, "units/") {
			// With the link that enables it, and the directory of that.
			out = append(out, rootfs.Need{Dir: "etc", Size: size, Bare: 2})
		}
	}
	return out, nil
}

// directoriesOf is how many directories lead to the files of a generation's tree.
func directoriesOf(files []generation.File) int {
	dirs := map[string]bool{}
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	return len(dirs)
}

func sizeOf(f generation.File) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }()
	return io.Copy(io.Discard, r)
}
