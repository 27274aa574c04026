package accounts

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// readText reads the file at p whole. Where that is what known was read from, it
// gives known's text and makes no copy. The errors are those of Root.ReadFile.
func readText(root *rootfs.Root, p string, known *Document) (string, error) {
	f, err := root.Open(p)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	if known != nil {
		same, err := holds(f, known.text)
		if same || err != nil {
			return known.text, err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	if info, err := f.Stat(); err == nil {
		b.Grow(int(min(info.Size(), FileLimit)))
	}
	n, err := io.Copy(&b, io.LimitReader(f, FileLimit+1))
	if err == nil && n > FileLimit {
		err = unix.EFBIG
	}
	return b.String(), err
}

// holds compares what is left of f with text.
func holds(f *os.File, text string) (bool, error) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := f.Read(chunk)
		if n > len(text) || string(chunk[:n]) != text[:n] {
			return false, nil
		}
		text = text[n:]
		switch {
		case err == io.EOF:
			return text == "", nil
		case err != nil:
			return false, err
		}
	}
}
