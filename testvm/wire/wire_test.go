package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/testvm/wire"
)

func TestFramesComeAsTheyWent(t *testing.T) {
	t.Parallel()
	want := []wire.Frame{
		{ID: 1, Kind: wire.Ping, Data: []byte{}},
		{ID: 1 << 31, Kind: wire.Stdout, Data: bytes.Repeat([]byte("x"), wire.MaxData)},
	}
	var channel bytes.Buffer
	for _, f := range want {
		if err := wire.Write(&channel, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range want {
		got, err := wire.Read(&channel)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(w, got); d != "" {
			t.Error(d)
		}
	}
	if _, err := wire.Read(&channel); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	if err := wire.Write(io.Discard, wire.Frame{Kind: wire.Stdin, Data: make([]byte, wire.MaxData+1)}); err == nil {
		t.Error("a frame above the limit was sent")
	}
	for name, raw := range map[string]string{
		"kind": "\x00\x00\x00\x01\x63\x00\x00\x00\x00",
		"size": "\x00\x00\x00\x01\x01\xff\xff\xff\xff",
	} {
		if _, err := wire.Read(bytes.NewReader([]byte(raw))); !errors.Is(err, wire.ErrGarbled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
