package generation

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// File is one file of a generation's tree.
type File struct {
	// Path is relative to the tree: "etc/nix/nix.conf", "files/HASH",
	// "config/nix.hcl", "units/web.service".
	Path string
	// Mode is the permission bits. Directories on the way are root 0755 below
	// etc and 0700 elsewhere.
	Mode uint32
	// Hash names the content in files/; set for those only. The same hash in
	// the generation before, where it is whole, is linked instead of written.
	Hash string
	// Open gives the content.
	Open func() (io.ReadCloser, error)
}

// stagedName marks a generation that no run has brought about yet. It speaks of
// the contents that such a run may keep, one hash a line.
const stagedName = "staged"

// Stage writes generation r.Number, complete, but neither current nor boot: unless
// Settle follows, Sweep takes it away again. Its name appears when all of it is on
// disk, and is durable after the root's Sync. What another run began and did not
// finish is replaced. made, which may be nil, is told of each file that is written.
func (s *State) Stage(r *Record, files []File, previous int, made func(path string, info rootfs.Info)) error {
	tmp := s.path("generations", stageName)
	t := tree{root: s.root, dir: tmp, made: made}
	if previous > 0 {
		t.previous = s.Contents(previous)
	}
	if err := s.root.RemoveAll(tmp); err != nil {
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	if err := s.stage(t, r, files); err != nil {
		// What is of no use takes no room; Sweep tries again.
		_ = s.root.RemoveAll(tmp)
		return err
	}
	return nil
}

// stage writes the tree t and gives it its name.
func (s *State) stage(t tree, r *Record, files []File) error {
	if err := errors.Join(t.fill(r, files), t.mark(r.Copies)); err != nil {
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	// Everything is on disk before the name appears, and the counter before
	// that: a number is never given twice.
	if err := s.root.Sync(); err != nil {
		return err
	}
	if err := s.write(counterName, counter{Format: Format, Last: r.Number}); err != nil {
		return err
	}
	if err := s.root.Rename(t.dir, s.Tree(r.Number)); err != nil {
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	return nil
}

// WriteTree writes a generation's tree into the directory dir of root, for
// `activate build`. Files that are there already are an error.
func WriteTree(root *rootfs.Root, dir string, r *Record, files []File) error {
	return tree{root: root, dir: dir}.fill(r, files)
}

// tree is a generation's directory while it is written.
type tree struct {
	root *rootfs.Root
	dir  string
	// previous is the files/ of the generation before, to link from.
	previous string
	// made is told of each file that is written; may be nil.
	made func(path string, info rootfs.Info)
}

func (t tree) fill(r *Record, files []File) error {
	if _, err := t.root.MakeDirs(t.dir, 0o755); err != nil {
		return err
	}
	made := map[string]bool{t.dir: true}
	if err := t.directories(path.Join(t.dir, "etc"), made); err != nil {
		return err
	}
	for _, f := range files {
		if err := t.directories(path.Dir(path.Join(t.dir, f.Path)), made); err != nil {
			return err
		}
	}
	if err := t.contents(files); err != nil {
		return err
	}
	r.Format = Format
	names := []string{manifestName}
	if r.Spare {
		names = append(names, spareName)
	}
	for _, name := range names {
		if err := t.manifest(name, r); err != nil {
			return err
		}
	}
	return nil
}

// mark marks the tree as staged, for a run that may keep copies.
func (t tree) mark(copies []string) error {
	content := strings.NewReader(strings.Join(copies, "\n") + "\n")
	_, err := t.root.Create(path.Join(t.dir, stagedName), content, t.root.Private())
	return err
}

// Settle says that generation n was brought about, and stays; durable after the
// root's Sync. Once settled is no error.
func (s *State) Settle(n int) error {
	if err := s.root.Remove(path.Join(s.Tree(n), stagedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot settle generation %d: %w", n, rootfs.Reason(err))
	}
	return nil
}

// underWay tells a generation that a run has staged and not yet brought about.
func (s *State) underWay(n int) (bool, error) {
	there, err := s.root.Exists(path.Join(s.Tree(n), stagedName))
	if err != nil {
		return false, fmt.Errorf("cannot list generations: %w", err)
	}
	return there, nil
}

func (t tree) manifest(name string, r *Record) error {
	content := plan.Stream(r)
	defer func() { _ = content.Close() }()
	_, err := t.root.Create(path.Join(t.dir, name), content, t.root.Private())
	return err
}

// fewFiles are written one after the other; more are worth a second processor.
const fewFiles = 256

// contents writes the files, whose directories are there.
func (t tree) contents(files []File) error {
	var telling sync.Mutex
	return t.root.Parallel(len(files), fewFiles, func(root *rootfs.Root, from, to int) error {
		part := tree{root: root, dir: t.dir, previous: t.previous, made: func(p string, info rootfs.Info) {
			telling.Lock()
			defer telling.Unlock()
			if t.made != nil {
				t.made(p, info)
			}
		}}
		for _, f := range files[from:to] {
			if err := part.file(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t tree) file(f File) error {
	p := path.Join(t.dir, f.Path)
	if before := path.Join(t.previous, rootfs.BlobName(f.Hash)); f.Hash != "" && t.previous != "" && t.root.IsWhole(before, f.sum()) {
		err := t.root.Link(before, p)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
	}
	content, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	info, err := t.root.Create(p, content, t.attr(p, f.Mode))
	if err == nil {
		t.made(f.Path, info)
	}
	if f.Hash != "" && errors.Is(err, fs.ErrExist) {
		// Two files of the configuration have the same content.
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, rootfs.Reason(err))
	}
	return nil
}

// sum is the plain hash of the content, "" where it cannot be read. A keyed one says
// nothing without the key.
func (f File) sum() string {
	if !rootfs.IsKeyed(f.Hash) {
		return f.Hash
	}
	content, err := f.Open()
	if err != nil {
		return ""
	}
	defer func() { _ = content.Close() }()
	sum, _ := rootfs.Sum(content)
	return sum
}

func (t tree) directories(dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := t.directories(path.Dir(dir), made); err != nil {
		return err
	}
	mode := uint32(0o700)
	if _, public := t.inEtc(dir); public {
		mode = 0o755
	}
	if err := t.root.Mkdir(dir, t.attr(dir, mode)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	made[dir] = true
	return nil
}

// attr is for a path of the tree. What /etc leads to is labelled as what is in
// /etc: daemons that SELinux confines read etc_t and few read var_lib_t.
func (t tree) attr(p string, mode uint32) rootfs.Attr {
	attr := t.root.Private()
	attr.Mode = mode
	if rel, public := t.inEtc(p); public {
		attr.LabelOf = rel
	}
	return attr
}

// inEtc gives what is at p in the static tree its path below the root, and false
// for the rest of a generation, which is root's alone.
func (t tree) inEtc(p string) (string, bool) {
	rel := strings.TrimPrefix(p, t.dir+"/")
	return rel, rel == "etc" || strings.HasPrefix(rel, "etc/")
}
