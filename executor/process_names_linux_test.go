package executor_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// File names of Linux are bytes, and travel as they are in every type and in the log.
func TestProcessStringsThatAreNotUTF8Travel(t *testing.T) {
	const name = "a\xff\xc0\xafb"
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	log := &recorder{records: make(chan slog.Record, 10)}
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(log)})
	found, err := await(t, submit(t, p, listing.Bind(dirToList{dir})))
	require.NoError(t, err)
	require.Equal(t, listed{Names: []string{name}, Sizes: map[string]int64{name: 0}}, found)
	for r := range log.records {
		if r.Message != "found "+name {
			continue
		}
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "name" || a.Key == "error" {
				require.Contains(t, a.Value.String(), name)
			}
			return true
		})
		break
	}
	_, err = await(t, submit(t, p, listing.Bind(dirToList{name})))
	require.ErrorContains(t, err, name)
}

type (
	dirToList struct{ Path string }
	listed    struct {
		Names []string
		Sizes map[string]int64
	}
)

var listing = executor.Register("test.listing", func(_ context.Context, d dirToList) (listed, error) {
	entries, err := os.ReadDir(d.Path)
	l := listed{Sizes: map[string]int64{}}
	for _, e := range entries {
		l.Names = append(l.Names, e.Name())
		l.Sizes[e.Name()] = 0
		slog.Info("found "+e.Name(), "name", e.Name(), "error", errors.New(e.Name()))
	}
	return l, err
})

type recorder struct{ records chan slog.Record }

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) Handle(_ context.Context, rec slog.Record) error {
	select {
	case r.records <- rec:
	default:
	}
	return nil
}
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r *recorder) WithGroup(string) slog.Handler      { return r }
