package fuzz

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A theme is a set of instructions that have to do with each other; what generate
// draws for a program is of a few themes, or most programs would be of all and none of
// them deep in any. An instruction is written as its word and the kinds of its
// arguments; a weight is how often it stands in the list.
type theme []string

// basics are in every program.
var basics = theme{
	"sleep d", "sleep d", "sleep d", "spawn b", "spawn b", "spawn b", "await t", "await t", "nop", "call b",
	"try k {}h", "try k {}h", "finally {}h", "raise e", "return v", "repeat r {}", "cancel t",
}

var themes = []theme{
	{"await f", "await f", "set f v", "set f v", "fail f e", "cancel f", "ondone f", "state f"},
	{"cancel t", "cancel t", "cancel t", "uncancel", "cancelling", "state t", "ondone t", "soon", "later d"},
	{"timeout d {}", "timeout d {}", "timeout d {}", "reschedule D", "expired"},
	{"group {}", "group {}", "gspawn b", "gspawn b", "gspawn b", "gspawn b"},
	{"gather g x x", "gather g x x x", "await c", "await c", "await c", "cancel c", "state c", "ondone c"},
	{"shield x", "shield x", "await c", "await c", "await c", "cancel c", "ondone c"},
	{"waitfor d x", "waitfor d x", "waitfor d c"},
	{"wait w d x x", "wait w d x x x", "wait w d t c"},
	{"completed d x x {}", "completed d x x x {}", "completed d t t c {}"},
	{"lock n {}", "lock n {}", "lock n {}", "acquire n", "release n"},
	{"semaphore s {}", "semaphore s {}", "semaphore s {}", "take s", "give s", "give s"},
	{"evwait n", "evwait n", "evset n", "evclear n"},
	{"condition n {}", "condition n {}", "condition n {}", "cwait n", "cwait n", "cwaitfor n v", "count", "notify n v", "notifyall n"},
	{"bwait n", "bwait n", "bwait n", "bwait n", "breset n", "babort n"},
	{"put q v", "put q v", "get q", "get q", "putnow q v", "getnow q", "taskdone q", "join q", "qsize q", "shutdown q i"},
	{"wrap n", "wrap n", "freeset n v", "freestate n", "await c", "await c", "cancel c", "ondone c"},
}

// A generator draws one program.
type generator struct {
	*rand.Rand
	words theme
	left  int // how many instructions may be drawn
}

// generate returns the program of a seed. The same seed gives the same program.
func generate(seed uint64) program {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x6173796e63676f))}
	g.words = append(g.words, basics...)
	for range 1 + g.IntN(4) {
		th := themes[g.IntN(len(themes))]
		g.words = append(g.words, th...)
		g.words = append(g.words, th...)
	}
	var p program
	if g.IntN(8) == 0 {
		p = append(p, &op{do: "eager"})
	}
	for range 2 + g.IntN(4) {
		g.left = 10
		body := &op{do: "body", kids: g.block(1+g.IntN(7), 3)}
		p = append(p, body)
	}
	return parse(p.String()) // for the numbers of the lines
}

func (g *generator) block(n, depth int) (ops []*op) {
	for range n {
		if g.left <= 0 {
			break
		}
		g.left--
		ops = append(ops, g.op(depth))
	}
	return ops
}

func (g *generator) op(depth int) *op {
	var o *op
	for {
		word := g.words[g.IntN(len(g.words))]
		o = &op{}
		nests := false
		for i, arg := range strings.Fields(word) {
			switch {
			case i == 0:
				o.do = arg
			case arg == "{}", arg == "{}h":
				nests = true
				if depth == 0 {
					break
				}
				o.kids = g.block(1+g.IntN(4), depth-1)
				if arg == "{}h" {
					o.kids = append(o.kids, &op{do: "handler", kids: g.block(g.IntN(3), depth-1)})
				}
			default:
				o.args = append(o.args, g.arg(arg))
			}
		}
		if depth > 0 || !nests {
			return o
		}
	}
}

// arg draws an argument of a kind.
func (g *generator) arg(kind string) string {
	one := func(words ...string) string { return words[g.IntN(len(words))] }
	switch kind {
	case "d": // milliseconds
		return one("0", "0", "0", "1", "1", "2", "3", "4", "5")
	case "D": // milliseconds, or no limit
		return one("-1", "0", "1", "2", "3")
	case "b": // a body
		return strconv.Itoa(g.IntN(5))
	case "e":
		return strconv.Itoa(1 + g.IntN(3))
	case "f", "t", "c":
		return kind + one("0", "1", "2", "-1", "-1")
	case "x":
		return g.arg(one("f", "t", "t", "t"))
	case "g":
		return one("plain", "plain", "errors")
	case "i", "n":
		return one("0", "1")
	case "k":
		return one("cancel", "cancel", "error", "all", "timeout")
	case "q":
		return strconv.Itoa(g.IntN(4))
	case "r":
		return strconv.Itoa(1 + g.IntN(3))
	case "s":
		return strconv.Itoa(g.IntN(3))
	case "v":
		return strconv.Itoa(1 + g.IntN(4))
	case "w":
		return one("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION")
	}
	panic(fmt.Sprintf("no argument of kind %q", kind))
}
