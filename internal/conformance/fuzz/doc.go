// Package fuzz compares asyncgo with CPython's asyncio on random programs, turn by
// turn of the loop.
//
// A program is a list of bodies of tasks in a small language of neither world: one
// instruction a line, what belongs to it indented below. The first body is the main
// task's; others are started by number (spawn, gspawn in a task group) or called in
// place (call). Futures are named f0 to f2, tasks t0, t1 and so on and combinations
// (gather, shield, wrap) c0, c1 and so on; a reference is taken modulo what there is
// to refer to, so every program means something:
//
//	body
//	 spawn 1
//	 timeout 2
//	  try cancel
//	   await t-1
//	   handler
//	    sleep 1
//	body
//	 semaphore 0
//	  evwait 1
//
// Two interpreters run it: python/interpreter.py on CPython, under a loop whose time passes
// only while it waits, and interpreter_test.go on asyncgo in a bubble of
// testing/synctest. Both write a trace of which task did what in which turn at which
// millisecond, and the traces must be the same:
//
//	3@2 t1:4 !cancel        in the fourth turn after the loop had last to wait, at
//	                        2 ms, line 4 ended in task 1 with a cancellation
//
// The interpreter in Go differs from a plain port in one way. A cancellation of
// asyncgo is a level and asyncio's an edge, so it calls loop.Resume whenever a wait has
// told of a request: that is what a port does that means the edge.
//
// testdata/golden.txt holds programs with the traces that CPython 3.13.0 printed,
// testdata/found.txt those that once differed, made small; both are compared everywhere. Where that CPython is installed, in PATH or under pyenv, the
// tests also run fresh programs:
//
//	go test ./internal/conformance/fuzz                              the corpus and 200 fresh programs
//	go test ./internal/conformance/fuzz -run Fresh -programs 10000   many, from a seed that the clock gives
//	go test ./internal/conformance/fuzz -run Fresh -seed 42 -programs 1   one again
//	go test ./internal/conformance/fuzz -run Golden -update          the corpus anew
//
// A program that differs is made as small as it goes, and printed with its seed and
// the lines of the traces around the difference. What differs on purpose has its
// sentence in docs/reference/python-parity.md and a test of its own, and the generator
// does not write it.
package fuzz
