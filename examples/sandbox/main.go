// Command sandbox runs programs of others, in Starlark, a small Python: each in a process
// of its own, which is killed when it takes too long or too much memory. It prints the
// result of each or the reason why there is none. main.py is the original.
//
//	go run ./examples/sandbox [-workers N] [-timeout DURATION] [-memory MIB] FILE…
//	go run ./examples/sandbox examples/sandbox/testdata/*.star
//
// It is no security boundary. A program that is run away ends with its process, and no
// program sees what another one has left behind. But the process has the rights of the
// user that starts it, and what keeps a program from files and network is only that
// Starlark has none: a fault in the interpreter opens all of it. If attackers may
// look for one, run it all in a container or a virtual machine that you can lose.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/metrics"
	"slices"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type program struct{ Name, Source string }

// region worker
// tooLarge is the exit code of a process that has too much memory.
const tooLarge = 86

// limit is the initializer. ProcessConfig.MemoryLimit is what the garbage collector tries
// to stay below, and MaxRSS replaces a worker when its call has ended; what is run away
// has to end in the middle. (A limit of the kernel, RLIMIT_DATA, would hit the interpreter
// and the garbage collector wherever they are, and their end may take any form.)
var limit = executor.RegisterNoResult("limit", func(_ context.Context, bytes uint64) error {
	go func() {
		memory := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for range time.Tick(2 * time.Millisecond) {
			metrics.Read(memory)
			if memory[0].Value.Uint64()-memory[1].Value.Uint64() > bytes {
				os.Exit(tooLarge)
			}
		}
	}()
	return nil
})

var dialect = syntax.FileOptions{While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}

var interpret = executor.Register("interpret", func(_ context.Context, p program) (string, error) {
	names, err := starlark.ExecFileOptions(&dialect, &starlark.Thread{Name: p.Name}, p.Name, p.Source, nil)
	if err != nil {
		return "", err
	}
	if names["result"] == nil {
		return "", errors.New("it has no result")
	}
	return names["result"].String(), nil
})

// endregion worker

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	workers := flag.Int("workers", 4, "how many programs run at a time")
	timeout := flag.Duration("timeout", time.Second, "how long each may take")
	memory := flag.Uint64("memory", 256, "how many MiB each may have")
	flag.Parse()
	programs := make([]program, flag.NArg())
	for i, file := range flag.Args() {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		programs[i] = program{file, string(source)}
	}
	cfg := executor.ProcessConfig{
		Workers:     *workers,
		Initializer: limit.Bind(*memory << 20),
		MemoryLimit: int64(*memory) << 20 * 3 / 4,
		Timeout:     *timeout,
		Grace:       10 * time.Millisecond, // Starlark looks at no context: there is nothing to wait for
		MaxTasks:    1,                     // a new process for each program
		Stderr:      io.Discard,            // its end is in the error
		Logger:      slog.New(slog.DiscardHandler),
	}
	return executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
		i := 0
		for result, err := range executor.Map(ctx, pool, interpret.Bind, slices.Values(programs), executor.MapOptions{KeepGoing: true}) {
			if failed := new(executor.MapError); err != nil && !errors.As(err, &failed) {
				return err // of the pool, not of a program
			}
			fmt.Printf("%s: %s\n", programs[i].Name, outcome(result, err))
			i++
		}
		return nil
	})
}

// region outcome
// outcome says how a program ended.
func outcome(result string, err error) string {
	var crash *executor.CrashError
	var remote *executor.RemoteError
	switch {
	case err == nil:
		return "result " + result
	case errors.Is(err, context.DeadlineExceeded):
		return "killed: it took too long"
	case errors.As(err, &crash) && crash.ExitCode == tooLarge:
		return "killed: it wanted too much memory"
	case errors.As(err, &crash):
		return "killed: " + crash.Error()
	case errors.As(err, &remote):
		return "failed: " + remote.Error()
	default:
		return "failed: " + err.Error()
	}
}

// endregion outcome
