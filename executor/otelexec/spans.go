package otelexec

import (
	"context"
	"errors"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Scope is the name of the instrumentation scope of all that this package makes.
const Scope = "github.com/seed-1b9fde7b/asyncgo/executor/otelexec"

// WorkerNameKey is the key of the attribute with the name of a worker.
const WorkerNameKey = attribute.Key("asyncgo.worker.name")

// A Config configures [Register]. Its zero value is ready to use.
type Config struct {
	// TracerProvider makes the spans. Nil means the one of otel.SetTracerProvider,
	// at each call: in the program and in its workers another one.
	TracerProvider trace.TracerProvider

	// Propagator writes the span into the call and reads it in the worker. Nil means
	// W3C Trace Context and W3C Baggage.
	Propagator propagation.TextMapPropagator
}

// Register makes calls to other processes have spans on both sides. Call it in the
// initialization of a package-level variable, as executor.Register, so that workers do
// it too:
//
//	var _ = otelexec.Register(otelexec.Config{})
//
// It returns a name, which stands for nothing else. A second call panics. What is
// registered after executor.Main has no spans in workers. It does not block, and a span
// costs what its processor takes. A call that is canceled has spans until its end, which
// may be after its future was canceled.
func Register(cfg Config) string {
	if cfg.Propagator == nil {
		cfg.Propagator = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	return executor.RegisterCallHook(Scope, executor.CallHook[map[string]string]{Submit: cfg.submit, Run: cfg.run})
}

func (c Config) start(ctx context.Context, kind trace.SpanKind, function string, more ...attribute.KeyValue) (context.Context, trace.Span) {
	provider := c.TracerProvider
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	attributes := append(more, semconv.RPCSystemNameKey.String("asyncgo"), semconv.RPCMethod(function))
	tracer := provider.Tracer(Scope, trace.WithSchemaURL(semconv.SchemaURL))
	return tracer.Start(ctx, function, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// submit begins the span of the process that waits for the outcome.
func (c Config) submit(ctx context.Context, function string) (carrier map[string]string, ended func(error), ok bool) {
	inner, span := c.start(ctx, trace.SpanKindClient, function)
	carrier = map[string]string{}
	c.Propagator.Inject(inner, propagation.MapCarrier(carrier))
	// Without a provider there is nothing to tell, but what others have begun is passed on.
	return carrier, end(span), span.IsRecording() || len(carrier) > 0
}

// run begins the span of the worker.
func (c Config) run(ctx context.Context, function string, carrier map[string]string) (context.Context, func(error)) {
	ctx = c.Propagator.Extract(ctx, propagation.MapCarrier(carrier))
	attributes := []attribute.KeyValue{semconv.ProcessPID(os.Getpid())}
	if w := executor.WorkerFrom(ctx); w != nil {
		attributes = append(attributes, WorkerNameKey.String(w.Name()))
	}
	inner, span := c.start(ctx, trace.SpanKindServer, function, attributes...)
	return inner, end(span)
}

// end returns what ends a span with the error of its call.
func end(span trace.Span) func(error) {
	return func(err error) {
		if err != nil && span.IsRecording() {
			span.SetStatus(codes.Error, err.Error())
			span.SetAttributes(errorType(err))
		}
		span.End()
	}
}

// errorType returns the attribute with the type of an error: for one that crossed a
// process, that which it had there. What was given to panic is none.
func errorType(err error) attribute.KeyValue {
	var remote *executor.RemoteError
	if !errors.As(err, new(*future.PanicError)) && errors.As(err, &remote) {
		return semconv.ErrorTypeKey.String(remote.Type)
	}
	return semconv.ErrorType(err)
}
