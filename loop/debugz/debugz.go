// Package debugz shows the tasks of a running program over HTTP, in the manner of
// net/http/pprof:
//
//	mux.Handle("/debug/asyncgo/", debugz.Handler())
//
// Under the path at which it stands it serves
//
//	ps      a table of all tasks: id, state, name, what it waits for, where it is
//	pstree  the tasks as a tree: those that wait above those they wait for
//	json    everything, for programs
//
// The command loop/cmd/asyncgo-ps prints the first two in a terminal. Together they
// stand for python -m asyncio ps and pstree of Python 3.14.
//
// Guarantees:
//
//   - Nothing is registered by importing the package, and package loop does not
//     import net/http.
//   - A blocked loop is shown too: what can be seen from outside, and the name of
//     what blocks it, after two seconds or when the request ends.
//   - A request changes nothing in the program. It stops the world for the time of
//     a stack dump.
//
// Stacks and names tell much about a program: serve them where only its operators
// can see them, on a loopback address for example.
package debugz

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// patience is how long a loop has to answer.
const patience = 2 * time.Second

// Handler returns a handler that shows the tasks of every loop of the process that
// runs. It may be mounted at any path, with a slash at its end. Only GET and HEAD
// are answered.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "debugz: only GET", http.StatusMethodNotAllowed)
		return
	}
	var write func(io.Writer, []loop.LoopInfo) error
	contentType := "text/plain; charset=utf-8"
	switch path.Base(r.URL.Path) {
	case "ps":
		write = WriteTable
	case "pstree":
		write = WriteTree
	case "json":
		contentType = "application/json"
		write = func(w io.Writer, all []loop.LoopInfo) error { return json.NewEncoder(w).Encode(all) }
	default:
		w.Header().Set("Content-Type", contentType)
		fmt.Fprintln(w, "tasks of this program: ps, pstree or json")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	w.Header().Set("Content-Type", contentType)
	_ = write(w, loop.DumpAll(ctx)) // an error is that of a client that went away
}
