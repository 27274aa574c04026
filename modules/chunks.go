package modules

import (
	"bytes"
	"runtime"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"
)

// chunkSize is the size in bytes of the parts a file is parsed in. Small ones
// keep the token lists of the parser short, which are its memory.
const chunkSize = 4 << 10

// parseBody parses a file's text, a long one in chunks, several at once.
func parseBody(src []byte, name string) (*hclsyntax.Body, hcl.Diagnostics) {
	if body := parseChunks(name, chunks(src, len(src)/chunkSize)); body != nil {
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
// the whole has to be parsed for what is wrong with it.
func parseChunks(name string, parts []chunk) *hclsyntax.Body {
	if len(parts) < 2 {
		return nil
	}
	bodies := make([]*hclsyntax.Body, len(parts))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range parts {
		group.Go(func() error {
			bodies[i] = p.parse(name)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		panic("internal error: a chunk gives a body or none: " + err.Error())
	}
	// A chunk that does not parse was cut inside something. Those before it are
	// complete, so what follows them begins where a block or attribute may.
	if cut := slices.Index(bodies, nil); cut >= 0 {
		rest := parts[cut]
		for _, p := range parts[cut+1:] {
			rest.src = rest.src[:len(rest.src)+len(p.src)]
		}
		bodies = append(bodies[:cut], rest.parse(name))
	}
	return joinBodies(bodies)
}

// parse gives nil when the chunk is not a body by itself.
func (c chunk) parse(name string) *hclsyntax.Body {
	parsed, diags := hclsyntax.ParseConfig(c.src, name, c.start)
	if len(diags) > 0 {
		return nil
	}
	return syntaxBody(parsed)
}

// joinBodies gives nil when a body is missing or an attribute is set twice:
// the parser words that well.
func joinBodies(bodies []*hclsyntax.Body) *hclsyntax.Body {
	whole := bodies[0]
	if slices.Contains(bodies, nil) {
		return nil
	}
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
