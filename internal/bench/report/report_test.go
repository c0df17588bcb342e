package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/report"
)

func sample() *report.Results {
	rs := &report.Results{Machine: "a machine", CPUs: 2, Rounds: 3}
	for _, r := range []measure.Row{
		{Row: "a", NsPerOp: 10, Peer: report.Us},
		{Row: "a", NsPerOp: 30, Peer: report.Us},
		{Row: "a", NsPerOp: 20, Peer: report.Us},
		{Row: "a", NsPerOp: 10, Peer: report.Limit},
		{Row: "a", NsPerOp: 400, Peer: "uvloop-1.2"},
		{Row: "b", Value: 3e6, Unit: "calls/s", Peer: report.Us},
		{Row: "b", Value: 6e6, Unit: "calls/s", Peer: report.Limit},
		{Row: "c", Value: 1.5, Unit: "ratio", Peer: report.Us},
	} {
		rs.Add(r)
	}
	return rs
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	sample().Table(&out, report.Section{Metrics: []report.Metric{
		{Name: "a", Targets: []report.Target{{Factor: 0.1, Peer: "uvloop"}, {Factor: 1.3, Peer: "go"}}},
		{Name: "b", Higher: true, Targets: []report.Target{{Factor: 4e6}}},
		{Name: "c", Targets: []report.Target{{Factor: 1, Peer: report.Us, Row: "c"}}},
		{Name: "d"},
	}})
	want := `| row |           asyncgo | target (**missed**) | met |       limit | asyncgo ×limit |   uvloop-1.2 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| a   | 20 ns ±40 % wide! |         ≤ uvloop/10 | yes |       10 ns |             2× | 40× (400 ns) |
| b   |       3 M calls/s |   **≥ 4 M calls/s** |  no | 6 M calls/s |             2× |            – |
| c   |               1.5 |                 ≤ c | yes |           – |                |            – |
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestRatioIsHowManyTimesWorseWeAre(t *testing.T) {
	rs := sample()
	for _, c := range []struct {
		metric report.Metric
		peer   string
		want   float64
		known  bool
	}{
		{report.Metric{Name: "a"}, report.Limit, 2, true},
		{report.Metric{Name: "a"}, "uvloop", 0.05, true},
		{report.Metric{Name: "b", Higher: true}, report.Limit, 2, true},
		{report.Metric{Name: "c"}, report.Limit, 0, false},
	} {
		if got, known := rs.Ratio(c.metric, c.peer); got != c.want || known != c.known {
			t.Errorf("%s against %s: %v, %v, want %v, %v", c.metric.Name, c.peer, got, known, c.want, c.known)
		}
	}
}

func TestResultsSurviveTheirFile(t *testing.T) {
	rs := sample()
	file := filepath.Join(t.TempDir(), "results.json")
	if err := rs.Save(file); err != nil {
		t.Fatal(err)
	}
	again, err := report.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if again.Machine != rs.Machine || len(again.Series) != len(rs.Series) {
		t.Fatalf("%+v came back as %+v", rs, again)
	}
	if s, ok := again.Find("a", report.Us); !ok || s.Median() != 20 {
		t.Errorf("row a came back as %+v", s)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{12.345, "ns", "12.3 ns"},
		{12345, "ns", "12.3 µs"},
		{1234567, "ns", "1.23 ms"},
		{870000, "calls/s", "870 k calls/s"},
		{1.5e7, "items/s", "15 M items/s"},
		{0, "/s", "0 /s"},
		{2560, "B", "2560 B"},
		{64 << 20, "B", "64 MiB"},
		{1.06, "ratio", "1.06"},
	} {
		if got := report.Value(c.v, c.unit); got != c.want {
			t.Errorf("%v %s is written %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestEveryPictureOfThePageIsWritten(t *testing.T) {
	rs, folder := sample(), t.TempDir()
	rs.Add(measure.Row{Row: "scale_tasks", X: 1000, Value: 3000, Unit: "ns", Peer: report.Us})
	catalog := report.Catalog("2")
	if err := rs.Pictures(folder, catalog); err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	rs.Page(&page, catalog)
	pictures := strings.Split(page.String(), "](../img/")[1:]
	if len(pictures) < 10 {
		t.Errorf("the page has only %d pictures", len(pictures))
	}
	for _, p := range pictures {
		name, _, _ := strings.Cut(p, ")")
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}
