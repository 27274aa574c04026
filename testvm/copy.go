package testvm

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// CopyTo copies the host's file, or directory with all below, at src to the
// path dst of the machine, as root's, with its modes. Missing parents of dst
// are made.
func (m *Machine) CopyTo(src, dst string) {
	m.t.Helper()
	if _, err := os.Lstat(src); err != nil {
		m.t.Fatalf("cannot copy to %s: %v", dst, err)
	}
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(archive(w, src, path.Base(dst))) }()
	into := quote(path.Dir(dst))
	_, stderr, code := m.run("-ec", "mkdir -p "+into+" && tar -x -f - -C "+into, r)
	if err := r.Close(); err != nil || code != 0 {
		m.fatalf("cannot copy %s to %s: exit code %d: %s", src, dst, code, stderr)
	}
}

// WriteFile makes the machine's file dst with that text, as root's and 0644.
func (m *Machine) WriteFile(dst, text string) {
	m.t.Helper()
	q := quote(dst)
	_, stderr, code := m.run("-ec", `mkdir -p "$(dirname `+q+`)" && cat > `+q+" && chmod 0644 "+q, strings.NewReader(text))
	if code != 0 {
		m.fatalf("cannot write %s: exit code %d: %s", dst, code, stderr)
	}
}

// archive writes the tree at src as a tar archive in which src is called name.
func archive(w io.Writer, src, name string) error {
	tw := tar.NewWriter(w)
	err := filepath.WalkDir(src, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, p)
		if err != nil {
			return err
		}
		return add(tw, p, path.Join(name, filepath.ToSlash(rel)), e)
	})
	if err != nil {
		return err
	}
	return tw.Close()
}

func add(tw *tar.Writer, p, name string, e fs.DirEntry) error {
	info, err := e.Info()
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(p); err != nil {
			return err
		}
	}
	head, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	head.Name, head.Uid, head.Gid, head.Uname, head.Gname = name, 0, 0, "", ""
	if err := tw.WriteHeader(head); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(tw, f)
	return err
}

// quote makes one shell word of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
