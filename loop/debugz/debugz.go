// Package debugz shows a running program over HTTP, in the manner of net/http/pprof: its
// tasks, its pools of workers and its objects in shared memory.
//
//	mux.Handle("/debug/asyncgo/", debugz.Handler())
//
// or, in a program without a server,
//
//	s, err := debugz.Start(":6060") // on 127.0.0.1
//
// Under the path at which it stands it serves a page for a browser, which brings itself up
// to date, and
//
//	ps      a table of all tasks: id, state, name, what it waits for, where it is
//	pstree  the tasks as a tree: those that wait above those they wait for
//	pools   the pools with their workers, and the objects in shared memory
//	json    everything, for programs: an object with time, loops, pools and objects
//
// The command [github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps] prints the
// first three in a terminal. Together they stand for python -m asyncio ps and pstree of Python 3.14.
//
// # Guarantees
//
//   - Nothing is registered by importing the package, and package loop does not
//     import net/http.
//   - A blocked loop is shown too: what can be seen from outside, and the name of
//     what blocks it, after two seconds or when the request ends.
//   - A request changes nothing in the program. It stops the world for the time of
//     a stack dump.
//   - The page needs nothing from elsewhere, works without scripts too, and tells the
//     browser to load and run nothing but its own. Names of tasks, pools and calls are
//     shown as text, in a browser as in a terminal.
//
// Stacks and names tell much about a program: serve them where only its operators
// can see them, on a loopback address for example.
package debugz

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// patience is how long a loop has to answer.
const patience = 2 * time.Second

// Handler returns a handler that shows the loops, pools and shared objects of this
// process. It may be mounted at any path, with a slash at its end. Only GET and HEAD
// are answered. A request that reaches the server reaches it too: see [Start] for one that only
// this machine reaches.
func Handler() http.Handler { return http.HandlerFunc(serve) }

// A snapshot is what there is to see at a moment.
type snapshot struct {
	Time    time.Time       `json:"time"`
	Loops   []loop.LoopInfo `json:"loops"`
	Pools   []sight.Pool    `json:"pools"`
	Objects []sight.Object  `json:"objects"`
}

// look gathers it; ctx bounds how long the loops have to answer.
func look(ctx context.Context) snapshot {
	return snapshot{time.Now(), loop.DumpAll(ctx), sight.Pools(), sight.Objects()}
}

// tasks returns the number of all tasks.
func (s *snapshot) tasks() (n int) {
	for _, l := range s.Loops {
		n += len(l.Tasks)
	}
	return n
}

func serve(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "debugz: only GET", http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	const text = "text/plain; charset=utf-8"
	_, name := path.Split(r.URL.Path)
	switch name {
	case "":
		servePage(w, r, look(ctx))
	case "page.js":
		serveFile(w, name, "text/javascript; charset=utf-8")
	case "style.css":
		serveFile(w, name, "text/css; charset=utf-8")
	case "ps":
		answer(w, text, func(w io.Writer) error { return WriteTable(w, loop.DumpAll(ctx)) })
	case "pstree":
		answer(w, text, func(w io.Writer) error { return WriteTree(w, loop.DumpAll(ctx)) })
	case "pools":
		answer(w, text, func(w io.Writer) error { return writePools(w, sight.Pools(), sight.Objects()) })
	case "json":
		answer(w, "application/json", func(w io.Writer) error { return json.NewEncoder(w).Encode(look(ctx)) })
	default:
		http.Error(w, "debugz: there are ps, pstree, pools and json, and the page above them", http.StatusNotFound)
	}
}

func serveFile(w http.ResponseWriter, name, contentType string) {
	text, _ := files.ReadFile(name) // it is embedded
	answer(w, contentType, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func answer(w http.ResponseWriter, contentType string, write func(io.Writer) error) {
	w.Header().Set("Content-Type", contentType)
	_ = write(w) // an error is that of a client that went away
}
