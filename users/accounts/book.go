package accounts

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/activate-agent/activate/activation/rootfs"
)

// The account files, relative to the root.
const (
	PasswdPath  = "etc/passwd"
	GroupPath   = "etc/group"
	ShadowPath  = "etc/shadow"
	GShadowPath = "etc/gshadow"
	SubUIDPath  = "etc/subuid"
	SubGIDPath  = "etc/subgid"
)

// FileLimit is the size in bytes that no account file exceeds: more than any host's,
// and less than its memory.
const FileLimit = 256 << 20

// Book is the six account files of a root, read at one moment. A file that does not
// exist is an empty document, see Has.
type Book struct {
	Passwd, Group, Shadow, GShadow, SubUID, SubGID *Document
	// present tells which files exist.
	present map[string]bool
	*Index
}

// File is one of the six.
type File struct {
	// Path is relative to the root.
	Path  string
	doc   **Document
	check format
}

// Read reads the account files of root. A missing one is empty; any other
// trouble is an error, since an account that is not seen would be made anew. Of
// before, a book that was read earlier or nil, it takes the files that hold the
// same bytes still, and gives before itself where all do. The errors name the file.
func Read(root *rootfs.Root, before *Book) (*Book, error) {
	b, same := &Book{present: map[string]bool{}}, before != nil
	for i, f := range b.Files() {
		var known *Document
		if before != nil {
			known = before.Files()[i].Document()
		}
		text, err := readText(root, f.Path, known)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.Path), rootfs.Reason(err))
		}
		b.present[f.Path] = err == nil
		if known != nil && known.text == text {
			*f.doc, same = known, same && before.present[f.Path] == b.present[f.Path]
			continue
		}
		same = false
		if *f.doc, err = f.Parse(text); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.Path), err)
		}
	}
	if same {
		return before, nil
	}
	b.Index = newIndex(b.Passwd, b.Group)
	return b, nil
}

// ReadPasswd reads passwd(5) alone. The errors are those of Read, and a file that is
// missing is one.
func ReadPasswd(root *rootfs.Root) (*Document, error) {
	text, err := readText(root, PasswdPath, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(PasswdPath), rootfs.Reason(err))
	}
	doc, err := parseDocument(text, passwdLine)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(PasswdPath), err)
	}
	return doc, nil
}

// Files lists the account files in the order they are written in: a user never
// shows up before its group, nor a password before its user.
func (b *Book) Files() []File {
	return append(b.GroupFiles(),
		File{SubUIDPath, &b.SubUID, subIDLine},
		File{SubGIDPath, &b.SubGID, subIDLine},
		File{PasswdPath, &b.Passwd, passwdLine},
		File{ShadowPath, &b.Shadow, shadowLine},
	)
}

// GroupFiles are the two with the members of groups.
func (b *Book) GroupFiles() []File {
	return []File{{GroupPath, &b.Group, groupLine}, {GShadowPath, &b.GShadow, gshadowLine}}
}

// Document is the file at a path, which is one of the six.
func (b *Book) Document(path string) *Document {
	for _, f := range b.Files() {
		if f.Path == path {
			return f.Document()
		}
	}
	panic("internal error: " + path + " is no account file")
}

// Has tells whether the file at path existed when it was read.
func (b *Book) Has(path string) bool { return b.present[path] }

// StillAsRead gives rootfs.ErrChanged where somebody wrote the file since it was
// read, without the lock. It must be asked before it is written over.
func (b *Book) StillAsRead(root *rootfs.Root, f File) error {
	text, err := readText(root, f.Path, f.Document())
	if errors.Is(err, fs.ErrNotExist) && !b.present[f.Path] {
		return nil
	}
	if err == nil && text != f.Document().text {
		err = rootfs.ErrChanged
	}
	return err
}

// Document is what the file holds, with what was edited.
func (f File) Document() *Document { return *f.doc }

// Parse reads a text as if the file held it. It refuses NUL bytes.
func (f File) Parse(text string) (*Document, error) { return parseDocument(text, f.check) }
