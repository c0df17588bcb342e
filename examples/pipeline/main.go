// Command pipeline prints the checksums of the blocks of a file, and stops in order at
// SIGTERM or Ctrl-C. main.py is the original.
//
//	go run ./examples/pipeline [-block BYTES] [-slots N] [-pace DURATION] [-workers N] FILE
//
// Blocks are read into arrays in shared memory, where worker processes find them without
// a copy. There are as many arrays as slots: when all are in use the reader waits. The
// checksums are printed in the order of the file. At a signal the reader stops, and what
// has been read goes through to the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

type block struct {
	Array *shared.Array[byte] // travels as a handle
	Size  int
}

var checksum = executor.Register("checksum", func(_ context.Context, b block) (uint32, error) {
	return crc32.ChecksumIEEE(b.Array.Slice()[:b.Size]), nil
})

// read yields the blocks of a file, in turns in one of the arrays.
func read(ctx context.Context, file io.Reader, arrays []*shared.Array[byte], pace time.Duration, stop *atomic.Bool, failed *error) iter.Seq[block] {
	return func(yield func(block) bool) {
		for i := 0; !stop.Load(); i++ {
			array := arrays[i%len(arrays)]
			size, err := file.Read(array.Slice())
			if err != nil || !yield(block{array, size}) || loop.Sleep(ctx, pace) != nil {
				*failed = err
				return
			}
		}
	}
}

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	size := flag.Int("block", 65536, "bytes of a block")
	slots := flag.Int("slots", 8, "how many blocks are under way, at most")
	pace := flag.Duration("pace", 0, "pause after each block")
	workers := flag.Int("workers", 4, "how many worker processes")
	flag.Parse()
	file, err := os.Open(flag.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	arrays := make([]*shared.Array[byte], *slots+1) // one more is being read
	for i := range arrays {
		if arrays[i], err = shared.NewArray[byte](*size); err != nil {
			return err
		}
	}
	var stop atomic.Bool
	if err := loop.OnSignal(ctx, func() { stop.Store(true) }, os.Interrupt, syscall.SIGTERM); err != nil {
		return err
	}
	return executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: *workers}, func(pool *executor.ProcessPool) error {
		blocks, failed := 0, error(nil)
		in := read(ctx, file, arrays, *pace, &stop, &failed)
		for sum, err := range executor.Map(ctx, pool, checksum.Bind, in, executor.MapOptions{Window: *slots}) {
			if err != nil {
				return err
			}
			fmt.Printf("%6d %08x\n", blocks, sum)
			blocks++
		}
		if failed != nil && !errors.Is(failed, io.EOF) {
			return failed
		}
		if stop.Load() {
			fmt.Print("stopped after ")
		}
		fmt.Println(blocks, "blocks")
		return nil
	})
}
