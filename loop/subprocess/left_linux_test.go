package subprocess_test

import "github.com/seed-1b9fde7b/asyncgo/internal/leftover"

func init() { findLeft = leftover.Watch().Find }
