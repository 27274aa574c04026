package users

import (
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// book is the six account files of a root, read at one moment.
type book struct {
	*accounts.Book
	// shared are what stands for long member lists, by their text.
	shared map[string]string
}

// readBook reads the account files of root. Of before, a book that was read earlier
// or nil, it takes the files that hold the same bytes still.
func readBook(root *rootfs.Root, before *book) (*book, error) {
	var known *accounts.Book
	if before != nil {
		known = before.Book
	}
	b, err := accounts.Read(root, known)
	switch {
	case err != nil:
		return nil, err
	case b == known:
		return before, nil
	}
	return &book{Book: b}, nil
}

// readBook reads the account files, and parses those that are not as they were
// read last. The book is for reading only.
func (s *Subsystem) readBook() (*book, error) {
	b, err := readBook(s.cfg.Root, s.book)
	s.book = b
	return b, err
}

// takeBook is readBook for somebody who edits what it gives.
func (s *Subsystem) takeBook() (*book, error) {
	b, err := s.readBook()
	s.book = nil
	return b, err
}
