package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/report"
)

// loadRuns reads the results of several runs of compare, each from a file.
func loadRuns(files []string) ([]*report.Results, error) {
	if len(files) < 2 {
		return nil, errors.New("give the files with the results of two runs or more")
	}
	var runs []*report.Results
	for _, file := range files {
		rs, err := report.Load(file)
		if err != nil {
			return nil, err
		}
		runs = append(runs, rs)
	}
	return runs, nil
}

// agree says in which rows one of several runs measured something else than all the others.
func agree(files []string, out io.Writer) error {
	runs, err := loadRuns(files)
	if err != nil {
		return err
	}
	found, rows := report.Disagree(runs)
	for _, d := range found {
		fmt.Fprintf(out, "%-28s run %d: %s ±%.0f %%, the others: %s ±%.0f %%: %s\n", d.Row,
			d.Run, report.Value(d.In.Median(), d.In.Unit), 100*d.In.Spread(),
			report.Value(d.Others.Median(), d.Others.Unit), 100*d.Others.Spread(), report.Times(d.TimesLarger))
	}
	fmt.Fprintf(out, "%d of %d rows agree in %d runs.\n", rows-len(found), rows, len(runs))
	return nil
}

// merge writes the page of several runs as if they were one with all their rounds.
func merge(files []string) error {
	runs, err := loadRuns(files)
	if err != nil {
		return err
	}
	all := report.Merge(runs)
	if err := all.Save(resultsFile); err != nil {
		return err
	}
	return publish(all)
}
