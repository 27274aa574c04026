package roff_test

import (
	"testing"

	"github.com/activate-agent/activate/cmd/activate/internal/roff"
)

func TestPage(t *testing.T) {
	t.Parallel()
	p := roff.New("tool", 1, "tool 1.0", "tools")
	p.Section("NAME")
	p.Text("tool - does it\n.so it stays text\n\n'quoted' \\n")
	p.Command(`tool "a b"`)
	p.Item("--flag X", "What it does.\n\nMore.")
	const want = `.TH "TOOL" "1" "" "tool 1.0" "tools"
.nh
.ad l
.SH NAME
tool \- does it
\&.so it stays text
.PP
\&'quoted' \en
.B tool \(dqa b\(dq
.TP
.B \-\-flag X
What it does.
.IP
More.
`
	if got := string(p.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
