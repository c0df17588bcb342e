//go:build linux

package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

const (
	lineWidth  = 740 // of 88 characters of 8.4
	lineHeight = 19
	margin     = 16
	tick       = 100 * time.Millisecond // frames that follow closer are one
	typing     = 700 * time.Millisecond // before the program begins
	rest       = 5 * time.Second        // for which the last frame stays
)

const style = `
.paper { fill: #f6f8fa; stroke: #d0d7de }
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.prompt { fill: #0a6b2e; font-weight: 600 }
.f { visibility: hidden }
.last { visibility: visible }
@media (prefers-color-scheme: dark) {
  .paper { fill: #14181d; stroke: #30363d }
  text { fill: #e6edf3 }
  .prompt { fill: #6fdd8b }
}
@media (prefers-reduced-motion: no-preference) {
`

// thin leaves out frames which others follow within a tick of the one before, and those
// that change nothing.
func thin(frames []frame) (kept []frame) {
	for i, f := range frames {
		if i+1 < len(frames) && len(kept) > 0 && frames[i+1].at-kept[len(kept)-1].at < tick {
			continue
		}
		if len(kept) > 0 && kept[len(kept)-1].text == f.text {
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// draw makes a picture of a command and what was on the terminal then.
func draw(typed string, frames []frame) []byte {
	frames = thin(frames)
	rows := 0
	for _, f := range frames {
		rows = max(rows, strings.Count(f.text, "\n")+1)
	}
	width, height := lineWidth+2*margin, (rows+1)*lineHeight+2*margin
	last := frames[len(frames)-1]
	whole := typing + last.at + rest
	share := func(at time.Duration) float64 { return 100 * float64(at) / float64(whole) }

	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s", escaped(typed), style)
	for i := range frames {
		from, to := share(typing+frames[i].at), 100.0
		if i+1 < len(frames) {
			to = share(typing + frames[i+1].at)
		}
		fmt.Fprintf(&b, "  @keyframes f%d { 0%% { visibility: hidden } %.2f%% { visibility: visible } %.2f%% { visibility: %s } }\n",
			i, from, to, map[bool]string{true: "visible", false: "hidden"}[i+1 == len(frames)])
		fmt.Fprintf(&b, "  #f%d { animation: f%d %.1fs step-end infinite }\n", i, i, whole.Seconds())
	}
	fmt.Fprintf(&b, "}\n</style>\n<rect class=\"paper\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", width-1, height-1)
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\"><tspan class=\"prompt\">$</tspan> %s</text>\n", margin, margin+lineHeight-5, escaped(typed))
	for i, f := range frames {
		class := "f"
		if i+1 == len(frames) {
			class = "last"
		}
		fmt.Fprintf(&b, "<g id=\"f%d\" class=\"%s\">\n", i, class)
		for row, line := range strings.Split(f.text, "\n") {
			if line != "" {
				fmt.Fprintf(&b, "<text xml:space=\"preserve\" x=\"%d\" y=\"%d\">%s</text>\n", margin, margin+(row+2)*lineHeight-5, escaped(line))
			}
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
