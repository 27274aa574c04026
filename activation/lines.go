package activation

import "bytes"

// maxLine is how much of a line is held while it goes on; what is longer is told
// in pieces.
const maxLine = 64 << 10

// lines is a writer that tells the whole lines of a command's output: those that
// come together at once, since a command may print millions.
type lines struct {
	tell func(text string)
	// begun is a line without its end so far.
	begun []byte
}

// Write takes the next piece of output; it never fails.
func (l *lines) Write(p []byte) (int, error) {
	end := bytes.LastIndexByte(p, '\n')
	if end >= 0 {
		l.tell(string(append(l.begun, p[:end]...)))
		l.begun = l.begun[:0]
	}
	l.begun = append(l.begun, p[end+1:]...)
	if len(l.begun) >= maxLine {
		l.finish()
	}
	return len(p), nil
}

// finish tells what has no end.
func (l *lines) finish() {
	if len(l.begun) > 0 {
		l.tell(string(l.begun))
	}
	l.begun = l.begun[:0]
}
