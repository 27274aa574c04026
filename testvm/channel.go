package testvm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/activate-agent/activate/testvm/wire"
)

// channel is the host's side of the way into a virtual machine.
type channel struct {
	conn    net.Conn
	sending sync.Mutex

	mu   sync.Mutex
	next uint32
	jobs map[uint32]*remote
	// pong is closed when the agent has answered, over when the machine hung
	// up.
	pong, over chan struct{}
}

// remote is a command that runs inside.
type remote struct {
	streams streams
	exit    chan string
}

func openChannel(socket string) (*channel, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	c := &channel{conn: conn, jobs: map[uint32]*remote{}, pong: make(chan struct{}), over: make(chan struct{})}
	if err := c.send(wire.Frame{Kind: wire.Ping}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go c.receive()
	return c, nil
}

func (c *channel) send(f wire.Frame) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return wire.Write(c.conn, f)
}

func (c *channel) receive() {
	defer close(c.over)
	answered := false
	for {
		f, err := wire.Read(c.conn)
		if err != nil {
			return
		}
		if f.Kind == wire.Pong && !answered {
			answered = true
			close(c.pong)
		}
		c.mu.Lock()
		r := c.jobs[f.ID]
		c.mu.Unlock()
		if r != nil {
			r.take(f)
		}
	}
}

func (r *remote) take(f wire.Frame) {
	var err error
	switch f.Kind {
	case wire.Stdout:
		err = write(r.streams.out, f.Data)
	case wire.Stderr:
		err = write(r.streams.err, f.Data)
	case wire.Exit:
		r.exit <- string(f.Data)
	default:
	}
	if err != nil {
		// As a closed pipe would: the command's output goes nowhere.
		r.streams.out, r.streams.err = nil, nil
	}
}

func write(w io.Writer, p []byte) error {
	if w == nil {
		return nil
	}
	_, err := w.Write(p)
	return err
}

// answered tells whether the agent is there.
func (c *channel) answered() bool {
	select {
	case <-c.pong:
		return true
	default:
		return false
	}
}

// lostCode is the exit code of a command whose machine went off: as one that
// was killed.
const lostCode = 128 + 9

// run runs a command inside to its end, or to that of ctx or the machine.
func (c *channel) run(ctx context.Context, s streams, argv []string) (int, error) {
	request, err := json.Marshal(wire.Command{Argv: argv, Env: login()})
	if err != nil {
		return 0, err
	}
	r := &remote{streams: s, exit: make(chan string, 1)}
	c.mu.Lock()
	c.next++
	id := c.next
	c.jobs[id] = r
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.jobs, id)
	}()
	if err := c.send(wire.Frame{ID: id, Kind: wire.Start, Data: request}); err != nil {
		return lostCode, nil
	}
	go c.feed(id, s.in)
	select {
	case code := <-r.exit:
		if len(code) > 0 && code[0] == '!' {
			return 0, errors.New(code[1:])
		}
		return strconv.Atoi(code)
	case <-c.over:
		return lostCode, nil
	case <-ctx.Done():
		_ = c.send(wire.Frame{ID: id, Kind: wire.Kill})
		return lostCode, ctx.Err()
	}
}

// feed sends a command its input.
func (c *channel) feed(id uint32, in io.Reader) {
	buf := make([]byte, wire.MaxData)
	for in != nil {
		n, err := in.Read(buf)
		if n > 0 && c.send(wire.Frame{ID: id, Kind: wire.Stdin, Data: buf[:n]}) != nil {
			return
		}
		if err != nil {
			break
		}
	}
	_ = c.send(wire.Frame{ID: id, Kind: wire.End})
}
