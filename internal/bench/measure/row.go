// Package measure holds what all measuring programs of this module share: what a
// row is, how often and how long something is measured, and how a row is printed.
package measure

import (
	"encoding/json"
	"fmt"
)

// A Row is one measurement, in the form that the Python programs print. It has
// either the time of an operation or a value and its unit.
type Row struct {
	Row     string  `json:"row"`
	NsPerOp float64 `json:"ns_per_op,omitempty"`
	N       int     `json:"n,omitempty"`
	Value   float64 `json:"value,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Peer    string  `json:"peer"`

	// X is the place on the x axis, for the rows that are drawn as a line: a number
	// of workers or calls or bytes.
	X float64 `json:"x,omitempty"`
}

// Plain returns the row with its measurement in Value, whatever its unit.
func (r Row) Plain() Row {
	if r.Unit == "" {
		r.Value, r.Unit, r.NsPerOp = r.NsPerOp, "ns", 0
	}
	return r
}

// An Emitter takes the rows as they are measured.
type Emitter func(Row)

// Print is the Emitter of a program that another one started.
func Print(r Row) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a row holds nothing that cannot be encoded
	}
	fmt.Println(string(line))
}
