package executortest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// The functions that the cases run, under names of their own.
var (
	pow = executor.Register("executortest.pow", func(_ context.Context, a powArgs) (int, error) {
		r := 1
		for range a.Exponent {
			r *= a.Base
		}
		return r, nil
	})

	divide = executor.Register("executortest.divide", func(_ context.Context, a [2]int) (int, error) {
		if a[1] == 0 {
			return 0, fmt.Errorf("dividing %d: %w", a[0], errDivision)
		}
		return a[0] / a[1], nil
	})

	echo      = executor.Register("executortest.echo", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	echoDeep  = executor.Register("executortest.echoDeep", func(_ context.Context, v *tree) (*tree, error) { return v, nil })
	nothing   = executor.RegisterAction("executortest.nothing", func(context.Context) error { return nil })
	answer    = executor.RegisterNoArg("executortest.answer", func(context.Context) (int, error) { return 42, nil })
	panics    = executor.RegisterNoResult("executortest.panics", func(_ context.Context, v string) error { panic(v) })
	panicsNil = executor.RegisterAction("executortest.panicsNil", func(context.Context) error { panic(nil) })
	goexit    = executor.RegisterAction("executortest.goexit", func(context.Context) error { runtime.Goexit(); return nil })

	fails = executor.RegisterNoResult("executortest.fails", func(_ context.Context, how string) error {
		switch how {
		case "chain":
			return fmt.Errorf("outer: %w", errors.Join(errDivision, &codeError{Code: 7}))
		case "path":
			_, err := os.Open(filepath.Join("no", "such", "file"))
			return err
		case "bad":
			return badError{}
		case "nil":
			return (*codeError)(nil)
		default:
			return errors.New(how)
		}
	})

	// hold says that it runs and waits for its gate. It ends with its
	// context's cause when that ends first.
	hold = executor.Register("executortest.hold", func(ctx context.Context, g gate) (string, error) {
		if err := touch(g.Entered); err != nil {
			return "", err
		}
		return g.Value, waitFor(ctx, g.Open)
	})

	// stubborn is hold that returns a result although its context has ended.
	stubborn = executor.Register("executortest.stubborn", func(ctx context.Context, g gate) (string, error) {
		if err := touch(g.Entered); err != nil {
			return "", err
		}
		<-ctx.Done()
		return g.Value, nil
	})

	hasDeadline = executor.RegisterNoArg("executortest.hasDeadline", func(ctx context.Context) (bool, error) {
		_, ok := ctx.Deadline()
		return ok, nil
	})

	workerID = executor.RegisterNoArg("executortest.workerID", func(ctx context.Context) (string, error) {
		if w := executor.WorkerFrom(ctx); w != nil {
			return w.Name(), nil
		}
		return "", nil
	})
)

type powArgs struct{ Base, Exponent int }

type tree struct {
	Name string
	Sub  []*tree
}

var (
	errDivision = executor.RegisterError("executortest.errDivision", errors.New("division by zero"))
	errPatience = errors.New("executortest: out of patience")
)

// codeError is an error type that crosses to another process.
type codeError struct{ Code int }

func (e *codeError) Error() string { return fmt.Sprintf("code %d", e.Code) }

// badError is as bad as an error can be.
type badError struct{}

func (badError) Error() string   { panic("no message") }
func (badError) Unwrap() []error { return []error{nil} }

func init() { executor.RegisterErrorType[*codeError]("executortest.codeError") }

// A gate holds a job that may run in another process, by way of two files.
type gate struct {
	Entered, Open string
	Value         string
}

func newGate(t *testing.T, value string) gate {
	t.Helper()
	dir := t.TempDir()
	return gate{Entered: filepath.Join(dir, "entered"), Open: filepath.Join(dir, "open"), Value: value}
}

// awaitEntered waits until a job holds at g.
func (g gate) awaitEntered(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
	defer cancel()
	require.NoError(t, waitFor(ctx, g.Entered))
}

func (g gate) open(t *testing.T) {
	t.Helper()
	require.NoError(t, touch(g.Open))
}

func touch(name string) error { return os.WriteFile(name, nil, 0o600) }

// waitFor waits until a file exists. Between processes that share nothing else
// there is no better way than to look again and again.
func waitFor(ctx context.Context, name string) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := os.Stat(name); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
