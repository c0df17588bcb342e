package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestMain(m *testing.M) {
	executor.Main()
	m.Run()
}

func TestEveryRowIsMeasured(t *testing.T) {
	for name, part := range map[string]func(context.Context, options, emitter) error{"loop": benchLoop, "pool": benchPool, "plain": benchPlain} {
		t.Run(name, func(t *testing.T) {
			n := 0
			err := part(t.Context(), options{quick: true, only: regexp.MustCompile("call|queue|locked")}, func(r row) {
				n++
				if r.NsPerOp <= 0 && r.Value <= 0 {
					t.Errorf("%+v has no value", r)
				}
			})
			if err != nil && !errors.Is(err, errors.ErrUnsupported) {
				t.Fatal(err)
			}
			if n == 0 && name != "pool" {
				t.Error("no row was measured")
			}
		})
	}
}

func TestTable(t *testing.T) {
	rs := make(results)
	for _, r := range []row{
		{Row: "a", NsPerOp: 10, Peer: us},
		{Row: "a", NsPerOp: 30, Peer: us},
		{Row: "a", NsPerOp: 20, Peer: us},
		{Row: "a", NsPerOp: 400, Peer: "slow"},
		{Row: "b", Value: 1234.5, Unit: "calls/s", Peer: us},
		{Row: "b", Value: 123.45, Unit: "calls/s", Peer: "slow"},
		{Row: "c", Value: 1.5, Unit: "ratio", Peer: us},
	} {
		rs.add(r)
	}
	var out bytes.Buffer
	rs.table(&out, "rows", []string{"a", "b", "c", "d"})
	want := `
| rows |      asyncgo |        slow | ratio |
| --- | ---: | ---: | ---: |
| a    |        20 ns |      400 ns |   20× |
| b    | 1234 calls/s | 123 calls/s |   10× |
| c    |          1.5 |           – |       |
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
