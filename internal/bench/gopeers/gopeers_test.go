package main

import (
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// TestMain lets this binary be its own plugin.
func TestMain(m *testing.M) {
	if servedAsPlugin() {
		return
	}
	m.Run()
}

func TestEveryPeerHasItsRows(t *testing.T) {
	for what, peers := range map[string][]string{
		"threads": {"go", "errgroup", "ants", "pond", "workerpool", "conc"},
		"loop":    {"goja", "errgroup"},
		"plugin":  {"go-plugin"},
	} {
		t.Run(what, func(t *testing.T) {
			found := map[string]bool{}
			if err := run(t.Context(), what, measure.Options{Quick: true}, func(r measure.Row) {
				found[r.Peer] = true
				if r.NsPerOp <= 0 && r.Value <= 0 {
					t.Errorf("%+v has no value", r)
				}
			}); err != nil {
				t.Fatal(err)
			}
			for _, p := range peers {
				if !found[p] {
					t.Errorf("nothing was measured of %s", p)
				}
			}
		})
	}
	if err := run(t.Context(), "nothing", measure.Options{}, measure.Print); err == nil {
		t.Error("what is not there was measured")
	}
}
