package executor

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/child"
	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
)

var mainCalled, mainLate atomic.Bool

// ErrLateMain is returned by [NewProcessPool] when [Main] was called after flag.Parse. A
// worker goes no further than Main, so that what a program does with its flags behind
// that does not happen there.
var ErrLateMain = errors.New("executor: executor.Main was called after flag.Parse: make executor.Main() the first statement of main, parse flags behind it, and give workers what they need of them with the initializer's argument")

// Main makes this process a worker if a [ProcessPool] started it: it serves the pool
// then and never returns. In any other process it returns at once.
//
// It must be the first statement of main in a program that makes process pools, before
// flags are parsed and files are opened, and of TestMain in such tests: worker
// processes are the program once more and have the same arguments. What package
// initialization does, it does in workers too. A second call returns at once. A pool
// that is made before the first is refused with an error that wraps [ErrNoMain], and
// one that is made after a Main behind flag.Parse with [ErrLateMain]: flags and variables
// that main sets have their initial values in workers, which get what they need of them
// with the initializer's argument. It stands for if __name__ == "__main__".
//
// A worker leaves SIGINT, SIGTERM and SIGHUP to the program that started it: the
// terminal, timeout(1) and supervisors send them to all processes of a group, and the
// program may want to finish its calls. The worker drops them, unless its code asks
// for them by package os/signal; the processes that its work starts get them. To end a
// worker from outside send it SIGKILL; to end a pool call [ProcessPool.Terminate].
//
// A worker has no privileges that the program does not have when it starts it, also if
// the program's file is set-user-ID and its privileges were dropped. Where the file,
// or being root, would grant some, workers run with no_new_privs, and so does what
// they start: sudo does not work there.
func Main() {
	if !mainCalled.Swap(true) && flag.Parsed() {
		mainLate.Store(true)
	}
	child.Serve(&program)
}

// program is what the worker's side, which knows nothing of pools and jobs, needs
// of this package.
var program = child.Program{
	Lookup: func(name string) child.Invoke {
		f, ok := lookup(name)
		if !ok {
			return nil
		}
		return f.invoke
	},
	NotRegistered: notRegistered,
	WithWorker: func(ctx context.Context, pool string, number int) (context.Context, string) {
		w := NewWorker(pool, number)
		return WithWorker(ctx, w), w.Name()
	},
	Finished:     errFinished,
	ProgressKey:  progressKey,
	MayKeep:      codec.MayBePart,
	MayRefer:     codec.MayRefer,
	EncodeError:  EncodeRemoteError,
	EncodeRecord: func(r *child.Record) ([]byte, error) { return codec.Marshal(r) },
}

// exitNoMain is the exit code of a worker that went astray.
const exitNoMain = 97

// checkMain returns an error unless Main was called in time. A worker process that gets
// here without is about to run the program's normal course once more, with all
// that it does: it ends here and now.
func checkMain() error {
	switch {
	case mainLate.Load():
		return ErrLateMain
	case mainCalled.Load():
		return nil
	}
	if child.Is() {
		fmt.Fprintln(os.Stderr, "executor: a worker process reached NewProcessPool instead of executor.Main: make executor.Main() the first statement of main")
		os.Exit(exitNoMain)
	}
	return ErrNoMain
}
