// Package conformance holds what shows that asyncgo behaves as CPython does.
//
// testdata/<area>/<case>.py is a small program and the .out beside it what
// CPython 3.13 prints for it; regen.sh there makes the .out files anew. For each case
// a Go port, written against the public API as a user would write it, stands in
// the test file of its area and must print the same lines:
//
//	go test ./internal/conformance -run 'TestPython/loop/01-call-soon-fifo'
//
// cpython_tests.tsv lists the test methods of CPython's own suites with the Go
// test that shows the same behaviour, or the reason why there is none.
package conformance
