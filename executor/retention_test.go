package executor_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A big value tells when nothing holds it any more.
type big struct{ bytes []byte }

func newBig(gone chan<- struct{}) *big {
	b := &big{bytes: make([]byte, 1<<20)}
	runtime.AddCleanup(b, func(ch chan<- struct{}) { ch <- struct{}{} }, gone)
	return b
}

var sizeOfBig = executor.Register("test.sizeOfBig", func(_ context.Context, b *big) (int, error) { return len(b.bytes), nil })

// MarshalBinary sends the size in place of the bytes.
func (b *big) MarshalBinary() ([]byte, error) { return []byte{byte(len(b.bytes) >> 20)}, nil }

// UnmarshalBinary makes as many bytes.
func (b *big) UnmarshalBinary(data []byte) error {
	b.bytes = make([]byte, int(data[0])<<20)
	return nil
}

// Python keeps arguments and results alive in queues, futures and the worker's
// last frame. Here an idle pool, and a future that is done, hold nothing of them.
func TestAPoolLetsGoOfArgumentsOnceTheCallIsDone(t *testing.T) {
	for _, kind := range []string{"threads", "processes"} {
		t.Run(kind, func(t *testing.T) {
			var pool executor.Executor
			var err error
			if kind == "threads" {
				pool, err = executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
			} else {
				pool, err = executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
			}
			require.NoError(t, err)
			defer func() { require.NoError(t, pool.Shutdown(context.Background())) }()
			const calls = 4
			gone := make(chan struct{}, calls)
			f := give(t, pool, sizeOfBig.Bind(newBig(gone)))
			require.Equal(t, 1<<20, resultOf(t, f))
			for range calls - 1 {
				resultOf(t, give(t, pool, sizeOfBig.Bind(newBig(gone))))
			}
			require.Eventually(t, func() bool {
				runtime.GC()
				return len(gone) == calls
			}, patience, tick)
			require.Equal(t, 1<<20, resultOf(t, f), "the result itself stays with its future")
		})
	}
}
