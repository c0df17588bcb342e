package fuzz

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shrink returns the smallest program that it finds in which failing still holds.
func shrink(p program, failing func(program) bool) program {
	for {
		smaller, ok := shrinkOnce(p, failing)
		if !ok {
			return p
		}
		p = smaller
	}
}

// shrinkOnce tries every way to make p smaller, and keeps those that fail still.
func shrinkOnce(p program, failing func(program) bool) (program, bool) {
	found := false
	// Each try works on a copy, in which the place is found by its number.
	for i := 0; i < p.size(); {
		shorter := false
		for _, change := range changes {
			root := &op{kids: p.clone()}
			if !change(root.at(i)) {
				continue
			}
			q := program(root.kids)
			if !q.valid() {
				continue
			}
			if q = parse(q.String()); failing(q) {
				p, found, shorter = q, true, true
				break
			}
		}
		if !shorter {
			i++
		}
	}
	return p, found
}

// valid reports whether p has a main task.
func (p program) valid() bool {
	return slices.ContainsFunc(p, func(o *op) bool { return o.do == "body" })
}

// A place is where an op stands.
type place struct {
	list *[]*op
	i    int
}

func (p place) op() *op { return (*p.list)[p.i] }

// changes are the ways to make a program smaller at a place. Each reports whether it
// has changed anything.
var changes = []func(place) bool{
	// Without the op.
	func(p place) bool {
		*p.list = append((*p.list)[:p.i:p.i], (*p.list)[p.i+1:]...)
		return true
	},
	// What is in it, in its place.
	func(p place) bool {
		o := p.op()
		if o.do == "body" || o.do == "handler" || len(o.kids) == 0 {
			return false
		}
		body, handler := o.split()
		body = append(append([]*op(nil), body...), handler...)
		rest := append([]*op(nil), (*p.list)[p.i+1:]...)
		*p.list = append(append((*p.list)[:p.i:p.i], body...), rest...)
		return true
	},
	// Nothing in the place of what does something, to keep the numbers of bodies.
	func(p place) bool {
		if p.op().do != "body" || len(p.op().kids) == 0 {
			return false
		}
		p.op().kids = nil
		return true
	},
	fewerArgs, smallerArgs,
}

func fewerArgs(p place) bool {
	o := p.op()
	least := map[string]int{"gather": 2, "wait": 3, "completed": 2}[o.do]
	if least == 0 || len(o.args) <= least {
		return false
	}
	o.args = o.args[:len(o.args)-1]
	return true
}

// smallerArgs makes the first number smaller that is above zero.
func smallerArgs(p place) bool {
	o := p.op()
	for i, arg := range o.args {
		letter := ""
		if strings.ContainsAny(arg[:1], "ftc") {
			letter, arg = arg[:1], arg[1:]
		}
		if n, err := strconv.Atoi(arg); err == nil && n > 0 {
			o.args[i] = letter + strconv.Itoa(n-1)
			return true
		}
	}
	return false
}

// size counts the ops.
func (p program) size() (n int) {
	(&op{kids: p}).walk(func(place) { n++ })
	return n
}

// at returns the place below o with this number.
func (o *op) at(number int) (at place) {
	n := 0
	o.walk(func(here place) {
		if n == number {
			at = here
		}
		n++
	})
	return at
}

func (o *op) walk(visit func(place)) {
	for i := range o.kids {
		visit(place{&o.kids, i})
		o.kids[i].walk(visit)
	}
}

func TestShrinkFindsTheSmallestProgram(t *testing.T) {
	// What fails is a sleep inside a group, at whatever depth.
	var sleeps func(ops []*op, inGroup bool) bool
	sleeps = func(ops []*op, inGroup bool) bool {
		for _, o := range ops {
			if inGroup && o.do == "sleep" || sleeps(o.kids, inGroup || o.do == "group") {
				return true
			}
		}
		return false
	}
	tried := 0
	for seed := uint64(1); tried < 20; seed++ {
		p := generate(seed)
		failing := func(p program) bool { return sleeps(p, false) }
		if !failing(p) {
			continue
		}
		tried++
		require.Equal(t, "body\n group\n  sleep 0\n", shrink(p, failing).String(), "of seed %d", seed)
	}
}
