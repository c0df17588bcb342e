package fuzz

import (
	"fmt"
	"strings"
)

// An op is one instruction of a program, with those that belong to it.
type op struct {
	line int // in the text of the program
	do   string
	args []string
	kids []*op
}

// split returns the kids, and those of the handler, which comes last.
func (o *op) split() (body, handler []*op) {
	if n := len(o.kids); n > 0 && o.kids[n-1].do == "handler" {
		return o.kids[:n-1], o.kids[n-1].kids
	}
	return o.kids, nil
}

// A program is a list of bodies, of which the first is the main task's, and of
// settings.
type program []*op

func (p program) String() string {
	var b strings.Builder
	var write func(ops []*op, depth int)
	write = func(ops []*op, depth int) {
		for _, o := range ops {
			fmt.Fprintf(&b, "%*s%s", depth, "", o.do)
			for _, arg := range o.args {
				b.WriteString(" " + arg)
			}
			b.WriteString("\n")
			write(o.kids, depth+1)
		}
	}
	write(p, 0)
	return b.String()
}

// parse reads the text of a program.
func parse(text string) program {
	root := new(op)
	path := []*op{root}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		words := strings.Fields(line)
		depth := len(line) - len(strings.TrimLeft(line, " "))
		o := &op{line: i, do: words[0], args: words[1:]}
		path = path[:depth+1]
		path[depth].kids = append(path[depth].kids, o)
		path = append(path, o)
	}
	return root.kids
}

// clone returns a copy that shares nothing with p.
func (p program) clone() program {
	var copyOf func(ops []*op) []*op
	copyOf = func(ops []*op) []*op {
		list := make([]*op, len(ops))
		for i, o := range ops {
			list[i] = &op{line: o.line, do: o.do, args: append([]string(nil), o.args...), kids: copyOf(o.kids)}
		}
		return list
	}
	return copyOf(p)
}
