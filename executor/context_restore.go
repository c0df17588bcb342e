package executor

import (
	"context"
	"fmt"
)

// restored returns ctx with the values that came with a call, those of names that are
// registered here, and what is to be told the outcome. It runs the code that was
// registered for them.
func restored(ctx context.Context, function string, values map[string][]byte, ended *[]func(error)) (context.Context, error) {
	for _, v := range contextValues.all() {
		b, ok := values[v.name]
		if !ok {
			continue
		}
		next, fn, err := v.value.restore(ctx, function, b)
		if fn != nil {
			*ended = append(*ended, fn)
		}
		if err != nil {
			return nil, fmt.Errorf("executor: context value %q: %w", v.name, err)
		}
		if next == nil {
			return nil, fmt.Errorf("executor: context value %q: the registered function returned no context", v.name)
		}
		ctx = next
	}
	return ctx, nil
}
