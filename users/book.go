package users

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// The account files, relative to the root.
const (
	passwdPath  = "etc/passwd"
	groupPath   = "etc/group"
	shadowPath  = "etc/shadow"
	gshadowPath = "etc/gshadow"
	subUIDPath  = "etc/subuid"
	subGIDPath  = "etc/subgid"
)

// fileLimit is more than any host's account file, and less than its memory.
const fileLimit = 256 << 20

// book is the six account files of a root, read at one moment.
type book struct {
	passwd, group, shadow, gshadow, subUID, subGID *document
	// present tells which files exist.
	present map[string]bool
	// shared are what stands for long member lists, by their text.
	shared map[string]string
	*index
}

// readBook reads the account files of root. A missing one is empty; any other
// trouble is an error, since an account that is not seen would be made anew. Of
// before, a book that was read earlier or nil, it takes the files that hold the
// same bytes still.
func readBook(root *rootfs.Root, before *book) (*book, error) {
	b, same := &book{present: map[string]bool{}}, before != nil
	for i, f := range b.files() {
		var known *document
		if before != nil {
			known = *before.files()[i].doc
		}
		text, err := readText(root, f.path, known)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.path), rootfs.Reason(err))
		}
		b.present[f.path] = err == nil
		if known != nil && known.text == text {
			*f.doc, same = known, same && before.present[f.path] == b.present[f.path]
			continue
		}
		same = false
		if *f.doc, err = parseDocument(text, f.check); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.path), err)
		}
	}
	if same {
		return before, nil
	}
	b.index = newIndex(b.passwd, b.group)
	return b, nil
}

// readBook reads the account files, and parses those that are not as they were
// read last. The book is for reading only.
func (s *Subsystem) readBook() (*book, error) {
	b, err := readBook(s.cfg.Root, s.book)
	s.book = b
	return b, err
}

// takeBook is readBook for somebody who edits what it gives.
func (s *Subsystem) takeBook() (*book, error) {
	b, err := s.readBook()
	s.book = nil
	return b, err
}

// accountFile is one of the six.
type accountFile struct {
	path  string
	doc   **document
	check format
}

// files lists the account files in the order they are written in: a user never
// shows up before its group, nor a password before its user.
func (b *book) files() []accountFile {
	return []accountFile{
		{groupPath, &b.group, groupLine},
		{gshadowPath, &b.gshadow, gshadowLine},
		{subUIDPath, &b.subUID, subIDLine},
		{subGIDPath, &b.subGID, subIDLine},
		{passwdPath, &b.passwd, passwdLine},
		{shadowPath, &b.shadow, shadowLine},
	}
}

// malformed gives the lines of d that name somebody without being an entry.
func (d *document) malformed() []string {
	var out []string
	for i := range d.lines {
		r := &d.lines[i]
		if r.named > 0 {
			continue
		}
		if text := strings.TrimSpace(r.text); text != "" && text[0] != '#' && !isNIS(text) {
			out = append(out, r.text)
		}
	}
	return out
}
