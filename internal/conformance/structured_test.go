package conformance_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// ms is the unit in which these cases count; ever is a time that none of them reaches.
const (
	ms   = time.Millisecond
	ever = 600 * time.Second
)

// inLoop runs main as the main task of a loop, in a bubble whose time costs none.
func inLoop(o *out, main func(ctx context.Context) error) {
	synctest.Test(o.T, func(t *testing.T) {
		_, err := loop.Run(t.Context(), func(ctx context.Context) (struct{}, error) {
			return struct{}{}, main(ctx)
		})
		require.NoError(t, err)
	})
}

// A diary is the list to which the cases append.
type diary []string

func (tr *diary) add(s string)   { *tr = append(*tr, s) }
func (tr *diary) String() string { return strings.Join(*tr, " ") }
func (tr *diary) clear()         { *tr = nil }

// sleeper sleeps and notes its name at the end, or that it was canceled.
func (tr *diary) sleeper(name string, d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := loop.Sleep(ctx, d); err != nil {
			tr.add(name + "-cancelled")
			return "", err
		}
		tr.add(name)
		return name, nil
	}
}

// myRequests is Task.cancelling() of the current task.
func myRequests(ctx context.Context) int { return loop.CurrentTask(ctx).Cancelling() }

// fails is a task that fails after d.
func fails(text string, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := loop.Sleep(ctx, d); err != nil {
			return err
		}
		return errors.New(text)
	}
}
