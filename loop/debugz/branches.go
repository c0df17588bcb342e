package debugz

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A branch is one line of the tree of tasks.
type branch struct {
	Branch, Name, State, At string
	Depth                   int
	Above                   bool // what is below it stands further up already
}

// maxDepth bounds the tree: deeper branches are cut, and their tasks count as not shown.
const maxDepth = 100

// tree returns the first lines of the tree in which a task stands above those for which it
// waits. A task that several wait for stands with its own branches below the first of
// them. If tasks wait for each other in a circle there is no tree, and their names.
func tree(tasks []loop.TaskInfo, limit int) (lines []branch, cycle string) {
	byID := make(map[uint64]loop.TaskInfo, len(tasks))
	awaited := make(map[uint64]bool)
	for _, t := range tasks {
		byID[t.ID] = t
		for _, id := range t.Awaits {
			awaited[id] = true
		}
	}
	if ids := findCycle(tasks, byID); ids != nil {
		names := make([]string, len(ids))
		for i, id := range ids {
			names[i] = byID[id].Name
		}
		return nil, strings.Join(names, " → ")
	}
	shown, more := make(map[uint64]bool), 0
	var add func(t loop.TaskInfo, depth int, first, rest string)
	add = func(t loop.TaskInfo, depth int, first, rest string) {
		if len(lines) >= 2*limit || more >= limit || depth > maxDepth {
			return
		}
		b := branch{Branch: first, Name: t.Name, State: t.State, At: where(t.Stack), Depth: depth, Above: shown[t.ID]}
		lines = append(lines, b)
		if b.Above {
			return
		}
		shown[t.ID] = true
		more++
		var children []loop.TaskInfo
		for _, id := range t.Awaits {
			if child, ok := byID[id]; ok {
				children = append(children, child)
			}
		}
		for i, child := range children {
			if i == len(children)-1 {
				add(child, depth+1, rest+"└── ", rest+"    ")
			} else {
				add(child, depth+1, rest+"├── ", rest+"│   ")
			}
		}
	}
	for _, t := range tasks {
		if !awaited[t.ID] {
			add(t, 0, "", "")
		}
	}
	return lines, ""
}

// where is place without folders: a page has room for one line.
func where(stack []loop.Frame) string {
	function, file, ok := strings.Cut(place(stack), " ")
	function = function[strings.LastIndexByte(function, '/')+1:]
	if !ok {
		return function
	}
	return function + " " + file[strings.LastIndexByte(file, '/')+1:]
}

// places counts the tasks that are in the same state at the same place, and returns where
// most of them are.
func places(tasks []loop.TaskInfo) []placeView {
	if len(tasks) < 2 {
		return nil
	}
	counts := make(map[placeView]int)
	for _, t := range tasks {
		counts[placeView{State: t.State, At: where(t.Stack)}]++
	}
	list := make([]placeView, 0, len(counts))
	for p, n := range counts {
		p.Count = n
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b placeView) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.At, b.At), cmp.Compare(a.State, b.State))
	})
	return list[:min(len(list), maxPlaces)]
}
