package svg

import (
	"fmt"
	"math"
	"strings"
)

// Lines is a picture of lines with both axes logarithmic.
type Lines struct {
	Title, Note     string
	XLabel          string
	Lines           []Line
	FormatX, Format func(float64) string
}

// A Line has its points by rising x. Points that are not above zero are left out.
type Line struct {
	Label  string
	Points []Point
	Color  int
}

// A Point has, beside its place, how far measurements lay apart.
type Point struct{ X, Y, Low, High float64 }

const (
	plotWide   = 640.0
	plotHigh   = 380.0
	plotLeft   = 84.0
	plotRight  = 150.0
	plotTop    = 62.0
	plotBottom = 52.0
)

// String draws it.
func (l Lines) String() string {
	c := &canvas{width: plotWide + plotRight, height: plotHigh}
	c.text(16, 26, "ink title", "start", l.Title)
	c.text(16, 44, "soft small", "start", l.Note)
	lowX, highX, lowY, highY := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, line := range l.Lines {
		for _, p := range line.Points {
			if p.X > 0 && p.Y > 0 {
				lowX, highX = min(lowX, p.X), max(highX, p.X)
				lowY, highY = min(lowY, p.Y), max(highY, p.Y)
			}
		}
	}
	if highX == 0 {
		return c.finish(l.Title)
	}
	fromY, toY := decades(lowY, highY)
	width, bottom := plotWide-plotLeft, plotHigh-plotBottom
	x := func(v float64) float64 {
		if lowX == highX {
			return plotLeft + width/2
		}
		return plotLeft + (math.Log(v)-math.Log(lowX))/(math.Log(highX)-math.Log(lowX))*width
	}
	y := func(v float64) float64 {
		share := (math.Log10(v) - float64(fromY)) / float64(toY-fromY)
		return bottom - min(max(share, 0), 1)*(bottom-plotTop)
	}
	for d := fromY; d <= toY; d++ {
		v := math.Pow(10, float64(d))
		c.grid(plotLeft, y(v), plotWide, y(v))
		c.text(plotLeft-8, y(v)+4, "soft small", "end", l.Format(v))
	}
	for _, v := range l.ticks() {
		c.grid(x(v), plotTop, x(v), bottom)
		c.text(x(v), bottom+16, "soft small", "middle", l.FormatX(v))
	}
	c.text(plotLeft+width/2, plotHigh-12, "soft", "middle", l.XLabel)
	l.draw(c, x, y)
	return c.finish(l.Title)
}

// ticks are the places of points, those that have room.
func (l Lines) ticks() []float64 {
	var longest Line
	for _, line := range l.Lines {
		if len(line.Points) > len(longest.Points) {
			longest = line
		}
	}
	every := (len(longest.Points) + 8) / 9
	var ticks []float64
	for i := 0; i < len(longest.Points); i += every {
		ticks = append(ticks, longest.Points[i].X)
	}
	return ticks
}

func (l Lines) draw(c *canvas, x, y func(float64) float64) {
	var ends []float64
	for _, line := range l.Lines {
		var path strings.Builder
		var end Point
		color := fmt.Sprintf("c%d", line.Color%colors)
		for _, p := range line.Points {
			if p.X <= 0 || p.Y <= 0 {
				continue
			}
			verb := "L"
			if path.Len() == 0 {
				verb = "M"
			}
			fmt.Fprintf(&path, "%s%s %s ", verb, at(x(p.X)), at(y(p.Y)))
			fmt.Fprintf(c, "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"3\"/>\n", color, at(x(p.X)), at(y(p.Y)))
			if p.Low > 0 && p.High > p.Low {
				fmt.Fprintf(c, "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" opacity=\"0.5\"/>\n",
					color, at(x(p.X)), at(y(p.Low)), at(x(p.X)), at(y(p.High)))
			}
			end = p
		}
		if path.Len() == 0 {
			continue
		}
		fmt.Fprintf(c, "<path class=\"%s line\" style=\"fill:none\" d=\"%s\"/>\n", color, strings.TrimSpace(path.String()))
		place := apart(y(end.Y), ends)
		ends = append(ends, place)
		c.rect(x(end.X)+8, place-4, 8, 8, color)
		c.text(x(end.X)+20, place+4, "ink small", "start", line.Label)
	}
}

// apart returns a place for a label near y that covers none of the others.
func apart(y float64, others []float64) float64 {
	const height = 14
	for step := 0.0; ; step++ {
		for _, place := range []float64{y - step*height/2, y + step*height/2} {
			free := true
			for _, o := range others {
				free = free && math.Abs(o-place) >= height
			}
			if free {
				return place
			}
		}
	}
}
