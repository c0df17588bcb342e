package debugz

import (
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

// bars are a histogram as it is drawn: a bar for each power of two between the shortest
// and the longest time.
type bars struct {
	Title, Mean, From, To string
	Count                 uint64
	Width                 int
	Bars                  []bar
}

type bar struct {
	X, Y, Height int
	Label        string
}

const barHeight = 40

func newBars(title string, h sight.Histogram) bars {
	b := bars{Title: title}
	first, last, highest := -1, -1, uint64(0)
	for i, n := range h.Buckets {
		if n == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		highest = max(highest, n)
		b.Count += n
	}
	if b.Count == 0 {
		return b
	}
	b.Mean = short(h.Sum / time.Duration(b.Count))
	b.From, b.To = short(lower(first)), short(lower(last+1))
	b.Width = 10 * (last - first + 1)
	for i := first; i <= last; i++ {
		n := h.Buckets[i]
		height := int(barHeight * float64(n) / float64(highest))
		if n > 0 {
			height = max(height, 1)
		}
		b.Bars = append(b.Bars, bar{10 * (i - first), barHeight - height, height, fmt.Sprintf("%s to %s: %d", short(lower(i)), short(lower(i+1)), n)})
	}
	return b
}

// lower returns where a bucket begins.
func lower(i int) time.Duration {
	switch {
	case i <= 0:
		return 0
	case i > 63:
		return 1<<63 - 1
	}
	return 1 << (i - 1)
}
