// Package survey finds what people made of a root's /etc: configuration files
// of packages that were changed, files that no package owns, and links.
//
// It owns the judgement of what is a person's and what programs make for
// themselves (see generated.go), and reads only. It refuses to copy what not
// everybody may read: such a path is named and its content never looked at.
package survey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/etc/dpkg"
)

// Options say how to look at a root.
type Options struct {
	Root     *rootfs.Root
	Packages *dpkg.Record
	// UserName and GroupName give the names of owners, ok only if they lead
	// back to the id.
	UserName, GroupName func(id uint32) (name string, ok bool)
	// Expressible tells whether the configuration can say a text.
	Expressible func(text string) bool
}

// Found is what people made of /etc, each list in the order of a walk by names.
type Found struct {
	// Changed are configuration files of packages, Added what no package owns:
	// real copies, links, and the directories of such files where they are not
	// root's with mode 0755.
	Changed, Added []etc.Entry
	// Notes say of entries why they are there, if it is not for their content.
	Notes []Remark
	// Remarks are the paths that a configuration does not get.
	Remarks []Remark
}

// Remark says why a path is left out, or is there.
type Remark struct {
	// Path is absolute inside the root.
	Path   string
	Reason string
}

// limit is the largest content that is copied into a configuration.
const limit = 16 << 20

// Etc looks at all below /etc. The error is for a directory or file that cannot
// be read.
func Etc(o Options) (*Found, error) {
	s := &survey{Options: o, found: &Found{}}
	var err error
	if s.made, err = tmpfilesLinks(o.Root); err != nil {
		return nil, err
	}
	if _, err := s.directory("etc"); err != nil {
		return nil, err
	}
	return s.found, s.removed()
}

type survey struct {
	Options
	found *Found
	// made are links that systemd-tmpfiles(8) makes.
	made map[string]bool
}

func (s *survey) note(p, format string, args ...any) {
	s.found.Notes = append(s.found.Notes, Remark{"/" + p, fmt.Sprintf(format, args...)})
}

func (s *survey) remark(p, format string, args ...any) {
	s.found.Remarks = append(s.found.Remarks, Remark{"/" + p, fmt.Sprintf(format, args...)})
}

// directory looks at what is in dir, and tells whether an entry came of it.
func (s *survey) directory(dir string) (taken bool, err error) {
	names, err := s.Root.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("cannot survey /etc: %w", err)
	}
	for _, name := range names {
		p := path.Join(dir, name)
		if generated(p) {
			continue
		}
		info, err := s.Root.Lstat(p)
		if err != nil {
			return false, fmt.Errorf("cannot survey /etc: %w", err)
		}
		entry, err := s.one(p, info)
		if err != nil {
			return false, err
		}
		taken = taken || entry
	}
	return taken, nil
}

// one looks at a path and tells whether an entry came of it.
func (s *survey) one(p string, info rootfs.Info) (taken bool, err error) {
	owned := s.Packages.Owns(p)
	switch {
	case info.Type == rootfs.Dir:
		return s.below(p, info, owned)
	case !s.Expressible(p) || strings.ContainsRune(p, '\n'):
		s.remark(p, "its name is not UTF-8 in the form that HCL keeps (NFC)")
		return false, nil
	case info.Type == rootfs.Symlink:
		return s.link(p, owned)
	case info.Type == rootfs.File:
		return s.file(p, info, owned)
	}
	s.remark(p, "it is %s", info.Type)
	return false, nil
}

// below looks into a directory. What is in one that not everybody may enter is
// not looked at.
func (s *survey) below(p string, info rootfs.Info, owned bool) (bool, error) {
	if info.Mode&0o001 == 0 {
		return false, s.closedDirectory(p, info, owned)
	}
	at := len(s.found.Added)
	taken, err := s.directory(p)
	if err != nil || !taken && !owned || usual(info, 0o755) {
		return taken, err
	}
	if !s.Expressible(p) || strings.ContainsRune(p, '\n') {
		return taken, nil
	}
	e := s.entry(p, info)
	e.Address, e.Type = plan.NewAddress(plan.KindDirectory, "/"+p), etc.Directory
	if owned {
		s.note(p, "it is a package's, and packages install directories with mode 0755 and root's")
		s.found.Changed = append(s.found.Changed, e)
	} else {
		s.found.Added = slices.Insert(s.found.Added, at, e)
	}
	return true, nil
}

