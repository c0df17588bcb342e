package loop_test

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// inline is an executor that never gets anything to do.
type inline struct{}

func (inline) Execute(context.Context, *executor.Job) error { return executor.ErrShutdown }
func (inline) Shutdown(context.Context) error               { return nil }
