package debugz

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

//go:embed page.html page.js style.css
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"inc":   func(i int) int { return i + 1 },
	"count": func(n int, what string) string { return plural(n, what) },
}).ParseFS(files, "page.html"))

// What the page shows at most: a browser does not like a table of 60,000 rows, and a
// person does not read it.
const (
	maxTasks   = 500
	maxPlaces  = 20
	maxRows    = 200
	maxObjects = 200
)

// A view is what the page is made of. All of it is text, which the template escapes.
type view struct {
	Program     string
	PID         int
	Time        string
	Loops       []loopView
	Pools       []poolView
	Objects     []objectView
	MoreObjects int
}

type loopView struct {
	Tasks   int
	Lag     string
	Blocked string
	Places  []placeView
	Cycle   string
	Tree    []branch
	More    int
}

type placeView struct {
	Count     int
	State, At string
}

type poolView struct {
	sight.Pool
	WaitedBars, RanBars bars
	Rows                []rowView
	MoreRows            int
}

type rowView struct {
	Name, State, Call, For, RSS, Age string
	Number                           int64
	Ahead, Calls                     int
}

type objectView struct {
	Kind, ID, Bytes, Lock string
	Len                   uint64
}

func newView(s snapshot, tasks int) *view {
	v := &view{Program: filepath.Base(os.Args[0]), PID: os.Getpid(), Time: s.Time.Format("15:04:05")}
	for _, info := range s.Loops {
		v.Loops = append(v.Loops, newLoopView(info, tasks))
	}
	for _, p := range s.Pools {
		v.Pools = append(v.Pools, newPoolView(p))
	}
	for i, o := range s.Objects {
		if i == maxObjects {
			v.MoreObjects = len(s.Objects) - i
			break
		}
		v.Objects = append(v.Objects, objectView{o.Kind, o.ID, bytes(int64(o.Bytes)), lock(o), o.Len})
	}
	return v
}

func newLoopView(info loop.LoopInfo, tasks int) loopView {
	v := loopView{Tasks: len(info.Tasks), Lag: short(info.Lag), Blocked: info.Blocked}
	v.Places = places(info.Tasks)
	v.Tree, v.Cycle = tree(info.Tasks, tasks)
	shown := 0
	for _, b := range v.Tree {
		if !b.Above {
			shown++
		}
	}
	if v.Cycle == "" {
		v.More = len(info.Tasks) - shown
	}
	return v
}

func newPoolView(p sight.Pool) poolView {
	v := poolView{Pool: p, WaitedBars: newBars("Waited for a worker", p.Waited), RanBars: newBars("Ran", p.Ran)}
	for i, w := range p.Workers {
		if i == maxRows {
			v.MoreRows = len(p.Workers) - i
			break
		}
		row := rowView{Name: w.Name, State: w.State, Call: w.Call, Number: int64(w.PID), Ahead: w.Ahead, Calls: w.Calls, RSS: bytes(w.RSS), Age: short(w.Age)}
		if w.PID == 0 {
			row.Number = w.ID
		}
		if w.Call != "" {
			row.For = short(w.For)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// lock says in words which process has the lock of an object.
func lock(o sight.Object) string {
	s := ""
	switch {
	case o.Holder != 0 && o.Wanted:
		s = fmt.Sprintf("held by %d, wanted", o.Holder)
	case o.Holder != 0:
		s = fmt.Sprintf("held by %d", o.Holder)
	}
	if o.Died != 0 {
		s += fmt.Sprintf(" (%d died with it)", o.Died)
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// short writes a duration with three digits; nothing for zero.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for d >= 1000*unit {
		unit *= 10
	}
	if d = d.Round(unit); d == 0 {
		return ""
	}
	return d.String()
}

func bytes(n int64) string {
	switch {
	case n == 0:
		return ""
	case n < 10<<10:
		return fmt.Sprint(n, " B")
	case n < 10<<20:
		return fmt.Sprint(n>>10, " KiB")
	default:
		return fmt.Sprint(n>>20, " MiB")
	}
}

// servePage writes the page. Nothing that it needs comes from elsewhere, and the browser
// is told to run and load nothing else.
func servePage(w http.ResponseWriter, r *http.Request, s snapshot) {
	tasks := maxTasks
	if r.URL.Query().Get("tasks") == "all" {
		tasks = s.tasks()
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, newView(s, tasks)) // an error is that of a client that went away
}

// protect tells the browser what the page may do: nothing but what it does.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
