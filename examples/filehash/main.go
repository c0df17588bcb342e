// Command filehash prints the SHA-256 of every file below a folder as sha256sum does,
// sorted by path: a pool of goroutines reads the files. main.py is the original.
//
//	go run ./examples/filehash [-workers N] FOLDER
//
// executor.Map stands for a run_in_executor for each file and the semaphore that bounds
// how many of them wait: so many calls are under way, at most. What cannot be read is told
// at the end.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// region digest
func digest(_ context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return fmt.Sprintf("%x  %s", hash.Sum(nil), path), err
}

// endregion digest

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	workers := flag.Int("workers", 8, "how many files are read at a time")
	flag.Parse()
	var paths []string
	var errs []error
	_ = filepath.WalkDir(flag.Arg(0), func(path string, _ fs.DirEntry, err error) error {
		if info, statErr := os.Stat(path); statErr == nil && info.Mode().IsRegular() {
			paths = append(paths, path)
		}
		errs = append(errs, err) // of a folder that cannot be read
		return nil
	})
	slices.Sort(paths)
	return executor.WithThreadPool(ctx, executor.ThreadConfig{Workers: *workers}, func(pool *executor.ThreadPool) error {
		opts := executor.MapOptions{Window: 4 * *workers, KeepGoing: true}
		lines, err := executor.Collect(executor.Map(ctx, pool, executor.Each(digest), slices.Values(paths), opts))
		for _, line := range lines {
			fmt.Println(line)
		}
		return errors.Join(append(errs, err)...)
	})
}
