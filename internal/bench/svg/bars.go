package svg

import (
	"fmt"
	"math"
)

// Bars is a picture of groups of bars on a logarithmic scale.
type Bars struct {
	Title, Note string
	Groups      []Group
	Format      func(float64) string // of a value at its bar
}

// A Group is what is compared with each other.
type Group struct {
	Label string
	Bars  []Bar
}

// A Bar with a value that is not above zero is left out. Color 0 is ours.
type Bar struct {
	Label string
	Value float64
	Color int
}

const (
	barHeight = 13.0
	barGap    = 3.0
	groupGap  = 14.0
	topOfBars = 76.0
	leftLabel = 190.0
	peerLabel = 100.0
	barsWide  = 860.0
	rightRoom = 90.0
)

// String draws it.
func (b Bars) String() string {
	c := &canvas{width: barsWide}
	low, high, bars := math.Inf(1), 0.0, 0
	for _, g := range b.Groups {
		for _, bar := range g.Bars {
			if bar.Value > 0 {
				low, high = min(low, bar.Value), max(high, bar.Value)
				bars++
			}
		}
	}
	c.height = topOfBars + float64(bars)*(barHeight+barGap) + float64(len(b.Groups))*groupGap + 12
	c.text(16, 26, "ink title", "start", b.Title)
	c.text(16, 44, "soft small", "start", b.Note)
	if bars == 0 {
		return c.finish(b.Title)
	}
	from, to := decades(low, high)
	left := leftLabel + peerLabel
	x := func(v float64) float64 {
		return left + (math.Log10(v)-float64(from))/float64(to-from)*(c.width-left-rightRoom)
	}
	for d := from; d <= to; d++ {
		v := math.Pow(10, float64(d))
		c.grid(x(v), topOfBars-6, x(v), c.height-10)
		c.text(x(v), topOfBars-10, "soft small", "middle", b.Format(v))
	}
	y := topOfBars
	for _, g := range b.Groups {
		first := true
		for _, bar := range g.Bars {
			if bar.Value <= 0 {
				continue
			}
			base := y + barHeight - 2.5
			if first {
				c.text(leftLabel-8, base, "ink bold", "end", g.Label)
				first = false
			}
			c.text(left-6, base, "soft small", "end", bar.Label)
			// A value at the left edge keeps a stub, so that it is seen to be there.
			c.rect(left, y, max(x(bar.Value)-left, 2), barHeight, fmt.Sprintf("c%d", bar.Color%colors))
			c.text(max(x(bar.Value), left+2)+5, base, "ink small", "start", b.Format(bar.Value))
			y += barHeight + barGap
		}
		y += groupGap
	}
	return c.finish(b.Title)
}
