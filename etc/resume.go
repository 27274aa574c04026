package etc

import (
	"bytes"
	"errors"
	"io"
)

// cutOff tells whether the regular file f is the beginning of side's content: a
// new file is flushed with all others, and a power cut before that leaves as
// much of it as had reached the disk.
func (t step) cutOff(f found, side State) (bool, error) {
	if f.info.Size == 0 {
		return true, nil
	}
	if side.Size != nil && f.info.Size >= *side.Size || side.hash() == "" {
		return false, nil
	}
	whole, err := t.s.cfg.Store.Open(side.hash())
	if err != nil {
		// Not kept, as a secret that is read from its source: only an empty
		// file is known to be half of it.
		return false, nil
	}
	defer func() { _ = whole.Close() }()
	part, err := t.s.cfg.Root.Open(f.path)
	if err != nil {
		return false, err
	}
	defer func() { _ = part.Close() }()
	return begins(whole, part)
}

// begins tells whether whole begins with all of part.
func begins(whole, part io.Reader) (bool, error) {
	got, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := part.Read(got)
		if _, short := io.ReadFull(whole, want[:n]); short != nil && n > 0 {
			return false, nil
		}
		if !bytes.Equal(got[:n], want[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
