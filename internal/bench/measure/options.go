package measure

import (
	"flag"
	"regexp"
)

// Options say what is measured and how long.
type Options struct {
	Rounds int
	Only   *regexp.Regexp // nil means every row
	Quick  bool
}

// Flags declares the options on the command line.
func (o *Options) Flags(set *flag.FlagSet) {
	set.IntVar(&o.Rounds, "rounds", 3, "a part: the best of so many rounds; compare: the median of so many runs")
	set.Func("rows", "measure only the rows that match this regular `expression`", func(s string) (err error) {
		o.Only, err = regexp.Compile(s)
		return err
	})
	set.BoolVar(&o.Quick, "quick", false, "do a hundredth of the work, to see whether everything runs; the numbers mean nothing")
}

// Args returns the options as the arguments of another program.
func (o *Options) Args() []string {
	var args []string
	if o.Quick {
		args = append(args, "-quick")
	}
	if o.Only != nil {
		args = append(args, "-rows", o.Only.String())
	}
	return args
}

// Wants reports whether the row is to be measured.
func (o *Options) Wants(row string) bool { return o.Only == nil || o.Only.MatchString(row) }

// Scaled returns how many operations to do instead of n, in units of 1000 so
// that rows which work in batches of that size have some.
func (o *Options) Scaled(n int) int {
	if o.Quick {
		return max(n/100, 1000)
	}
	return n
}

// Times returns how many rounds to do.
func (o *Options) Times() int {
	if o.Quick {
		return 1
	}
	return max(o.Rounds, 1)
}
