package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/stat"
)

// Results are the measured values and where they come from. They are kept as a file
// beside the program, so that the page can be written again without measuring.
type Results struct {
	Machine string   `json:"machine"`
	CPUs    int      `json:"cpus"`
	System  string   `json:"system"`
	Go      string   `json:"go"`
	Commit  string   `json:"commit"`
	Rounds  int      `json:"rounds"`
	Runs    int      `json:"runs,omitempty"` // of compare, if they are several
	Load    float64  `json:"load"`           // how many other threads wanted a processor, on average
	Missing []string `json:"missing,omitempty"`
	Series  []Series `json:"series"`
}

// A Series is what was measured of one row of one peer, one value a round.
type Series struct {
	Row    string    `json:"row"`
	Peer   string    `json:"peer"`
	X      float64   `json:"x,omitempty"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
}

// Add takes a measurement in.
func (rs *Results) Add(r measure.Row) {
	r = r.Plain()
	for i := range rs.Series {
		if s := &rs.Series[i]; s.Row == r.Row && s.Peer == r.Peer && s.X == r.X {
			s.Values = append(s.Values, r.Value)
			return
		}
	}
	rs.Series = append(rs.Series, Series{Row: r.Row, Peer: r.Peer, X: r.X, Unit: r.Unit, Values: []float64{r.Value}})
}

// Find returns the series of a peer, whose name may be without its version.
func (rs *Results) Find(row, peer string) (Series, bool) {
	for _, s := range rs.Series {
		if s.Row == row && s.X == 0 && (s.Peer == peer || strings.HasPrefix(s.Peer, peer+"-")) {
			return s, true
		}
	}
	return Series{}, false
}

// Peers returns the names behind any of the rows: us, the limit, Go, then the others.
func (rs *Results) Peers(rows []string) []string {
	order := func(peer string) int {
		if i := slices.Index([]string{Us, Limit, Go}, peer); i >= 0 {
			return i
		}
		return 3
	}
	var peers []string
	for _, s := range rs.Series {
		if slices.Contains(rows, s.Row) && !slices.Contains(peers, s.Peer) {
			peers = append(peers, s.Peer)
		}
	}
	slices.SortFunc(peers, func(a, b string) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a, b))
	})
	return peers
}

// Line returns the points of a peer's line, by x.
func (rs *Results) Line(row, peer string) []Series {
	var line []Series
	for _, s := range rs.Series {
		if s.Row == row && s.Peer == peer && s.X != 0 {
			line = append(line, s)
		}
	}
	slices.SortFunc(line, func(a, b Series) int { return cmp.Compare(a.X, b.X) })
	return line
}

// rounds says how many rounds there were.
func (rs *Results) rounds() string {
	if rs.Runs > 1 {
		return fmt.Sprintf("%d rounds in %d runs", rs.Rounds, rs.Runs)
	}
	return fmt.Sprintf("%d rounds", rs.Rounds)
}

// Median returns the middle of the rounds.
func (s Series) Median() float64 { return stat.Median(s.Values) }

// Spread returns how far the rounds lie apart; see [stat.Spread].
func (s Series) Spread() float64 { return stat.Spread(s.Values) }

// Load reads results from a file.
func Load(file string) (*Results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rs := new(Results)
	return rs, json.Unmarshal(text, rs)
}

// Save writes them: a line a series, so that a difference can be read.
func (rs *Results) Save(file string) error {
	short := *rs
	short.Series = nil
	head, err := json.MarshalIndent(short, "", "  ")
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(strings.Replace(string(head), `"series": null`+"\n}", `"series": [`+"\n", 1))
	for i, s := range rs.Series {
		for j, v := range s.Values {
			s.Values[j] = significant(v, 4)
		}
		line, err := json.Marshal(s)
		if err != nil {
			return err
		}
		b.WriteString("    " + string(line))
		if i < len(rs.Series)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("  ]\n}\n")
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
