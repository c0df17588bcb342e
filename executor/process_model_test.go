//go:build linux

package executor_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// A ledger counts, in a file that all processes map, how often each call began and
// how often it ended.
type ledger struct{ began, ended []atomic.Int32 }

const ledgerCalls = 4096

func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := f.Truncate(2 * 4 * ledgerCalls); err != nil {
		return nil, err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, 2*4*ledgerCalls, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	all := unsafe.Slice((*atomic.Int32)(unsafe.Pointer(&mem[0])), 2*ledgerCalls)
	return &ledger{all[:ledgerCalls], all[ledgerCalls:]}, nil
}

var (
	books *ledger // of a worker

	openBooks = executor.RegisterNoResult("test.openBooks", func(_ context.Context, a booksArg) (err error) {
		books, err = openLedger(a.Path)
		return err
	})

	booked = executor.Register("test.booked", func(ctx context.Context, a bookedArg) (int, error) {
		books.began[a.N].Add(1)
		switch a.What {
		case "sleep":
			select {
			case <-time.After(time.Duration(a.N%5) * time.Millisecond):
			case <-ctx.Done():
				books.ended[a.N].Add(1)
				return 0, context.Cause(ctx)
			}
		case "exit":
			os.Exit(1)
		}
		books.ended[a.N].Add(1)
		return a.N, nil
	})
)

type booksArg struct {
	Path  string
	Value *shared.Value[int] // of which the worker asks its parent for the memory
}

type bookedArg struct {
	N    int
	What string
}

// Random schedules of submitting, canceling, resizing and killing, against a reference that
// knows only what each call may end with: a result if the call was run exactly once,
// a crash if it began, exactly once too, a cancellation if it was asked for. A
// call that no worker began always ends with its result. Nothing breaks the pool, not
// its end either, at which workers may still come up.
func TestProcessAgainstAModel(t *testing.T) {
	path := t.TempDir() + "/ledger"
	all, err := openLedger(path)
	require.NoError(t, err)
	value, err := shared.NewValue(0)
	require.NoError(t, err)
	defer func() { require.NoError(t, value.Close()) }()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	next := 0
	rapid.Check(t, func(rt *rapid.T) {
		if next > ledgerCalls-200 {
			return
		}
		p, err := executor.NewProcessPool(executor.ProcessConfig{
			Workers:     rapid.IntRange(1, 3).Draw(rt, "workers"),
			Prefetch:    rapid.SampledFrom([]int{-1, 0, 2}).Draw(rt, "prefetch"),
			MaxTasks:    rapid.SampledFrom([]int{0, 0, 3}).Draw(rt, "max tasks"),
			Initializer: openBooks.Bind(booksArg{path, value}),
			Logger:      quiet,
		})
		require.NoError(t, err)
		type pending struct {
			n        int
			f        *future.Future[int]
			canceled bool
		}
		var calls []pending
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"echo", "echo", "burst", "sleep", "sleep", "exit", "kill", "cancel", "resize"}).Draw(rt, "step") {
			case "echo":
				calls = append(calls, pending{n: next, f: submit(t, p, booked.Bind(bookedArg{next, "echo"}))})
				next++
			case "burst":
				for range 5 {
					calls = append(calls, pending{n: next, f: submit(t, p, booked.Bind(bookedArg{next, "echo"}))})
					next++
				}
			case "sleep":
				calls = append(calls, pending{n: next, f: submit(t, p, booked.Bind(bookedArg{next, "sleep"}))})
				next++
			case "exit":
				calls = append(calls, pending{n: next, f: submit(t, p, booked.Bind(bookedArg{next, "exit"}))})
				next++
			case "kill":
				for _, r := range p.Running() {
					if childOf(r.PID) {
						_ = syscall.Kill(r.PID, syscall.SIGKILL)
					}
				}
			case "resize":
				require.NoError(t, p.Resize(rapid.IntRange(1, 4).Draw(rt, "limit")))
			case "cancel":
				if len(calls) > 0 {
					c := &calls[rapid.IntRange(0, len(calls)-1).Draw(rt, "which")]
					c.f.Cancel()
					c.canceled = true
				}
			}
		}
		if rapid.Bool().Draw(rt, "early shutdown") {
			_ = p.Shutdown(ended)
		}
		for _, c := range calls {
			v, err := await(t, c.f)
			began, ended := all.began[c.n].Load(), all.ended[c.n].Load()
			var crash *executor.CrashError
			switch {
			case err == nil:
				require.Equal(t, c.n, v)
				require.EqualValues(t, 1, began)
				require.EqualValues(t, 1, ended)
			case errors.As(err, &crash):
				// One that was claimed may die before its first statement.
				require.LessOrEqual(t, began, int32(1), "never twice")
			default:
				require.True(t, c.canceled && future.IsCanceled(err), "%v", err)
				require.LessOrEqual(t, began, int32(1))
			}
		}
		require.Eventually(t, func() bool { s := p.Stats(); return s.Workers <= s.MaxWorkers }, patience, tick)
		if rapid.Bool().Draw(rt, "more workers") {
			_ = p.Ready(ended)
		}
		require.NoError(t, p.Shutdown(t.Context()))
		_, err = executor.Submit(t.Context(), p, pid.Bind())
		require.ErrorIs(t, err, executor.ErrShutdown)
		require.NotErrorIs(t, err, executor.ErrBroken)
	})
}
