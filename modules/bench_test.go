package modules_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/activate-agent/activate/modules"
)

// literalBlocks is a configuration of n written-out etc blocks, about a
// hundred bytes each.
func literalBlocks(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "etc \"bench/dir%03d/file%05d.conf\" {\n  text = \"value of the file number %d\\n\"\n  mode = \"0644\"\n}\n\n", i%500, i, i)
	}
	return []byte(b.String())
}

// generatedBlocks makes n etc blocks by one for_each.
func generatedBlocks(n int) []byte {
	return fmt.Appendf(nil, `etc "bench" {
  for_each = toset([for i in range(%d) : "dir${i %% 500}/file${i}.conf"])
  path     = "bench/${each.key}"
  text     = "value of the file ${each.key}\n"
  mode     = "0644"
}
`, n)
}

func evaluate(tb testing.TB, src []byte, want int) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "main.hcl")
	writeFile(tb, path, src)
	run := func() {
		c, diags := modules.Load(tb.Context(), modules.Options{Path: path, Host: testHost()})
		if diags.HasErrors() {
			tb.Fatal(diags[0].Detail)
		}
		s, diags := c.System()
		if diags.HasErrors() || len(s.Etc.Entries) != want {
			tb.Fatalf("%d entries, want %d", len(s.Etc.Entries), want)
		}
	}
	b, ok := tb.(*testing.B)
	if !ok {
		run()
		return
	}
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// BenchmarkParse is the floor: HCL's parser on the bytes of BenchmarkLiteral.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			src := literalBlocks(n)
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := hclsyntax.ParseConfig(src, "main.hcl", hcl.InitialPos); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkLiteral loads and evaluates written-out blocks.
func BenchmarkLiteral(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { evaluate(b, literalBlocks(n), n) })
	}
}

// BenchmarkForEach loads and evaluates blocks that one for_each makes.
func BenchmarkForEach(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { evaluate(b, generatedBlocks(n), n) })
	}
}

func TestManyBlocks(t *testing.T) {
	t.Parallel()
	evaluate(t, literalBlocks(2_000), 2_000)
	evaluate(t, generatedBlocks(2_000), 2_000)
}
