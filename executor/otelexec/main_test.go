package otelexec_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestMain(m *testing.M) {
	executor.Main()
	goleak.VerifyTestMain(m)
}

// exportTo is the initializer: the spans of a worker go to a file of its own.
var exportTo = executor.RegisterNoResult("test.exportTo", func(_ context.Context, folder string) error {
	file, err := os.Create(filepath.Join(folder, fmt.Sprint(os.Getpid())))
	if err != nil {
		return err
	}
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(file))
	if err != nil {
		return err
	}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	return nil
})

// A scene is a pool of processes and what was exported here and there.
type scene struct {
	*testing.T
	pool   *executor.ProcessPool
	here   *tracetest.InMemoryExporter
	folder string
}

func newScene(t *testing.T, options ...sdktrace.TracerProviderOption) *scene {
	t.Helper()
	s := &scene{T: t, here: tracetest.NewInMemoryExporter(), folder: t.TempDir()}
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(append(options, sdktrace.WithSyncer(s.here))...))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	pool, err := executor.NewProcessPool(executor.ProcessConfig{
		Name: "images", Workers: 1, Initializer: exportTo.Bind(s.folder), Env: []string{"GORACE=atexit_sleep_ms=0"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Shutdown(context.WithoutCancel(t.Context()))) })
	s.pool = pool
	return s
}
