// Package wire is how a host speaks with the agent in a virtual machine: frames
// on one channel, each part of a numbered command.
//
// It owns the form of a frame and refuses to know what runs.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind says what a frame carries.
type Kind byte

// The frames. The host sends Ping, Start, Stdin, End and Kill; the agent sends
// Pong, Stdout, Stderr and Exit.
const (
	// Ping asks for a Pong: the agent is there.
	Ping Kind = iota + 1
	Pong
	// Start begins a command; its data is a Command as JSON.
	Start
	// Stdin is input for it, End the end of its input.
	Stdin
	End
	// Kill ends it and what it started.
	Kill
	Stdout
	Stderr
	// Exit is its end; the data is its exit code in decimal, 128 plus the
	// number for a signal, or "!" and why it could not start.
	Exit
)

// Command is what the agent is to run.
type Command struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
}

// Frame is one message about command ID.
type Frame struct {
	ID   uint32
	Kind Kind
	Data []byte
}

// MaxData is the most bytes one frame carries.
const MaxData = 1 << 16

const headSize = 9

// Write sends f in one call of w. Data above MaxData is an error.
func Write(w io.Writer, f Frame) error {
	if len(f.Data) > MaxData {
		return fmt.Errorf("cannot send a frame of %d bytes: %d is the most", len(f.Data), MaxData)
	}
	b := make([]byte, headSize, headSize+len(f.Data))
	binary.BigEndian.PutUint32(b, f.ID)
	b[4] = byte(f.Kind)
	binary.BigEndian.PutUint32(b[5:], uint32(len(f.Data)))
	_, err := w.Write(append(b, f.Data...))
	return err
}

// ErrGarbled says that what came is no frame.
var ErrGarbled = errors.New("the channel is garbled")

// Read takes the next frame from r.
func Read(r io.Reader) (Frame, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Frame{}, err
	}
	f := Frame{ID: binary.BigEndian.Uint32(head[:]), Kind: Kind(head[4])}
	size := binary.BigEndian.Uint32(head[5:])
	if size > MaxData || f.Kind < Ping || f.Kind > Exit {
		return Frame{}, ErrGarbled
	}
	f.Data = make([]byte, size)
	_, err := io.ReadFull(r, f.Data)
	return f, err
}
