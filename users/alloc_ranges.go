package users

import "iter"

// ownedRange is a sub-id range and whose it is.
type ownedRange struct {
	SubRange
	name string
}

// end is the first id behind r.
func (r SubRange) end() uint64 { return uint64(r.Start) + uint64(r.Count) }

// overlaps tells two ranges that share ids.
func (r SubRange) overlaps(o SubRange) bool {
	return uint64(o.Start) < r.end() && uint64(r.Start) < o.end()
}

// rangeSet holds ranges, and finds those that share ids with another without a look
// at all: a host may have one for each of very many users.
type rangeSet struct {
	list []ownedRange
	// cells are the ranges, by place in list, that reach into a cell of ids; wide
	// are those that reach into many.
	cells map[uint64][]int32
	wide  []int32
}

// cellBits are the bits of the place in a cell, manyCells is how many a range may
// reach into without being a wide one.
const (
	cellBits  = 16
	manyCells = 64
)

// cellsOf gives the first and the last cell that r reaches into.
func cellsOf(r SubRange) (first, last uint64) {
	return uint64(r.Start) >> cellBits, max(uint64(r.Start), r.end()-1) >> cellBits
}

func (s *rangeSet) add(o ownedRange) {
	at := int32(len(s.list))
	s.list = append(s.list, o)
	first, last := cellsOf(o.SubRange)
	if last-first >= manyCells {
		s.wide = append(s.wide, at)
		return
	}
	if s.cells == nil {
		s.cells = map[uint64][]int32{}
	}
	for c := first; c <= last; c++ {
		s.cells[c] = append(s.cells[c], at)
	}
}

// near gives the places of the ranges that may overlap r, some perhaps twice.
func (s *rangeSet) near(r SubRange) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		first, last := cellsOf(r)
		if last-first >= manyCells {
			for i := range s.list {
				if !yield(int32(i)) {
					return
				}
			}
			return
		}
		for c := first; c <= last; c++ {
			for _, i := range s.cells[c] {
				if !yield(i) {
					return
				}
			}
		}
		for _, i := range s.wide {
			if !yield(i) {
				return
			}
		}
	}
}

// shares gives the name of somebody with a range that shares ids with r, "" when
// nobody has whom but does not except.
func (s *rangeSet) shares(r SubRange, but func(name string) bool) string {
	for i := range s.near(r) {
		if o := s.list[i]; o.overlaps(r) && !but(o.name) {
			return o.name
		}
	}
	return ""
}
