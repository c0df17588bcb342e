package otelexec_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/otelexec"
)

// region spans

// At package level, so that workers register it, too.
var _ = otelexec.Register(otelexec.Config{})

// startTracing makes spans go to an exporter. The program calls it in main, and each
// worker in the initializer of its pool.
func startTracing(context.Context) error {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(os.Stderr)) // or otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter)))
	return nil
}

var traceWorker = executor.RegisterAction("example.traceWorker", startTracing)

func newTracedPool() (*executor.ProcessPool, error) {
	return executor.NewProcessPool(executor.ProcessConfig{Name: "images", Initializer: traceWorker.Bind()})
}

// endregion spans

// Spans go to the standard error of the program and of its worker, and are not shown here.
func Example() {
	pool, err := newTracedPool()
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Shutdown(context.Background()) //nolint:errcheck // the context never ends
	half, err := executor.Run(context.Background(), pool, resize.Bind(640))
	fmt.Println(half, err)
	// Output: 320 <nil>
}

func ExampleNewProducer() {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "images", Workers: 8})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Shutdown(context.Background()) //nolint:errcheck // the context never ends

	// region metrics
	// Or a metric.NewPeriodicReader with an exporter.
	reader := metric.NewManualReader(metric.WithProducer(otelexec.NewProducer(pool)))
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	defer provider.Shutdown(context.Background()) //nolint:errcheck // a manual reader exports nothing
	// endregion metrics

	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		log.Fatal(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		fmt.Println(m.Name)
	}
	// Output:
	// asyncgo.pool.worker.max
	// asyncgo.pool.worker.count
	// asyncgo.pool.active_jobs
	// asyncgo.pool.queued_jobs
	// asyncgo.pool.blocked_submitters
	// asyncgo.pool.jobs
	// asyncgo.pool.job.wait_time
	// asyncgo.pool.job.duration
}
