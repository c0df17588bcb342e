package debugz

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// WriteTable writes the tasks of all loops as a table.
func WriteTable(w io.Writer, all []loop.LoopInfo) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for i, info := range all {
		header(tw, i, info)
		fmt.Fprintln(tw, "id\tstate\tname\twaits for\tat")
		for _, t := range info.Tasks {
			fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\n", t.ID, t.State, line(t.Name), ids(t.Awaits), place(t.Stack))
		}
	}
	return tw.Flush()
}

func header(w io.Writer, i int, info loop.LoopInfo) {
	tasks := "tasks"
	if len(info.Tasks) == 1 {
		tasks = "task"
	}
	fmt.Fprintf(w, "loop %d: %d %s\n", i+1, len(info.Tasks), tasks)
	if info.Blocked != "" {
		fmt.Fprintf(w, "the loop is blocked by %s; which task waits for which is unknown\n", line(info.Blocked))
	}
}

// line makes a name that users have chosen a part of one line, which moves no cursor: what
// cannot be printed is written as in a Go string.
func line(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

func ids(list []uint64) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}

// place names the innermost call that is the user's, or else the innermost.
func place(stack []loop.Frame) string {
	frames := make([]stacks.Frame, len(stack))
	for i, f := range stack {
		frames[i] = stacks.Frame{Func: f.Func, File: f.File, Line: f.Line}
	}
	if f, ok := stacks.Innermost(frames); ok {
		return fmt.Sprintf("%s %s:%d", f.Func, f.File, f.Line)
	}
	if len(stack) > 0 {
		return stack[0].Func
	}
	return "-"
}

// WriteTree writes the tasks of all loops as a tree: a task stands above the tasks
// for which it waits, and below each task that waits for it. Tasks that wait for
// each other in a circle have no place in a tree: they are named instead.
func WriteTree(w io.Writer, all []loop.LoopInfo) error {
	var b strings.Builder
	for i, info := range all {
		header(&b, i, info)
		writeTree(&b, info.Tasks)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTree(b *strings.Builder, tasks []loop.TaskInfo) {
	byID := make(map[uint64]loop.TaskInfo, len(tasks))
	awaited := make(map[uint64]bool)
	for _, t := range tasks {
		byID[t.ID] = t
		for _, id := range t.Awaits {
			awaited[id] = true
		}
	}
	if cycle := findCycle(tasks, byID); cycle != nil {
		names := make([]string, len(cycle))
		for i, id := range cycle {
			names[i] = line(byID[id].Name)
		}
		fmt.Fprintf(b, "no tree: tasks wait for each other\ncycle: %s\n", strings.Join(names, " → "))
		return
	}
	for _, t := range tasks {
		if !awaited[t.ID] {
			writeBranch(b, t, byID, "", "")
		}
	}
}

func writeBranch(b *strings.Builder, t loop.TaskInfo, byID map[uint64]loop.TaskInfo, first, rest string) {
	fmt.Fprintf(b, "%s(T) %s\n", first, line(t.Name))
	for _, f := range t.Stack {
		fmt.Fprintf(b, "%s    %s %s:%d\n", rest, f.Func, f.File, f.Line)
	}
	var children []loop.TaskInfo
	for _, id := range t.Awaits {
		if child, ok := byID[id]; ok { // else it has ended, or belongs to another loop
			children = append(children, child)
		}
	}
	for i, child := range children {
		if i == len(children)-1 {
			writeBranch(b, child, byID, rest+"└── ", rest+"    ")
		} else {
			writeBranch(b, child, byID, rest+"├── ", rest+"│   ")
		}
	}
}

// findCycle returns the tasks of one circle, the first of them again at the end.
func findCycle(tasks []loop.TaskInfo, byID map[uint64]loop.TaskInfo) []uint64 {
	const entered, left = 1, 2
	state := make(map[uint64]int)
	var path []uint64
	var visit func(id uint64) []uint64
	visit = func(id uint64) []uint64 {
		switch state[id] {
		case left:
			return nil
		case entered:
			for i := range path {
				if path[i] == id {
					return append(path[i:], id)
				}
			}
		}
		state[id] = entered
		path = append(path, id)
		for _, next := range byID[id].Awaits {
			if cycle := visit(next); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		state[id] = left
		return nil
	}
	for _, t := range tasks {
		if cycle := visit(t.ID); cycle != nil {
			return cycle
		}
	}
	return nil
}
