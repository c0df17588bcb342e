// Package svg draws bars and lines as SVG files that fit a light and a dark page.
package svg

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A canvas collects the elements of a picture.
type canvas struct {
	strings.Builder
	width, height float64
}

// The colors are told apart by people who do not see all of them, too; the first is ours.
const style = `<style>
.page { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e }
.grid { stroke: #d1d9e0; stroke-width: 1 } text { font-family: -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 11px } .bold { font-weight: 600 }
.c0 { fill: #0969da; stroke: #0969da } .c1 { fill: #bc4c00; stroke: #bc4c00 } .c2 { fill: #1a7f37; stroke: #1a7f37 }
.c3 { fill: #8250df; stroke: #8250df } .c4 { fill: #818b98; stroke: #818b98 } .c5 { fill: #bf3989; stroke: #bf3989 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .ink { fill: #f0f6fc } .soft { fill: #9198a1 } .grid { stroke: #3d444d }
.c0 { fill: #4493f8; stroke: #4493f8 } .c1 { fill: #db6d28; stroke: #db6d28 } .c2 { fill: #3fb950; stroke: #3fb950 }
.c3 { fill: #ab7df8; stroke: #ab7df8 } .c4 { fill: #9198a1; stroke: #9198a1 } .c5 { fill: #db61a2; stroke: #db61a2 }
.line { fill: none }
}
</style>
`

const colors = 6

// finish returns the whole file.
func (c *canvas) finish(title string) string {
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" width=\"%s\" height=\"%s\" role=\"img\" aria-label=\"%s\">\n",
		at(c.width), at(c.height), at(c.width), at(c.height), html.EscapeString(title)) +
		style + fmt.Sprintf("<rect class=\"page\" width=\"%s\" height=\"%s\" rx=\"6\"/>\n", at(c.width), at(c.height)) +
		c.String() + "</svg>\n"
}

// text writes a line of text. The anchor is start, middle or end.
func (c *canvas) text(x, y float64, class, anchor, words string) {
	fmt.Fprintf(c, "<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n", class, at(x), at(y), anchor, html.EscapeString(words))
}

func (c *canvas) rect(x, y, w, h float64, class string) {
	fmt.Fprintf(c, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"2\" stroke=\"none\"/>\n", class, at(x), at(y), at(w), at(h))
}

func (c *canvas) grid(x1, y1, x2, y2 float64) {
	fmt.Fprintf(c, "<line class=\"grid\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n", at(x1), at(y1), at(x2), at(y2))
}

// at writes a coordinate, to a tenth of a pixel.
func at(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// decades returns the powers of ten from the one at or below low to the one at or above high.
func decades(low, high float64) (from, to int) {
	from, to = int(math.Floor(math.Log10(low)+1e-9)), int(math.Ceil(math.Log10(high)-1e-9))
	if to == from {
		to++
	}
	return from, to
}
