package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	faster "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	asBefore "github.com/go-json-experiment/json/v1"
)

// Document is the JSON form every answer has: two-space indented, with a last
// newline, < and > as they are.
func Document(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("internal error: cannot encode %T: %v", v, err))
	}
	return buf.Bytes()
}

// Compact is v in JSON on one line, for files that only programs read.
func Compact(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("internal error: cannot encode %T: %v", v, err))
	}
	return buf.Bytes()
}

// piece is how much of a document is handed over at once, in bytes.
const piece = 64 << 10

// Stream is Compact in pieces, so that a large document is never held as a
// whole. It reads v until the end or until it is closed, which must be done;
// what cannot be encoded is the reader's error.
func Stream(v any) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		// Each write of a pipe waits for its reader.
		buf := bufio.NewWriterSize(w, piece)
		err := faster.MarshalWrite(buf, v, asBefore.DefaultOptionsV1(), jsontext.EscapeForHTML(false))
		if err == nil {
			_ = buf.WriteByte('\n')
			err = buf.Flush()
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

// Unmarshal reads a JSON document into v as encoding/json does, in half the
// time: the state of a large host is most of what a run reads.
func Unmarshal(b []byte, v any) error { return asBefore.Unmarshal(b, v) }