// closedDirectory names a directory that not everybody may enter or, of a
// package's, what is in it and not of packages.
func (s *survey) closedDirectory(p string, info rootfs.Info, owned bool) error {
	if !owned {
		s.remark(p, "not everybody may enter it, mode %04o; what is in it stays as it is", info.Mode)
		return nil
	}
	names, err := s.Root.ReadDir(p)
	if err != nil {
		return fmt.Errorf("cannot survey /etc: %w", err)
	}
	for _, name := range names {
		if below := path.Join(p, name); !s.Packages.Owns(below) && !generated(below) {
			s.remark(below, "not everybody may enter /%s, mode %04o", p, info.Mode)
		}
	}
	return nil
}

// link takes a link that a person made.
func (s *survey) link(p string, owned bool) (bool, error) {
	target, err := s.Root.Readlink(p)
	if err != nil {
		return false, fmt.Errorf("cannot survey /etc: %w", err)
	}
	if owned || s.made[p] || s.generatedLink(p, target) {
		return false, nil
	}
	if !s.Expressible(target) {
		s.remark(p, "it leads to a name that is not UTF-8 in the form that HCL keeps (NFC)")
		return false, nil
	}
	s.found.Added = append(s.found.Added, etc.Entry{Address: plan.NewAddress(plan.KindSymlink, "/"+p), Path: p, Type: etc.Symlink, Target: target})
	return true, nil
}

// file takes a regular file that is not as a package installed it.
func (s *survey) file(p string, info rootfs.Info, owned bool) (bool, error) {
	if info.Mode&0o004 == 0 {
		return false, s.closed(p, info, owned)
	}
	if info.Size > limit {
		s.remark(p, "it is larger than %d MiB", limit>>20)
		return false, nil
	}
	content, err := s.Root.ReadFile(p, limit)
	if err != nil {
		return false, fmt.Errorf("cannot survey /etc: %w", err)
	}
	changed, unlike := s.Packages.Changed(p, content), ""
	if owned && !changed {
		unlike = s.unlike(p, info, content)
	}
	if owned && !changed && unlike == "" || !owned && s.pristine(p, content) {
		return false, nil
	}
	if privateKey(content) {
		s.remark(p, "it holds a private key, although everybody may read it")
		return false, nil
	}
	if unlike != "" {
		s.note(p, "%s", unlike)
	}
	e := s.entry(p, info)
	e.Address, e.Type, e.Content = plan.NewAddress(plan.KindEtc, strings.TrimPrefix(p, "etc/")), etc.File, literal(content)
	if owned {
		s.found.Changed = append(s.found.Changed, e)
	} else {
		s.found.Added = append(s.found.Added, e)
	}
	return true, nil
}

// entry is one with the mode and owner of what is at p.
func (s *survey) entry(p string, info rootfs.Info) etc.Entry {
	return etc.Entry{
		Path: p, Mode: fmt.Sprintf("%04o", info.Mode), User: owner(info.UID, s.UserName), Group: owner(info.GID, s.GroupName),
	}
}

// closed names a file that not everybody may read. Whether a package's was
// changed is told by its sum; nothing else of it is kept.
func (s *survey) closed(p string, info rootfs.Info, owned bool) error {
	if owned {
		content, err := s.Root.ReadFile(p, limit)
		if err != nil {
			return fmt.Errorf("cannot survey /etc: %w", err)
		}
		if !s.Packages.Changed(p, content) {
			if s.Packages.Known(p) && !installedClosed(p, info.Mode) {
				s.remark(p, "not everybody may read it, mode %04o; the content is the package's", info.Mode)
			}
			return nil
		}
	}
	s.remark(p, "not everybody may read it, mode %04o", info.Mode)
	return nil
}

// removed names the configuration files that somebody deleted.
func (s *survey) removed() error {
	for _, p := range s.Packages.Conffiles() {
		there, err := s.Root.Exists(p)
		if err != nil {
			return fmt.Errorf("cannot survey /etc: %w", err)
		}
		if !there {
			s.remark(p, "a package installed it, and it is gone")
		}
	}
	return nil
}

func literal(text []byte) *etc.Content {
	sum := sha256.Sum256(text)
	return &etc.Content{Text: text, Size: int64(len(text)), Hash: hex.EncodeToString(sum[:])}
}

// owner is a name where that leads back to the id and can be said, else digits.
func owner(id uint32, name func(uint32) (string, bool)) string {
	if id == 0 {
		return "root"
	}
	if n, ok := name(id); ok && utf8.ValidString(n) && !strings.ContainsAny(n, ":\n\x00 \t/") {
		return n
	}
	return strconv.FormatUint(uint64(id), 10)
}
