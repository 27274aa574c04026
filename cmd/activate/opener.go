package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/activate-agent/activate/etc"
)

// opener gives a content's bytes.
func opener(c *etc.Content) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if c.Source == "" {
			return io.NopCloser(bytes.NewReader(c.Text)), nil
		}
		f, err := os.Open(c.Source)
		if err != nil {
			return nil, &fs.PathError{Op: "copy", Path: c.Source, Err: errors.Unwrap(err)}
		}
		return &source{file: f, content: io.LimitReader(f, c.Size+1), sum: sha256.New(), want: c.Hash}, nil
	}
}

// source reads a file that a block names, to an end that is an error where the
// plan was made for another content. Somebody may write it meanwhile.
type source struct {
	file *os.File
	// content is as much of the file as there was, and what shows that there is
	// more now.
	content io.Reader
	sum     hash.Hash
	// want is empty where no hash may be known.
	want string
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.content.Read(p)
	s.sum.Write(p[:n])
	if errors.Is(err, io.EOF) && s.want != "" && hex.EncodeToString(s.sum.Sum(nil)) != s.want {
		return n, &fs.PathError{Op: "copy", Path: s.file.Name(), Err: errSourceChanged}
	}
	return n, err
}

func (s *source) Close() error { return s.file.Close() }

var errSourceChanged = errors.New("it changed since the configuration was read; run activate again")
