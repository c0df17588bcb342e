package executor_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What a negative number in a field means; zero is always the default.
const (
	off     = "turns off what the field does, which the default does not"
	refused = "is an error that names the field"
	over    = "is a time that is over already"
	python  = "is what it is in Python's traceback functions"
)

// TestANegativeNumberHasOneMeaning is the table behind the sentence about numbers in
// docs/reference/python-parity.md. It knows every number in every Config and Options of
// the library, and a new one has to find its place here.
func TestANegativeNumberHasOneMeaning(t *testing.T) {
	for _, c := range []struct {
		of       any // the zero value
		fields   map[string]string
		negative func(cfg reflect.Value) error
	}{
		{
			executor.ThreadConfig{},
			map[string]string{"Workers": refused, "MaxPending": refused, "IdleTimeout": refused, "WarnAfter": refused},
			func(cfg reflect.Value) error {
				p, err := executor.NewThreadPool(cfg.Interface().(executor.ThreadConfig))
				return shutdownOr(t, p, err)
			},
		}, {
			executor.ProcessConfig{},
			map[string]string{
				"Workers": refused, "MaxPending": refused, "StartTimeout": refused, "WarnAfter": refused, "Timeout": refused, "Retry": refused,
				"MaxTasks": refused, "MaxAge": refused, "MaxRSS": refused, "MemoryLimit": refused, "IdleTimeout": refused,
				"Prefetch": off, "Grace": off,
			},
			func(cfg reflect.Value) error {
				p, err := executor.NewProcessPool(cfg.Interface().(executor.ProcessConfig))
				return shutdownOr(t, p, err)
			},
		}, {
			executor.MapOptions{},
			map[string]string{"Window": off, "Chunk": refused, "Timeout": over},
			func(opts reflect.Value) error {
				p := newPool(t, executor.ThreadConfig{})
				_, err := executor.Collect(executor.Map(t.Context(), p, twofold.Bind, slices.Values([]int{1}), opts.Interface().(executor.MapOptions)))
				return err
			},
		}, {
			future.WaitOptions{},
			map[string]string{"Timeout": over},
			func(opts reflect.Value) error {
				_, pending, err := future.Wait(t.Context(), []*future.Future[int]{future.New[int]().Future()}, opts.Interface().(future.WaitOptions))
				require.NoError(t, err)
				if len(pending) == 1 {
					return context.DeadlineExceeded // the wait ended, though nothing is done
				}
				return nil
			},
		}, {
			loop.Config{},
			map[string]string{"SlowCallbackDuration": off, "BlockedAfter": off},
			func(cfg reflect.Value) error {
				_, err := loop.RunWith(t.Context(), cfg.Interface().(loop.Config), func(context.Context) (loop.None, error) { return loop.None{}, nil })
				return err
			},
		}, {
			loop.GraphOptions{},
			map[string]string{"Depth": python, "Limit": python},
			func(reflect.Value) error { return nil },
		}, {
			shared.QueueConfig{},
			map[string]string{"Items": off, "Bytes": refused},
			func(cfg reflect.Value) error {
				q, err := shared.NewQueueWith[int](cfg.Interface().(shared.QueueConfig))
				if err == nil {
					require.NoError(t, q.Close())
				}
				return err
			},
		},
	} {
		typ := reflect.TypeOf(c.of)
		var numbers []string
		for f := range typ.Fields() {
			if k := f.Type.Kind(); k != reflect.Int && k != reflect.Int64 || f.Type == reflect.TypeFor[future.ReturnWhen]() {
				continue
			}
			numbers = append(numbers, f.Name)
			cfg := reflect.New(typ).Elem()
			cfg.FieldByName(f.Name).SetInt(-1)
			err := c.negative(cfg)
			switch meaning := c.fields[f.Name]; meaning {
			case off, python:
				require.NoError(t, err, "%v.%s", typ, f.Name)
			case refused:
				require.ErrorContains(t, err, f.Name, "%v.%s", typ, f.Name)
			case over:
				require.ErrorIs(t, err, context.DeadlineExceeded, "%v.%s", typ, f.Name)
			default:
				t.Errorf("%v.%s: say what a negative number means there", typ, f.Name)
			}
		}
		require.Len(t, c.fields, len(numbers), "%v has %v", typ, numbers)
	}
}

func shutdownOr(t *testing.T, ex executor.Executor, err error) error {
	t.Helper()
	if err == nil {
		require.NoError(t, ex.Shutdown(context.Background()))
	}
	return err
}

// A negative time that is an argument is over already, as in asyncio.
func TestATimeThatIsAnArgumentIsOverIfItIsNegative(t *testing.T) {
	onLoop(t, func(ctx context.Context) error {
		for _, d := range []time.Duration{0, -1, -time.Hour} {
			began := time.Now()
			_, err := future.WaitFor(ctx, future.New[int]().Future(), d)
			require.ErrorIs(t, err, future.ErrTimeout)
			err = loop.Timeout(ctx, d, func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
			require.ErrorIs(t, err, future.ErrTimeout)
			require.NoError(t, loop.Sleep(ctx, d))
			require.Less(t, time.Since(began), time.Minute)
		}
		return nil
	})
}
