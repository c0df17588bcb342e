//go:build linux

package executor_test

import (
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// takeDescriptors leaves no descriptor free in this process, until it is called with
// false.
func takeDescriptors(all bool) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	if all {
		free, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		limit.Cur = uint64(free.Fd()) // the lowest that is free
		_ = free.Close()
	}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

var workerTakes = executor.RegisterNoResult("test.workerTakes", func(_ context.Context, all bool) error { return takeDescriptors(all) })

// Without a free descriptor for a handle its call fails, in either direction, and
// nothing else does.
func TestNoDescriptorForAHandleFailsOneCall(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	before, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	t.Run("in the worker", func(t *testing.T) {
		// One that the worker does not have yet.
		here, err := makeValue.Call(t.Context(), 1)
		require.NoError(t, err)
		defer func() { require.NoError(t, here.Close()) }()
		_, err = await(t, submit(t, p, workerTakes.Bind(true)))
		require.NoError(t, err)
		_, err = await(t, submit(t, p, addTo.Bind(here)))
		require.ErrorIs(t, err, syscall.EMFILE)
		require.ErrorContains(t, err, "ulimit -n")
		_, err = await(t, submit(t, p, workerTakes.Bind(false)))
		require.NoError(t, err)
		n, err := await(t, submit(t, p, addTo.Bind(here)))
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
	})
	t.Run("in the parent", func(t *testing.T) {
		require.NoError(t, takeDescriptors(true))
		_, err := await(t, submit(t, p, makeValue.Bind(1)))
		require.NoError(t, takeDescriptors(false))
		require.ErrorIs(t, err, syscall.EMFILE)
		v, err := await(t, submit(t, p, makeValue.Bind(2)))
		require.NoError(t, err)
		require.NoError(t, v.Close())
	})
	after, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	require.Equal(t, before, after, "the worker lives on")
}
