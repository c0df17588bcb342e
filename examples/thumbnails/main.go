// Command thumbnails makes small pictures of files that may be anything: photos, text, or
// a bomb, which is small and becomes gigabytes when it is decoded. Worker processes decode
// them; one that takes too much time or memory ends, and nothing else. main.py is the
// original, with Pillow.
//
//	go run ./examples/thumbnails [-workers N] [-memory MIB] [-timeout DURATION] -out DIR FILE…
//
// On a terminal each worker has a bar.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	_ "image/jpeg" // a format to decode
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"time"

	"golang.org/x/image/draw"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

const (
	longest  = 128 // pixels of a thumbnail
	tooLarge = 86  // exit code of a worker that has too much memory
)

// region worker
// limit is the initializer. MemoryLimit is what the garbage collector tries to stay below;
// what a decoder takes nonetheless ends its process. A service looks at the size that
// image.DecodeConfig returns as well, and believes it no more than that.
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

type job struct{ File, Out string }

// A step is what a worker reports.
type step struct {
	Worker, File string
	Done         int64 // of steps
}

const steps = 3

var shrink = executor.Register("shrink", func(ctx context.Context, j job) (string, error) {
	report := func(done int64) { executor.Progress(ctx, step{executor.WorkerFrom(ctx).Name(), j.File, done}) }
	report(0)
	data, err := os.ReadFile(j.File)
	if err != nil {
		return "", err
	}
	report(1)
	large, _, err := image.Decode(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return "not an image", nil
	case err != nil:
		return "broken", nil
	}
	report(2)
	width, height := large.Bounds().Dx(), large.Bounds().Dy()
	most := max(width, height, longest)
	small := image.NewRGBA(image.Rect(0, 0, max(1, width*longest/most), max(1, height*longest/most)))
	draw.CatmullRom.Scale(small, small.Bounds(), large, large.Bounds(), draw.Src, nil)
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, small); err != nil {
		return "", err
	}
	report(steps)
	size := small.Bounds().Size()
	return fmt.Sprintf("%dx%d -> %dx%d", width, height, size.X, size.Y), os.WriteFile(filepath.Join(j.Out, filepath.Base(j.File)+".thumb.png"), encoded.Bytes(), 0o600)
})

// endregion worker

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	workers := flag.Int("workers", 4, "how many worker processes")
	memory := flag.Uint64("memory", 256, "how many MiB each may have")
	timeout := flag.Duration("timeout", 10*time.Second, "how long each file may take")
	out := flag.String("out", ".", "where the thumbnails go")
	flag.Parse()
	jobs := make([]job, flag.NArg())
	for i, file := range flag.Args() {
		jobs[i] = job{file, *out}
	}
	cfg := executor.ProcessConfig{
		Name:        "worker",
		Workers:     *workers,
		Initializer: limit.Bind(*memory << 20),
		MemoryLimit: int64(*memory) << 20 * 3 / 4,
		Timeout:     *timeout,
		Grace:       10 * time.Millisecond,         // a decoder looks at no context
		Logger:      slog.New(slog.DiscardHandler), // the output says which file was too much
	}
	show := newBars(os.Stderr)
	defer show.stop()
	return executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
		i := 0
		listening := executor.WithProgress(ctx, show.step)
		for result, err := range executor.Map(listening, pool, shrink.Bind, slices.Values(jobs), executor.MapOptions{KeepGoing: true}) {
			var crash *executor.CrashError
			switch {
			case err == nil:
			case errors.As(err, &crash) && crash.ExitCode == tooLarge:
				show.dead(crash.Worker)
				result = "killed: it wanted too much memory"
			case errors.Is(err, context.DeadlineExceeded):
				result = "killed: it took too long"
			default:
				return err
			}
			show.line(filepath.Base(jobs[i].File) + ": " + result)
			i++
		}
		return nil
	})
}
