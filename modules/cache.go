package modules

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/activate-agent/activate/modules/record"
)

// cacheFormat changes when the meaning of a remembered result does.
const cacheFormat = 2

// remembered is a result with everything it depends on. Content counts, never
// size or time.
type remembered struct {
	Format   int
	Version  string
	Path     string
	Personal *Personal
	Sets     []string
	// Facts are the host's facts that were read, as JSON.
	Facts map[string]string
	// Files are hashes by path, "" for a file that was not there.
	Files map[string]string
	// Dirs are the .hcl files of every directory that was read as a whole.
	Dirs map[string][]string
	// Globs are the results of fileset().
	Globs  []glob
	System System
}

type glob struct {
	Dir, Pattern string
	Found        []string
}

// Remember gives a result in a form that Recall understands, with everything
// it depends on. A result that holds secrets is not remembered, and one that
// came with warnings must not be: they are shown at every run. Version is the
// program's own.
func (c *Config) Remember(s *System, version string) ([]byte, bool) {
	if s.Sensitive || c.warned {
		return nil, false
	}
	path, err := filepath.Abs(c.options.Path)
	if err != nil {
		return nil, false
	}
	r := remembered{
		Format: cacheFormat, Version: version, Path: path, Personal: c.options.Personal, Sets: c.options.Sets,
		Facts: map[string]string{}, Files: map[string]string{}, Dirs: c.dirs, Globs: c.ev.reads.globs, System: *s,
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
	return record.Encode(r), true
}

// Recall gives a result remembered earlier, when everything that it depended
// on is the same now. Nothing is parsed. Bytes that Remember did not make give
// false.
func Recall(o Options, saved []byte, version string) (*System, bool) {
	r, err := record.Decode[remembered](saved)
	if err != nil || r.Format != cacheFormat || r.Version != version || !r.Personal.equal(o.Personal) || !slices.Equal(r.Sets, o.Sets) {
		return nil, false
	}
	path, err := filepath.Abs(o.Path)
	if err != nil || path != r.Path || !r.factsHold(o.Host) || !r.filesHold() {
		return nil, false
	}
	return &r.System, true
}

func (r *remembered) factsHold(h Host) bool {
	now := &evaluator{config: &Config{options: Options{Host: h}}, reads: newReads()}
	for name, was := range r.Facts {
		v, ok := now.fact(name)
		if !ok || string(appendJSON(nil, v)) != was {
			return false
		}
	}
	return true
}

func (r *remembered) filesHold() bool {
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
		if why != "" || !slices.Equal(now, g.Found) {
			return false
		}
	}
	return true
}

// sumOf gives the hash of a file's content, "" when it cannot be read.
func sumOf(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
