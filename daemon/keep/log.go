package keep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A log is as s6-log and svlogd have it: the file "current", and older ones
// beside it.
const (
	logCurrent = "current"
	logNext    = "next"
	logBytes   = 1 << 20
	logFiles   = 5
)

// openLog has what this process and its children write go to the log in dir.
// The function it gives returns when all is written.
func openLog(dir string) (func(), error) {
	l := &rotating{dir: dir}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("cannot open the log: %w", err)
	}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("cannot open the log: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	for _, fd := range []int{1, 2} {
		if err := unix.Dup2(int(w.Fd()), fd); err != nil {
			return nil, fmt.Errorf("cannot open the log: %w", err)
		}
	}
	_ = w.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.copy(r)
	}()
	return func() {
		for _, fd := range []int{1, 2} {
			_ = unix.Close(fd)
		}
		select {
		case <-done:
		case <-time.After(time.Second):
			// Somebody who may stay still holds the other end.
		}
	}, nil
}

// rotating is a log that grows to a size and then starts anew.
type rotating struct {
	dir  string
	file *os.File
	size int64
}

func (l *rotating) open() (err error) {
	if l.file, err = l.create(logCurrent); err != nil {
		return err
	}
	info, err := l.file.Stat()
	if err == nil {
		l.size = info.Size()
	}
	return err
}

// create opens a file of the log for writing, which need not be there.
func (l *rotating) create(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(l.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY|unix.O_NOFOLLOW, 0o640)
}

// copy writes line by line, each with its time.
func (l *rotating) copy(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			l.write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func (l *rotating) write(line []byte) {
	if l.size > logBytes {
		l.rotate()
	}
	n, _ := fmt.Fprintf(l.file, "%s %s", time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), line)
	if line[len(line)-1] != '\n' {
		n2, _ := l.file.WriteString("\n")
		n += n2
	}
	l.size += int64(n)
}

// rotate moves every file one on; the last one goes. Where there is no room for a new
// one nothing goes, and the old one takes as much more.
func (l *rotating) rotate() {
	l.size = 0
	next, err := l.create(logNext)
	if err != nil {
		return
	}
	name := func(i int) string { return filepath.Join(l.dir, logCurrent+"."+strconv.Itoa(i)) }
	for i := logFiles - 1; i > 0; i-- {
		_ = os.Rename(name(i), name(i+1))
	}
	_ = os.Remove(name(logFiles))
	_ = os.Rename(filepath.Join(l.dir, logCurrent), name(1))
	_ = os.Rename(filepath.Join(l.dir, logNext), filepath.Join(l.dir, logCurrent))
	_ = l.file.Close()
	l.file = next
}
