package daemon

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/activate-agent/activate/activation/rootfs"
)

func (s *State) setPart(path string, p PartState) {
	if s.Parts == nil {
		s.Parts = map[string]PartState{}
	}
	s.Parts[path] = p
}

// partNames gives the paths of all parts of the states, sorted.
func partNames(states ...State) []string {
	var out []string
	for _, s := range states {
		out = slices.AppendSeq(out, maps.Keys(s.Parts))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (u *Units) observeParts(s *State, paths []string) error {
	for _, p := range paths {
		info, err := u.cfg.Root.Lstat(p)
		switch {
		case isMissing(err):
			continue
		case err != nil:
			return err
		case info.Type != rootfs.File:
			return fmt.Errorf("%s is %s; move it away", u.cfg.Root.Name(p), info.Type)
		}
		content, err := u.cfg.Root.ReadFile(p, maxUnitFile)
		if err != nil {
			return err
		}
		s.setPart(p, PartState{SHA256: hash(content), Mode: octal(info.Mode), UID: info.UID, GID: info.GID})
	}
	return nil
}

// applyParts brings each part from now to after.
func (u *Units) applyParts(paths []string, now, after State) error {
	for _, p := range paths {
		if err := u.applyPart(p, now.Parts[p], after.Parts[p], after.Xattrs[p]); err != nil {
			return err
		}
	}
	return nil
}

func (u *Units) applyPart(p string, was, will PartState, xattrs string) error {
	if was == will {
		if lacks, err := u.lacksXattrs(p, xattrs); err != nil || !lacks {
			return err
		}
	}
	if will.SHA256 == "" {
		return u.cfg.Root.Remove(p)
	}
	return u.write(u.cfg.Root, p, will, xattrs)
}

// file is the main file of s.
func (s State) file() PartState {
	return PartState{SHA256: s.SHA256, Mode: s.Mode, UID: s.UID, GID: s.GID}
}

// writer is a Root, or a Batch of one.
type writer interface {
	WriteFile(p string, content io.Reader, a rootfs.Attr) error
}

// write has to write the file of s at p; xattrs stands for the extended attributes
// that return with it, "" for those that it is given or keeps.
func (u *Units) write(to writer, p string, s PartState, xattrs string) error {
	content, err := u.content(p, s.SHA256)
	if err != nil {
		return err
	}
	mode, err := strconv.ParseUint(s.Mode, 8, 32)
	if err != nil {
		return fmt.Errorf("cannot read the mode of %s: %w", u.cfg.Root.Name(p), err)
	}
	attr := rootfs.Attr{Mode: uint32(mode), UID: s.UID, GID: s.GID}
	if xattrs != "" {
		if attr.Xattrs, err = u.cfg.Store.KeptXattrs(xattrs); err != nil {
			return err
		}
		attr.Restored = true
	}
	return to.WriteFile(p, bytes.NewReader(content), attr)
}

// contentsOf gives the path and hash of every file of s.
func contentsOf(s State) map[string]string {
	out := map[string]string{}
	if s.SHA256 != "" {
		out[s.Path] = s.SHA256
	}
	for p, part := range s.Parts {
		out[p] = part.SHA256
	}
	return out
}
