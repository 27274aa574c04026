package modules

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// Measures of the picture, in pixels.
const (
	rowHeight  = 44
	boxHeight  = 28
	columnGap  = 90
	charWidth  = 7.6
	boxPadding = 24
	margin     = 20
)

// box is a node with its place in the picture.
type box struct {
	GraphNode
	column, row int
	x, y, width float64
}

// SVG gives the graph as a picture that needs nothing else: what is needed
// stands to the right of what needs it. It adapts to a dark surrounding.
func (g Graph) SVG() string {
	boxes, width, height := g.layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" font-family="ui-monospace, monospace" font-size="13">`+"\n", width, height, width, height)
	b.WriteString(pictureStyle)
	byID := map[string]*box{}
	for _, n := range boxes {
		byID[n.ID] = n
	}
	for _, e := range g.Edges {
		if from, to := byID[e.From], byID[e.To]; from != nil && to != nil {
			b.WriteString(line(from, to, e.Label))
		}
	}
	for _, n := range boxes {
		fmt.Fprintf(&b, `<g class="%s"><title>%s</title><rect x="%.0f" y="%.0f" width="%.0f" height="%d" rx="6"/><text x="%.0f" y="%.0f">%s</text></g>`+"\n",
			html.EscapeString(n.Kind), html.EscapeString(strings.TrimSpace(n.Kind+" "+n.Origin)), n.x, n.y, n.width, boxHeight, n.x+boxPadding/2, n.y+19, html.EscapeString(n.ID))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

const pictureStyle = `<style>
rect { fill: #fff; stroke: #5c6670; } text { fill: #1d2125; } path { fill: none; stroke: #9aa5af; marker-end: url(#tip); } #tip path { fill: #9aa5af; stroke: none; }
.file rect { fill: #f1f3f4; } .module rect { fill: #dcebfb; } .service rect { fill: #dff3e4; } .snippet rect { fill: #fbeed3; } .step rect { stroke-dasharray: 4 3; }
path.makes { stroke-dasharray: 5 4; } path.imports { stroke-dasharray: 2 3; }
@media (prefers-color-scheme: dark) { rect { fill: #1c2024; stroke: #9aa5af; } text { fill: #e4e7ea; }
.file rect { fill: #252b30; } .module rect { fill: #17324d; } .service rect { fill: #17382a; } .snippet rect { fill: #43361a; } }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>
`

func line(from, to *box, label string) string {
	x1, y1, x2, y2 := from.x+from.width, from.y+boxHeight/2, to.x, to.y+boxHeight/2
	if to.column <= from.column {
		x1, x2 = from.x+from.width, to.x+to.width
	}
	bend := max(40, (x2-x1)/2)
	second := x2 - bend
	if to.column <= from.column {
		second = x2 + bend
	}
	class, _, _ := strings.Cut(label, " ")
	return fmt.Sprintf(`<path class="%s" d="M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f"><title>%s %s %s</title></path>`+"\n",
		html.EscapeString(class), x1, y1, x1+bend, y1, second, y2, x2, y2, html.EscapeString(from.ID), html.EscapeString(label), html.EscapeString(to.ID))
}

// layout puts every node into a column right of all that need it, and orders
// the columns so that lines cross little.
func (g Graph) layout() (boxes []*box, width, height float64) {
	columns := g.columns()
	byColumn := map[int][]*box{}
	placed := map[string]*box{}
	for _, n := range g.Nodes {
		bx := &box{GraphNode: n, column: columns[n.ID], width: float64(utf8.RuneCountInString(n.ID))*charWidth + boxPadding}
		boxes = append(boxes, bx)
		placed[n.ID] = bx
		byColumn[bx.column] = append(byColumn[bx.column], bx)
	}
	needed := map[string][]*box{}
	for _, e := range g.Edges {
		if from := placed[e.From]; from != nil {
			needed[e.To] = append(needed[e.To], from)
		}
	}
	x, rows := float64(margin), 0
	for column := range len(byColumn) {
		list := byColumn[column]
		arrange(list, needed)
		widest := 0.0
		for i, bx := range list {
			bx.row, bx.x, bx.y = i, x, float64(margin+i*rowHeight)
			widest = max(widest, bx.width)
		}
		x += widest + columnGap
		rows = max(rows, len(list))
	}
	return boxes, max(x-columnGap, 0) + margin, float64(2*margin + rows*rowHeight)
}

// columns gives each node the length of the longest way to it. A line that
// closes a circle is left out.
func (g Graph) columns() map[string]int {
	needs := map[string][]string{}
	for _, e := range g.Edges {
		needs[e.From] = append(needs[e.From], e.To)
	}
	column, onWay := map[string]int{}, map[string]bool{}
	var visit func(id string, depth int)
	visit = func(id string, depth int) {
		if onWay[id] || depth > len(g.Nodes) {
			return
		}
		if was, seen := column[id]; seen && was >= depth {
			return
		}
		column[id] = depth
		onWay[id] = true
		for _, to := range needs[id] {
			visit(to, depth+1)
		}
		onWay[id] = false
	}
	for _, n := range g.Nodes {
		visit(n.ID, 0)
	}
	return column
}

// arrange orders a column by where what needs its nodes stands.
func arrange(list []*box, needed map[string][]*box) {
	weight := map[string]float64{}
	for _, bx := range list {
		sum, count := 0.0, 0.0
		for _, from := range needed[bx.ID] {
			if from.column < bx.column {
				sum += float64(from.row)
				count++
			}
		}
		if count > 0 {
			weight[bx.ID] = sum / count
		}
	}
	slices.SortStableFunc(list, func(a, b *box) int { return cmp.Compare(weight[a.ID], weight[b.ID]) })
}
