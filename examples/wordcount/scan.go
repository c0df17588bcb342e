package main

import (
	"context"
	"io/fs"
	"path/filepath"
)

// A file is one input, and what its size was when it was found.
type file struct {
	Path string
	Size int64
}

// A scan is what a walk through a directory has found.
type scan struct {
	files      []file
	unreadable []string // what could not be looked into, and why
}

// walk finds all regular files below dir. Directories that cannot be read are
// noted, only dir itself must exist.
func walk(ctx context.Context, dir string) (scan, error) {
	var s scan
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if path == dir {
				return err
			}
			s.unreadable = append(s.unreadable, err.Error())
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if err != nil { // it was removed meanwhile
			s.unreadable = append(s.unreadable, err.Error())
			return nil
		}
		s.files = append(s.files, file{path, info.Size()})
		return nil
	})
	return s, err
}

// partitions divides files into parts of about the same number of bytes, several
// for each worker so that the wait for the last one is short.
func partitions(files []file, workers int) [][]file {
	const perWorker = 16
	enough := totalSize(files)/int64(max(workers, 1)*perWorker) + 1
	var (
		parts [][]file
		first int
		sum   int64
	)
	for i, f := range files {
		sum += f.Size
		if sum >= enough || i == len(files)-1 {
			parts = append(parts, files[first:i+1])
			first, sum = i+1, 0
		}
	}
	return parts
}

func totalSize(files []file) int64 {
	var sum int64
	for _, f := range files {
		sum += f.Size
	}
	return sum
}
