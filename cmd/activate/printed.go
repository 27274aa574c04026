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
