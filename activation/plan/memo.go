package plan

import "sync"

// Memo decodes the states of one subsystem's type T, each once. A plan is
// decoded by every stage of a run, and those that this run encoded itself need
// no decoding at all. It may be used by several goroutines.
type Memo[T any] struct {
	mu sync.RWMutex
	// decoded is by the address of a state's first byte: the key keeps those
	// bytes from being used for anything else.
	decoded map[*byte]T
}

// NewMemo makes an empty memo.
func NewMemo[T any]() *Memo[T] { return &Memo[T]{decoded: map[*byte]T{}} }

// Encode makes a State of v; nil stays nil. v may not be changed afterwards
// through the pointers in it.
func (m *Memo[T]) Encode(v *T) State {
	if v == nil {
		return nil
	}
	s := Encode(v)
	m.keep(s, *v)
	return s
}

// Decode reads a state back; nil stays nil. The result is the caller's own, but
// what its slices and pointers lead to is shared and may only be read. Errors
// are those of Decode.
func (m *Memo[T]) Decode(s State) (*T, error) {
	if s == nil {
		return nil, nil
	}
	if v, ok := m.known(s); ok {
		return &v, nil
	}
	v, err := Decode[T](s)
	if err != nil {
		return nil, err
	}
	m.keep(s, v)
	return &v, nil
}

func (m *Memo[T]) known(s State) (v T, ok bool) {
	if len(s) == 0 {
		return v, false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok = m.decoded[&s[0]]
	return v, ok
}

func (m *Memo[T]) keep(s State, v T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decoded[&s[0]] = v
}
