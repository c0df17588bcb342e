package loop

import "github.com/seed-1b9fde7b/asyncgo/future"

// None is the result of tasks that have none, as in Task[None]; see [Spawn], [RunMain].
type None = future.None
