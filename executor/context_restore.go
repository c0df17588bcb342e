package executor

import (
	"context"
	"fmt"
)

// restored returns ctx with the values that came with a call, those of names that are
// registered here. It runs the code that was registered for them.
func restored(ctx context.Context, values map[string][]byte) (context.Context, error) {
	for _, v := range contextValues.all() {
		b, ok := values[v.name]
		if !ok {
			continue
		}
		next, err := v.value.restore(ctx, b)
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
