package accounts

import "strconv"

// ID is a uid or gid. 4294967295 is not an id (it means "no change" to
// chown(2)).
type ID uint32

// String is the id in decimal digits.
func (id ID) String() string { return strconv.FormatUint(uint64(id), 10) }

// ParseID reads digits that IsID has accepted.
func ParseID(s string) ID {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic("internal error: " + s + " was not checked to be an id")
	}
	return ID(n)
}
