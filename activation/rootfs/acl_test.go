package rootfs_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// ann is a user.
const ann = 1000

// letAnn is an ACL in the kernel's form (linux/posix_acl_xattr.h) by which ann reads,
// whoever else does.
func letAnn() []byte {
	const owner, named, group, mask, others, nobody = 1, 2, 4, 16, 32, 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, entry := range []struct {
		tag, rights uint16
		id          uint32
	}{{owner, 6, nobody}, {named, 4, ann}, {group, 4, nobody}, {mask, 4, nobody}, {others, 0, nobody}} {
		b = binary.LittleEndian.AppendUint16(b, entry.tag)
		b = binary.LittleEndian.AppendUint16(b, entry.rights)
		b = binary.LittleEndian.AppendUint32(b, entry.id)
	}
	return b
}

// TestDefaultACL: a file that is written has the ACL that it had, or what its
// directory's trusted owner wants of any new file, and is never opened to somebody by
// the owner of a directory or of what stood there before.
func TestDefaultACL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dirOwner, fileOwner int
		// was is what stands there: "" nothing, "plain" a file without an ACL.
		was  string
		attr rootfs.Attr
		want bool
	}{
		"new, in root's directory":                    {attr: rootfs.Attr{Mode: 0o640}, want: true},
		"new, in ann's":                               {dirOwner: ann, attr: rootfs.Attr{Mode: 0o640}},
		"new, in ann's, for everybody":                {dirOwner: ann, attr: rootfs.Attr{Mode: 0o644}, want: true},
		"new, in ann's, hers":                         {dirOwner: ann, attr: rootfs.Attr{Mode: 0o640, UID: ann}, want: true},
		"replaced, as shadow is":                      {was: "plain", attr: rootfs.Attr{Mode: 0o640}},
		"replaced, with an ACL of root's":             {was: "ACL", attr: rootfs.Attr{Mode: 0o640}, want: true},
		"replaced, with an ACL of ann's":              {was: "ACL", fileOwner: ann, attr: rootfs.Attr{Mode: 0o640}},
		"replaced, with an ACL of ann's, no secret":   {was: "ACL", fileOwner: ann, attr: rootfs.Attr{Mode: 0o644}, want: true},
		"back to one without":                         {was: "ACL", attr: rootfs.Attr{Mode: 0o644, Restored: true}},
		"back to one without, where nothing stands":   {attr: rootfs.Attr{Mode: 0o644, Restored: true}},
		"back to one with it, where nothing stands":   {attr: rootfs.Attr{Mode: 0o644, Restored: true, Xattrs: map[string][]byte{accessACL: letAnn()}}, want: true},
		"back to one with it, in ann's, of the owner": {dirOwner: ann, attr: rootfs.Attr{Mode: 0o640, Restored: true, Xattrs: map[string][]byte{accessACL: letAnn()}}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := handle(t, dir)
			p := filepath.Join(dir, "file")
			if c.was != "" {
				must(t, os.WriteFile(p, []byte("before"), 0o640))
				must(t, os.Chown(p, c.fileOwner, 0))
			}
			if c.was == "ACL" {
				must(t, unix.Setxattr(p, accessACL, letAnn(), 0))
			}
			must(t, os.Chown(dir, c.dirOwner, 0))
			must(t, unix.Setxattr(dir, defaultACL, letAnn(), 0))
			must(t, r.WriteFile("file", strings.NewReader("after"), c.attr))
			if _, err := unix.Getxattr(p, accessACL, nil); (err == nil) != c.want {
				t.Errorf("its ACL: %v, want one: %v", err, c.want)
			}
		})
	}
}

// TestDefaultACLOfADirectory: what is made in a directory of somebody else's is not
// theirs to open, nor what comes into it.
func TestDefaultACLOfADirectory(t *testing.T) {
	t.Parallel()
	for owner, want := range map[int]bool{0: true, ann: false} {
		dir := t.TempDir()
		r := handle(t, dir)
		must(t, os.Chown(dir, owner, 0))
		must(t, unix.Setxattr(dir, defaultACL, letAnn(), 0))
		must(t, r.Mkdir("in", rootfs.Attr{Mode: 0o750}))
		for _, name := range []string{accessACL, defaultACL} {
			if _, err := unix.Getxattr(filepath.Join(dir, "in"), name, nil); (err == nil) != want {
				t.Errorf("in a directory of %d: %s: %v, want one: %v", owner, name, err, want)
			}
		}
	}
}
