// Package held makes shared memory while it is initialized, in each process of the
// program. It knows nothing of package executor, so it may be initialized before that.
package held

import "github.com/seed-1b9fde7b/asyncgo/shared"

// Value is this process's own.
var Value, Err = shared.NewValue(int64(40))
