package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/report"
)

// agree says of which rows the results of several runs of compare, each in a file, are not
// the same within what their rounds differ.
func agree(files []string, out io.Writer) error {
	if len(files) < 2 {
		return errors.New("agree: give the files with the results of two runs or more")
	}
	var runs []*report.Results
	for _, file := range files {
		rs, err := report.Load(file)
		if err != nil {
			return err
		}
		runs = append(runs, rs)
	}
	found, rows := report.Disagree(runs)
	for _, d := range found {
		fmt.Fprintf(out, "%-28s run %d: %s ±%.0f %%, run %d: %s ±%.0f %%: %s\n", d.Row,
			d.A, report.Value(d.InA.Median(), d.InA.Unit), 100*d.InA.Spread(),
			d.B, report.Value(d.InB.Median(), d.InB.Unit), 100*d.InB.Spread(), report.Times(d.TimesLarger))
	}
	fmt.Fprintf(out, "%d of %d rows agree in %d runs.\n", rows-len(found), rows, len(runs))
	return nil
}
