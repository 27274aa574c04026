package ui

import (
	"fmt"
	"io"
)

// Block is the documentation of a block type, arranged for reading.
type Block struct {
	Title, Text string
	Options     []BlockOption
}

// BlockOption is one of its options.
type BlockOption struct{ Name, Type, Text, Notes string }

// BlockDoc prints the documentation of a block type.
func BlockDoc(w io.Writer, s Style, b Block) {
	fmt.Fprintf(w, "%s\n  %s\n", s.bold(b.Title), b.Text)
	for _, o := range b.Options {
		fmt.Fprintf(w, "\n%s  %s\n    %s\n", s.bold(o.Name), s.dim(o.Type), o.Text)
		if o.Notes != "" {
			fmt.Fprintf(w, "    %s\n", s.dim(o.Notes))
		}
	}
}
