package generation

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

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
	// the generation before is linked instead of written.
	Hash string
	// Open gives the content.
	Open func() (io.ReadCloser, error)
}

// Stage writes generation r.Number, complete and durable, but neither current
// nor boot. A generation that another run began under that number and did not
// finish is replaced.
func (s *State) Stage(r *Record, files []File, previous int) error {
	tmp := s.path("generations", ".stage")
	if err := s.root.RemoveAll(tmp); err != nil {
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	if err := s.fill(tmp, r, files, previous); err != nil {
		_ = s.root.RemoveAll(tmp)
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	// Everything is on disk before the name appears, and the counter before
	// that: a number is never given twice.
	if err := s.root.Sync(); err != nil {
		return err
	}
	if err := s.write("counter.json", counter{Format: Format, Last: r.Number}); err != nil {
		return err
	}
	if err := s.root.Rename(tmp, s.Tree(r.Number)); err != nil {
		return fmt.Errorf("cannot stage generation %d: %w", r.Number, err)
	}
	return s.root.Sync()
}

func (s *State) fill(tmp string, r *Record, files []File, previous int) error {
	if _, err := s.root.MakeDirs(path.Join(tmp, "etc"), 0o755); err != nil {
		return err
	}
	made := map[string]bool{path.Join(tmp, "etc"): true}
	for _, f := range files {
		if err := s.stageFile(tmp, f, previous, made); err != nil {
			return err
		}
	}
	return s.write(path.Join("generations", ".stage", "manifest.json"), r)
}

func (s *State) stageFile(tmp string, f File, previous int, made map[string]bool) error {
	p := path.Join(tmp, f.Path)
	if err := s.stageDirs(path.Dir(p), tmp, made); err != nil {
		return err
	}
	if f.Hash != "" && previous > 0 {
		err := s.root.Link(path.Join(s.Contents(previous), rootfs.BlobName(f.Hash)), p)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
	}
	content, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	attr := s.root.Private()
	attr.Mode, attr.Lazy = f.Mode, true
	err = s.root.Create(p, content, attr)
	if f.Hash != "" && errors.Is(err, fs.ErrExist) {
		// Two files of the configuration have the same content.
		return nil
	}
	return err
}

func (s *State) stageDirs(dir, tmp string, made map[string]bool) error {
	if made[dir] || dir == tmp {
		return nil
	}
	if err := s.stageDirs(path.Dir(dir), tmp, made); err != nil {
		return err
	}
	attr := s.root.Private()
	attr.Mode = 0o700
	if top := path.Join(tmp, "etc"); len(dir) > len(top) && dir[:len(top)+1] == top+"/" {
		attr.Mode = 0o755
	}
	if err := s.root.Mkdir(dir, attr); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	made[dir] = true
	return nil
}
