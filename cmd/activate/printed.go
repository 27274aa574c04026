package main

import (
	"bufio"
	"io"
)

// printed prints an answer. The error is that of whoever should read it: an
// answer that is cut off must not pass for a whole one.
func (f *flags) printed(answer func(w io.Writer)) error {
	w := bufio.NewWriter(f.std.out)
	answer(w)
	return w.Flush()
}

// answer is where the library prints help, which does not tell of what could not
// be written. It keeps the first such error.
type answer struct {
	to  io.Writer
	err error
}

// Write writes to the one below.
func (a *answer) Write(b []byte) (int, error) {
	n, err := a.to.Write(b)
	if a.err == nil {
		a.err = err
	}
	return n, err
}
