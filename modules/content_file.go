package modules

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"slices"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// contentFile is the file that a block's source names. It may be as large as a
// disk image, so its bytes pass by and are never held.
type contentFile struct {
	path string
	size int64
	sum  [sha256.Size]byte
}

func (f contentFile) hash() string { return hex.EncodeToString(f.sum[:]) }

// sourceFile reads the file a block's source names, seen from the file that
// says so; nil when it names none.
func (n *node) sourceFile() (*contentFile, diagnostic.List) {
	v, diags := n.value("source")
	if diags.HasErrors() || v.IsNull() {
		return nil, diags
	}
	v, _ = v.Unmark()
	full, at := v.AsString(), n.definedAt(n.typ.Option("source"))
	if !filepath.IsAbs(full) {
		full = filepath.Join(n.sourceDir(), full)
	}
	if known, ok := n.ev.reads.contents[full]; ok {
		return known, nil
	}
	f, why := digest(full)
	if why != "" {
		return nil, expr.Errorf(at, "Cannot read the source", "%s: %s.", full, why)
	}
	n.ev.reads.files[full] = f.sum
	n.ev.reads.contents[full] = f
	return f, nil
}

func (n *node) sourceDir() string {
	for _, from := range slices.Backward(n.live) {
		if _, ok := from.body.Attributes["source"]; ok {
			return from.file.dir
		}
	}
	return n.ev.config.rootDir
}

// digest reads a regular file to its end and keeps its size and hash, or says
// why it can't be read.
func digest(path string) (*contentFile, string) { return pass(path, io.Discard) }

// pass is digest that writes the content, too. A file that somebody goes on
// writing, as a log, ends where it ended first; those of the kernel say no size.
func pass(path string, to io.Writer) (*contentFile, string) {
	f, why := openRegular(path)
	if why != "" {
		return nil, why
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, reason(err)
	}
	h := sha256.New()
	// Of many small sources each would have as much room as a large one.
	room := make([]byte, min(max(info.Size()+1, 512), 32<<10))
	size, err := io.CopyBuffer(io.MultiWriter(h, to), io.LimitReader(f, max(info.Size(), 1<<20)), room)
	if err != nil {
		return nil, reason(err)
	}
	return &contentFile{path: path, size: size, sum: [sha256.Size]byte(h.Sum(nil))}, ""
}
