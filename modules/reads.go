package modules

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// reads is everything the evaluation looked at besides the configuration's own
// files, for the key of a cached result.
type reads struct {
	facts map[string]cty.Value
	files map[string][sha256.Size]byte
	// contents are those of them that are some block's source.
	contents map[string]*contentFile
	// missing are files that could not be read, and globs what fileset found.
	missing []string
	globs   []glob
}

func newReads() *reads {
	return &reads{facts: map[string]cty.Value{}, files: map[string][sha256.Size]byte{}, contents: map[string]*contentFile{}}
}

// reader reads files for the functions: relative to the file an expression
// stands in, and never out of its tree or the configuration's.
type reader struct {
	ev   *evaluator
	file *file
}

const outside = "it lies outside of the module's and the configuration's directory. Copy it there; a file elsewhere on the host can be the source of a block."

// Read gives the content of a file for a value. One that is not to be had is
// looked for again before the evaluation is taken from the cache.
func (r *reader) Read(path string) ([]byte, string) {
	if r.builtin() {
		return r.ours(path)
	}
	full, why := r.inside(path)
	var content []byte
	if why == "" {
		content, why = readValue(full, path)
	}
	named := r.absolute(path)
	if why != "" {
		r.ev.reads.missing = append(r.ev.reads.missing, named)
		return nil, why
	}
	r.ev.reads.files[named] = sha256.Sum256(content)
	r.ev.config.sources[named] = content
	r.ev.config.sources[path] = content
	return content, ""
}

// Pass writes the content of a file, as Read gives it, of any size.
func (r *reader) Pass(path string, to io.Writer) string {
	if r.builtin() {
		content, why := r.ours(path)
		_, _ = to.Write(content)
		return why
	}
	full, why := r.inside(path)
	var f *contentFile
	if why == "" {
		f, why = pass(full, to)
	}
	if why != "" {
		r.ev.reads.missing = append(r.ev.reads.missing, r.absolute(path))
		return why
	}
	r.ev.reads.files[r.absolute(path)] = f.sum
	return ""
}

func (r *reader) builtin() bool { return r.file != nil && r.file.builtin }

// ours reads a file that a built-in module comes with.
func (r *reader) ours(path string) ([]byte, string) {
	content, err := builtin.ReadFile(filepath.Join(r.file.dir, path))
	if err != nil {
		return nil, reason(err)
	}
	return content, ""
}

// readValue reads a regular file that the configuration calls name.
func readValue(full, name string) ([]byte, string) {
	f, why := openRegular(full)
	if why != "" {
		return nil, why
	}
	defer func() { _ = f.Close() }()
	text, err := ReadFrom(f)
	switch {
	case err == nil:
		return text, ""
	case errors.Is(err, errTooLarge):
		return nil, fmt.Sprintf("it is larger than 16 MiB, the most that a value may have; a block takes a larger one as it is with source = %q", name)
	}
	return nil, reason(err)
}

func (r *reader) dir() string {
	if r.file == nil {
		return r.ev.config.rootDir
	}
	return r.file.dir
}

func (r *reader) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(r.dir(), path)
}

// inside resolves a path with all links and refuses it when it leads out.
func (r *reader) inside(path string) (resolved, why string) {
	full := r.absolute(path)
	resolved, err := filepath.EvalSymlinks(full)
	if err != nil {
		if !r.allowed(filepath.Clean(full)) {
			return "", outside
		}
		return "", reason(err)
	}
	if !r.allowed(resolved) {
		return "", outside
	}
	return resolved, ""
}

func (r *reader) allowed(path string) bool {
	for _, dir := range []string{r.dir(), r.ev.config.rootDir} {
		target, err := filepath.EvalSymlinks(dir)
		if underOf(path, dir) || err == nil && underOf(path, target) {
			return true
		}
	}
	return false
}

// Glob lists the regular files below dir that match; ** stands for any number
// of directories.
func (r *reader) Glob(dir, pattern string) ([]string, string) {
	top, why := r.inside(dir)
	var found []string
	if why == "" {
		found, why = globIn(top, pattern)
	}
	r.ev.reads.globs = append(r.ev.reads.globs, glob{Dir: r.absolute(dir), Pattern: pattern, Found: found, Failed: why != ""})
	return found, why
}

func globIn(top, pattern string) ([]string, string) {
	var out []string
	err := fs.WalkDir(os.DirFS(top), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && matchGlob(splitPath(pattern), splitPath(path)) {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		return nil, reason(err)
	}
	slices.Sort(out)
	return out, ""
}

func splitPath(p string) []string {
	var parts []string
	for len(p) > 0 {
		i := slices.Index([]byte(p), '/')
		if i < 0 {
			return append(parts, p)
		}
		parts = append(parts, p[:i])
		p = p[i+1:]
	}
	return parts
}

func matchGlob(pattern, path []string) bool {
	if len(pattern) == 0 {
		return len(path) == 0
	}
	if pattern[0] == "**" {
		for i := range len(path) + 1 {
			if matchGlob(pattern[1:], path[i:]) {
				return true
			}
		}
		return false
	}
	if len(path) == 0 {
		return false
	}
	ok, err := filepath.Match(pattern[0], path[0])
	return err == nil && ok && matchGlob(pattern[1:], path[1:])
}
