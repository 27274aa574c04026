package modules

import (
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"

	"github.com/activate-agent/activate/modules/record"
)

// cacheFormat changes when the meaning of a remembered result does.
const cacheFormat = 5

// remembered is a result with everything it depends on.
type remembered struct {
	Format  int
	Version string
	Inputs  inputs
	System  System
}

// inputs are everything a result depends on. Content counts, never size or
// time.
type inputs struct {
	Path     string
	Personal *Personal
	Sets     []string
	// Facts are the host's facts that were read, as JSON.
	Facts map[string]string
	// Files are hashes by path, "" for a file that was not there.
	Files map[string]string
	// Ways are where the paths of the configuration and of its imports lead
	// through links.
	Ways map[string]string
	// Dirs are the .hcl files of every directory that was read as a whole.
	Dirs map[string][]string
	// Globs are the results of fileset().
	Globs []glob
}

type glob struct {
	Dir, Pattern string
	Found        []string
	// Failed tells that the directory could not be listed, which try() may hide.
	Failed bool
}

// Inputs is everything the evaluation of a configuration depended on. It holds
// on to nothing of the configuration itself, which is large.
type Inputs struct {
	// known is nil for an evaluation that is not to be remembered.
	known *inputs
}

// Inputs gives what was read so far: ask after System.
func (c *Config) Inputs() Inputs {
	path, err := filepath.Abs(c.options.Path)
	if err != nil || c.warned {
		return Inputs{}
	}
	r := &inputs{
		Path: path, Personal: c.options.Personal, Sets: c.options.Sets,
		Facts: map[string]string{}, Files: map[string]string{}, Ways: c.ways, Dirs: c.dirs, Globs: c.ev.reads.globs,
	}
	for name, v := range c.ev.reads.facts {
		r.Facts[name] = string(appendJSON(nil, v))
	}
	for _, f := range c.files {
		if !f.builtin {
			r.Files[f.full] = hashOf(f.src)
		}
	}
	for path, sum := range c.ev.reads.files {
		r.Files[path] = hex.EncodeToString(sum[:])
	}
	for _, path := range c.ev.reads.missing {
		r.Files[path] = ""
	}
	return Inputs{known: r}
}

// Remember gives the result of these inputs in a form that Recall understands.
// A result that holds secrets is not remembered, and one that came with
// warnings must not be: they are shown at every run. Version is the program's
// own.
func (in Inputs) Remember(s *System, version string) ([]byte, bool) {
	if in.known == nil || s.Sensitive {
		return nil, false
	}
	return record.Encode(remembered{Format: cacheFormat, Version: version, Inputs: *in.known, System: *s}), true
}

// Recall gives a result remembered earlier, when everything that it depended
// on is the same now. Nothing is parsed. Bytes that Remember did not make give
// false.
func Recall(o Options, saved []byte, version string) (*System, bool) {
	r, err := record.Decode[remembered](saved)
	if err != nil || r.Format != cacheFormat || r.Version != version || !r.Inputs.hold(o) {
		return nil, false
	}
	return &r.System, true
}

// hold tells whether an evaluation would read the same again.
func (r *inputs) hold(o Options) bool {
	path, err := filepath.Abs(o.Path)
	return err == nil && path == r.Path && r.Personal.equal(o.Personal) && slices.Equal(r.Sets, o.Sets) &&
		r.factsHold(o.Host) && r.filesHold()
}

func (r *inputs) factsHold(h Host) bool {
	now := &evaluator{config: &Config{options: Options{Host: h}}, reads: newReads()}
	for name, was := range r.Facts {
		v, ok := now.fact(name)
		if !ok || string(appendJSON(nil, v)) != was {
			return false
		}
	}
	return true
}

func (r *inputs) filesHold() bool {
	for path, was := range r.Ways {
		if now, err := realPath(path); err != nil || now != was {
			return false
		}
	}
	for dir, names := range r.Dirs {
		now, err := hclFiles(dir)
		if err != nil || !slices.Equal(now, names) {
			return false
		}
	}
	for _, path := range slices.Sorted(maps.Keys(r.Files)) {
		if sumOf(path) != r.Files[path] {
			return false
		}
	}
	for _, g := range r.Globs {
		now, why := globIn(g.Dir, g.Pattern)
		if (why != "") != g.Failed || !slices.Equal(now, g.Found) {
			return false
		}
	}
	return true
}

// sumOf gives the hash of a file's content, "" when it cannot be read.
func sumOf(path string) string {
	f, why := digest(path)
	if why != "" {
		return ""
	}
	return f.hash()
}
