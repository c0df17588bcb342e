package svg_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/svg"
)

// elements parses a picture and returns its elements of a kind.
func elements(t *testing.T, picture, kind string) (found []xml.StartElement) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == kind {
			found = append(found, e.Copy())
		}
	}
}

func attribute(t *testing.T, e xml.StartElement, name string) float64 {
	t.Helper()
	for _, a := range e.Attr {
		if a.Name.Local == name {
			v, err := strconv.ParseFloat(a.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("%v has no %s", e, name)
	return 0
}

func plain(v float64) string { return fmt.Sprint(v) }

func TestBarsAreLogarithmic(t *testing.T) {
	picture := svg.Bars{Title: "a < b & c", Format: plain, Groups: []svg.Group{
		{Label: "g", Bars: []svg.Bar{{"one", 1, 0}, {"ten", 10, 1}, {"hundred", 100, 2}, {"nothing", 0, 3}}},
	}}.String()
	rects := elements(t, picture, "rect")[1:] // the first is the page
	if len(rects) != 3 {
		t.Fatalf("%d bars, want 3: what has no value has none", len(rects))
	}
	ten, hundred := attribute(t, rects[1], "width"), attribute(t, rects[2], "width")
	if math.Abs(hundred-2*ten) > 0.3 {
		t.Errorf("the bar of 100 is %v wide and that of 10 %v: not twice as wide", hundred, ten)
	}
	if !strings.Contains(picture, "prefers-color-scheme: dark") {
		t.Error("there are no colors for a dark page")
	}
}

func TestLinesStayInsideThePicture(t *testing.T) {
	picture := svg.Lines{Title: "t", FormatX: plain, Format: plain, Lines: []svg.Line{
		{"up", []svg.Point{{X: 1, Y: 5}, {X: 10, Y: 50}, {X: 100, Y: 5e5, Low: 4e5, High: 2e6}}, 0},
		{"down", []svg.Point{{X: 1, Y: 5e5}, {X: 100, Y: 5}, {X: 0, Y: 1}}, 1},
	}}.String()
	page := elements(t, picture, "rect")[0]
	width, height := attribute(t, page, "width"), attribute(t, page, "height")
	circles := elements(t, picture, "circle")
	if len(circles) != 5 {
		t.Errorf("%d points, want 5: a place that is not above zero has none", len(circles))
	}
	for _, c := range circles {
		if x, y := attribute(t, c, "cx"), attribute(t, c, "cy"); x < 0 || x > width || y < 0 || y > height {
			t.Errorf("a point is at %v, %v, outside of %v, %v", x, y, width, height)
		}
	}
	if first, last := attribute(t, circles[0], "cy"), attribute(t, circles[2], "cy"); first <= last {
		t.Errorf("the line that rises goes from %v to %v, and y counts downwards", first, last)
	}
}

func TestEmptyPictures(t *testing.T) {
	for _, picture := range []string{svg.Bars{Title: "t", Format: plain}.String(), svg.Lines{Title: "t", Format: plain, FormatX: plain}.String()} {
		if len(elements(t, picture, "svg")) != 1 {
			t.Errorf("no picture: %s", picture)
		}
	}
}

func TestLabelsDoNotCoverEachOther(t *testing.T) {
	var lines []svg.Line
	for i := range 6 {
		lines = append(lines, svg.Line{Label: fmt.Sprint("line", i), Color: i, Points: []svg.Point{{X: 1, Y: 10}, {X: 2, Y: 10}}})
	}
	var places []float64
	for _, e := range elements(t, svg.Lines{Title: "t", FormatX: plain, Format: plain, Lines: lines}.String(), "rect")[1:] {
		places = append(places, attribute(t, e, "y"))
	}
	for i := range places {
		for j := range i {
			if math.Abs(places[i]-places[j]) < 14 {
				t.Errorf("labels %d and %d are at %v and %v", i, j, places[i], places[j])
			}
		}
	}
}
