package loop

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Frame is one call on the stack of a task.
type Frame struct {
	Func string `json:"func"` // with its package
	File string `json:"file"`
	Line int    `json:"line"`
}

// publicFrames returns the calls of a task, without the machinery.
func publicFrames(all []stacks.Frame) []Frame {
	var own []Frame
	for _, f := range taskFrames(all) {
		own = append(own, Frame(f))
	}
	return own
}

// A CallGraph is a task with its own stack and, recursively, the tasks that wait
// for it. It stands for asyncio.FutureCallGraph.
type CallGraph struct {
	ID        uint64       // of the task
	Name      string       // of the task
	Stack     []Frame      // innermost call first; empty for a task that has not begun
	AwaitedBy []*CallGraph // in the order in which they were created

	// Cycle says that the task stands in this branch already, nearer to the
	// root: tasks wait for each other in a circle. AwaitedBy ends here.
	Cycle bool
}

// CaptureCallGraph returns the graph of the calling task: where it is, what waits
// for it, and what waits for that. It returns nil outside a task.
//
// It stops the world for the time of a stack dump; it is for debugging and for
// reports of errors. It stands for asyncio.capture_call_graph.
func CaptureCallGraph(ctx context.Context) *CallGraph {
	return CaptureCallGraphWith(ctx, GraphOptions{})
}

// GraphOptions say what a [CallGraph] is to hold. The zero value is everything
// about the calling task.
type GraphOptions struct {
	// Task is the root, a task of the loop on which the capture is made that
	// is not done. Nil means the task that calls.
	Task AnyTask

	// Depth is how many of the innermost calls are left out of the root's
	// stack, for a function that captures on behalf of its caller. Zero means
	// none, and so does a negative number.
	Depth int

	// Limit, if positive, keeps that many calls of each stack nearest to the
	// point where the task is; if negative, as many of the outermost. Zero
	// means all of them.
	Limit int

	// NoStacks leaves out all stacks, and with them the stop of the world:
	// what is left is which task waits for which.
	NoStacks bool
}

// CaptureCallGraphWith is [CaptureCallGraph] with options. It returns nil outside
// a loop, and for a task that is done or belongs to another loop.
func CaptureCallGraphWith(ctx context.Context, opts GraphOptions) *CallGraph {
	h := whose.Current(ctx)
	if h == nil {
		return nil
	}
	root, _ := h.(*task)
	if opts.Task != nil {
		root = nil
	}
	waiting := make(map[*task][]*task)
	for _, other := range h.Home().(*Loop).tasks.snapshot() {
		if opts.Task != nil && AnyTask(other.self) == opts.Task {
			root = other
		}
		for _, awaited := range other.awaits() {
			waiting[awaited] = append(waiting[awaited], other)
		}
	}
	if root == nil {
		return nil
	}
	var all map[int64]stacks.Goroutine
	if !opts.NoStacks {
		all, _ = stacks.All()
	}
	g := root.graph(waiting, all, map[*task]bool{})
	g.Stack = g.Stack[min(max(opts.Depth, 0), len(g.Stack)):]
	g.limit(opts.Limit)
	return g
}

// limit cuts every stack of the graph to n calls; see [GraphOptions].
func (g *CallGraph) limit(n int) {
	switch {
	case n > 0:
		g.Stack = g.Stack[:min(n, len(g.Stack))]
	case n < 0:
		g.Stack = g.Stack[max(len(g.Stack)+n, 0):]
	}
	for _, w := range g.AwaitedBy {
		w.limit(n)
	}
}

func (t *task) graph(waiting map[*task][]*task, all map[int64]stacks.Goroutine, above map[*task]bool) *CallGraph {
	g := &CallGraph{ID: t.id, Name: t.getName(), Stack: publicFrames(all[t.gid.Load()].Frames)}
	if above[t] {
		g.Cycle = true
		return g
	}
	above[t] = true
	defer delete(above, t)
	for _, other := range waiting[t] {
		g.AwaitedBy = append(g.AwaitedBy, other.graph(waiting, all, above))
	}
	return g
}

// String formats the graph as text. It stands for asyncio.format_call_graph.
func (g *CallGraph) String() string {
	var b strings.Builder
	g.format(&b, "")
	return b.String()
}

