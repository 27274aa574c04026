package record_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/modules/record"
)

// sample has one field of every kind a plain value may hold.
type sample struct {
	Text    string
	Bytes   []byte
	Flag    bool
	Number  int64
	ID      uint32
	Maybe   *bool
	MaybeID *uint32
	List    []string
	Nested  []inner
	Map     map[string][]string
}

type inner struct {
	Name string
	Next *inner
}

func samples() *rapid.Generator[sample] {
	return rapid.Custom(func(t *rapid.T) sample {
		s := sample{
			Text: rapid.String().Draw(t, "text"), Flag: rapid.Bool().Draw(t, "flag"),
			Number: rapid.Int64().Draw(t, "number"), ID: rapid.Uint32().Draw(t, "id"),
			Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), List: rapid.SliceOf(rapid.String()).Draw(t, "list"),
			Map: rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "map"),
		}
		if rapid.Bool().Draw(t, "has maybe") {
			maybe, id := rapid.Bool().Draw(t, "maybe"), rapid.Uint32().Draw(t, "maybe id")
			s.Maybe, s.MaybeID = &maybe, &id
			s.Nested = []inner{{Name: "a", Next: &inner{Name: s.Text}}, {}}
		}
		return s
	})
}

func TestDecodeGivesWhatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := samples().Draw(t, "sample")
		b := record.Encode(want)
		got, err := record.Decode[sample](b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if !bytes.Equal(b, record.Encode(got)) {
			t.Error("equal values give different bytes")
		}
	})
}

// FuzzDecode reads any bytes: what is accepted is written back as a value that
// reads the same.
func FuzzDecode(f *testing.F) {
	f.Add(record.Encode(sample{Text: "x", List: []string{"a"}, Map: map[string][]string{"k": nil}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := record.Decode[sample](b)
		if err != nil {
			return
		}
		again, err := record.Decode[sample](record.Encode(got))
		if err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%x is read differently when written again: %v", b, err)
		}
	})
}
