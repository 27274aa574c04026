package testvm

import (
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// monitor speaks QMP, QEMU's machine protocol (docs/interop/qmp-spec.txt).
type monitor struct {
	conn net.Conn
	dec  *json.Decoder
}

// monitorTimeout is how long QEMU may take to answer.
const monitorTimeout = 30 * time.Second

func openMonitor(socket string) (*monitor, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	q := &monitor{conn: conn, dec: json.NewDecoder(conn)}
	if _, err := q.do("qmp_capabilities", nil); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return q, nil
}

// do runs a command and gives what it returns. Events and the greeting on the
// way are passed over.
func (q *monitor) do(command string, arguments map[string]any) (json.RawMessage, error) {
	if err := q.conn.SetDeadline(time.Now().Add(monitorTimeout)); err != nil {
		return nil, err
	}
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := json.NewEncoder(q.conn).Encode(request); err != nil {
		return nil, fmt.Errorf("cannot ask QEMU for %s: %w", command, err)
	}
	for {
		var answer struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
		}
		if err := q.dec.Decode(&answer); err != nil {
			return nil, fmt.Errorf("cannot ask QEMU for %s: %w", command, err)
		}
		switch {
		case answer.Error != nil:
			return nil, fmt.Errorf("QEMU refuses %s: %s", command, answer.Error.Desc)
		case answer.Return != nil:
			return answer.Return, nil
		}
	}
}

// save writes the state of processors, memory and devices to a file and leaves
// the machine stopped, with its disk as that state knows it.
func (q *monitor) save(file string) error {
	if _, err := q.do("migrate", map[string]any{"uri": "exec:cat > " + quote(file)}); err != nil {
		return err
	}
	for tick := time.NewTicker(pollEvery); ; <-tick.C {
		answer, err := q.do("query-migrate", nil)
		if err != nil {
			return err
		}
		var state struct{ Status string }
		if err := json.Unmarshal(answer, &state); err != nil {
			return err
		}
		switch state.Status {
		case "completed":
			return nil
		case "failed", "cancelled":
			return fmt.Errorf("cannot save the machine's memory: %s", state.Status)
		}
	}
}