// PrintCallGraph writes the graph of the calling task to w, and nothing outside a
// task. It stands for asyncio.print_call_graph.
func PrintCallGraph(ctx context.Context, w io.Writer) error {
	g := CaptureCallGraph(ctx)
	if g == nil {
		return nil
	}
	_, err := io.WriteString(w, g.String())
	return err
}

func (g *CallGraph) format(b *strings.Builder, indent string) {
	if g.Cycle {
		fmt.Fprintf(b, "%s* Task %q, again: the tasks wait for each other\n", indent, g.Name)
		return
	}
	fmt.Fprintf(b, "%s* Task %q\n", indent, g.Name)
	if len(g.Stack) > 0 {
		fmt.Fprintf(b, "%s  + Call stack:\n", indent)
	}
	for _, f := range g.Stack {
		fmt.Fprintf(b, "%s  |   %s at %s:%d\n", indent, f.Func, f.File, f.Line)
	}
	if len(g.AwaitedBy) > 0 {
		fmt.Fprintf(b, "%s  + Awaited by:\n", indent)
	}
	for _, w := range g.AwaitedBy {
		w.format(b, indent+"     ")
	}
}

// awaits returns the tasks for which t waits. The caller is on the loop.
func (t *task) awaits() []*task {
	var all []*task
	see := func(h whose.Host) {
		if other, ok := h.(*task); ok {
			all = append(all, other)
		}
	}
	if g, ok := t.target.(*groupWait); ok {
		g.mu.Lock()
		members := g.members.all()
		g.mu.Unlock()
		for _, m := range members {
			bridge.Owners(m.Waitable, see)
		}
		return all
	}
	if t.target != nil {
		bridge.Owners(t.target, see)
	}
	return all
}

// A groupWait is what a task is parked on while it waits for its group.
type groupWait TaskGroup

// CancelCause leaves it to the task to stop waiting.
func (*groupWait) CancelCause(error) bool { return false }

// runners are the functions that call what users wrote.
var runners = []string{lender, "loop.(*Loop).runTurn", "loop.(*Loop).runHandle", "loop.(*Loop).runTimed", "loop.(*Task[...]).run"}

// lender is the function that runs callbacks on the goroutine of a task.
const lender = "loop.(*Loop).lend"

const module = "github.com/seed-1b9fde7b/asyncgo/"

// isLent reports whether a task's goroutine runs callbacks, for which it is not to blame.
func isLent(frames []stacks.Frame) bool { return lentAt(frames) >= 0 }

func lentAt(frames []stacks.Frame) int {
	return slices.IndexFunc(frames, func(f stacks.Frame) bool { return f.Func == module+lender })
}

// taskFrames is ownFrames for a task, without the callbacks that its goroutine runs.
func taskFrames(frames []stacks.Frame) []stacks.Frame {
	return ownFrames(frames[lentAt(frames)+1:])
}

// ownFrames cuts off a stack what belongs to the machinery: what suspends a task
// at the top, and what runs it at the bottom.
func ownFrames(frames []stacks.Frame) []stacks.Frame {
	bottom := slices.IndexFunc(frames, func(f stacks.Frame) bool {
		fn, ours := strings.CutPrefix(f.Func, module)
		return ours && slices.Contains(runners, fn)
	})
	if bottom >= 0 {
		frames = frames[:bottom]
	}
	for len(frames) > 0 && machinery(frames[0].Func) {
		frames = frames[1:]
	}
	return frames
}

// machinery reports whether fn suspends a task or takes its stack.
func machinery(fn string) bool {
	if strings.HasPrefix(fn, "iter.") || fn == "runtime.Gosched" {
		return true
	}
	fn, ours := strings.CutPrefix(fn, module)
	if !ours {
		return false
	}
	for _, prefix := range []string{
		"internal/", "future.(*core)", "future.(*limited)", "loop.(*task)", "loop.(*Loop).turnInPlace", "loop.(*Loop).beginTurn",
		"loop.(*Loop).wait", "loop.CaptureCallGraph", "loop.PrintCallGraph",
		"loop.(*Loop).Dump", "loop.(*LoopInfo)",
	} {
		if strings.HasPrefix(fn, prefix) {
			return true
		}
	}
	return false
}
