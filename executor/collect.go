package executor

import (
	"errors"
	"iter"
)

// Collect returns what seq, a [Map], yields: the results in their order, and the error.
//
//	squares, err := executor.Collect(executor.Map(ctx, pool, square.Bind, slices.Values(xs), executor.MapOptions{}))
//
// It waits as Map does, and ends when Map ends: at the first error, with the results of
// the elements before it. If Map keeps going, the results are those of the elements
// that had one, and the error joins all the others, each a [*MapError] that says which
// element it was. After Shutdown the error is [ErrShutdown], when ctx ends its cause,
// when a worker process dies a [*CrashError]. A second Collect of one Map has nothing;
// an infinite one does not end. It stands for list(pool.map(f, xs)).
func Collect[R any](seq iter.Seq2[R, error]) ([]R, error) {
	var (
		results []R
		errs    []error
	)
	for v, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		results = append(results, v)
	}
	if len(errs) == 1 {
		return results, errs[0]
	}
	return results, errors.Join(errs...)
}
