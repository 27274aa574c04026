package modules

import (
	"bytes"
	"runtime"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"
)

// smallChunk is the size in bytes below which a part of a file is not worth a
// goroutine.
const smallChunk = 64 << 10

// parseBody parses a file's text, a long one in several chunks at once.
func parseBody(src []byte, name string) (*hclsyntax.Body, hcl.Diagnostics) {
	if body := parseChunks(name, chunks(src, min(runtime.GOMAXPROCS(0), len(src)/smallChunk))); body != nil {
		return body, nil
	}
	parsed, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	return syntaxBody(parsed), diags
}

func syntaxBody(f *hcl.File) *hclsyntax.Body {
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		panic("internal error: HCL gave a body of another syntax")
	}
	return body
}

// chunk is a part of a file that begins at start.
type chunk struct {
	src   []byte
	start hcl.Pos
}

// blockEnd ends a top-level block as people and fmt write it. Inside a heredoc
// or a comment it means nothing, but then the chunk before it has no end
// either, and does not parse.
const blockEnd = "\n}\n"

// chunks cuts src behind top-level blocks into n parts of about the same size,
// or fewer.
func chunks(src []byte, n int) []chunk {
	var out []chunk
	at := hcl.InitialPos
	for i := 1; i < n; i++ {
		from := max(at.Byte, len(src)*i/n)
		end := bytes.Index(src[from:], []byte(blockEnd))
		if end < 0 {
			break
		}
		end += from + len(blockEnd)
		out = append(out, chunk{src: src[at.Byte:end], start: at})
		at = hcl.Pos{Byte: end, Line: at.Line + bytes.Count(src[at.Byte:end], []byte("\n")), Column: 1}
	}
	return append(out, chunk{src: src[at.Byte:], start: at})
}

// parseChunks parses each chunk on its own and joins them. It gives nil where
// that does not give what parsing the whole gives: every chunk but the last
// must be complete, so that the next begins where a block or attribute may.
func parseChunks(name string, parts []chunk) *hclsyntax.Body {
	if len(parts) < 2 {
		return nil
	}
	bodies := make([]*hclsyntax.Body, len(parts))
	var group errgroup.Group
	for i, p := range parts {
		group.Go(func() error {
			parsed, diags := hclsyntax.ParseConfig(p.src, name, p.start)
			if len(diags) > 0 {
				return diags
			}
			bodies[i] = syntaxBody(parsed)
			return nil
		})
	}
	if group.Wait() != nil {
		return nil
	}
	return joinBodies(bodies)
}

// joinBodies gives nil when an attribute is set twice, which only the parser
// words well.
func joinBodies(bodies []*hclsyntax.Body) *hclsyntax.Body {
	whole := bodies[0]
	for _, b := range bodies[1:] {
		for name, attr := range b.Attributes {
			if _, twice := whole.Attributes[name]; twice {
				return nil
			}
			whole.Attributes[name] = attr
		}
		whole.Blocks = append(whole.Blocks, b.Blocks...)
		whole.SrcRange.End, whole.EndRange = b.SrcRange.End, b.EndRange
	}
	return whole
}
