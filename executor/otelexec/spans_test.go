package otelexec_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/otelexec"
)

var (
	resize = executor.Register("test.resize", func(ctx context.Context, width int) (int, error) {
		_, span := otel.Tracer("test").Start(ctx, "decode")
		defer span.End()
		return width / 2, nil
	})
	fails = executor.RegisterAction("test.fails", func(context.Context) error {
		return &fs.PathError{Op: "open", Path: "nothing", Err: fs.ErrNotExist}
	})
	panics = executor.RegisterAction("test.panics", func(context.Context) error { panic("on purpose") })
	dies   = executor.RegisterAction("test.dies", func(context.Context) error { os.Exit(3); return nil })
	tenant = executor.RegisterNoArg("test.tenant", func(ctx context.Context) (string, error) {
		return baggage.FromContext(ctx).Member("tenant").Value(), nil
	})
	reads = executor.RegisterAction("test.reads", func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	})
)

// A there is a span of a worker, in the form in which stdouttrace writes it.
type there struct {
	Name        string
	SpanContext struct{ TraceID, SpanID string }
	Parent      struct {
		TraceID, SpanID string
		Remote          bool
	}
	SpanKind   trace.SpanKind
	Attributes []struct {
		Key   string
		Value struct{ Value any }
	}
	Status struct{ Code, Description string }
}

func (s *there) attribute(key attribute.Key) string {
	for _, a := range s.Attributes {
		if a.Key == string(key) {
			return fmt.Sprint(a.Value.Value)
		}
	}
	return ""
}

// workers returns the spans that workers have exported, of each worker in their order.
func (s *scene) workers() (spans []there) {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.folder, "*"))
	require.NoError(s, err)
	for _, name := range files {
		file, err := os.Open(name)
		require.NoError(s, err)
		for in := json.NewDecoder(file); ; {
			var span there
			if err := in.Decode(&span); errors.Is(err, io.EOF) {
				break
			}
			require.NoError(s, err)
			spans = append(spans, span)
		}
		require.NoError(s, file.Close())
	}
	return spans
}

// of returns the span of that name, of which there is one.
func of(t *testing.T, spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	t.Helper()
	i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "%v", spans)
	return spans[i]
}

func attributeOf(s tracetest.SpanStub, key attribute.Key) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

func TestATraceGoesOnInTheWorker(t *testing.T) {
	s := newScene(t)
	ctx, request := otel.Tracer("test").Start(t.Context(), "request")
	half, err := executor.Run(ctx, s.pool, resize.Bind(640))
	require.NoError(t, err)
	require.Equal(t, 320, half)
	request.End()

	spans := s.here.GetSpans()
	require.Len(t, spans, 2)
	client := of(t, spans, "test.resize")
	require.Equal(t, trace.SpanKindClient, client.SpanKind)
	require.Equal(t, request.SpanContext().SpanID(), client.Parent.SpanID())
	require.Equal(t, "asyncgo", attributeOf(client, "rpc.system.name"))
	require.Equal(t, "test.resize", attributeOf(client, "rpc.method"))
	require.Equal(t, otelexec.Scope, client.InstrumentationScope.Name)
	require.Equal(t, codes.Unset, client.Status.Code)

	inWorker := s.workers()
	require.Len(t, inWorker, 2)
	decode, server := inWorker[0], inWorker[1]
	require.Equal(t, "test.resize", server.Name)
	require.Equal(t, trace.SpanKindServer, server.SpanKind)
	require.Equal(t, request.SpanContext().TraceID().String(), server.SpanContext.TraceID)
	require.Equal(t, client.SpanContext.SpanID().String(), server.Parent.SpanID)
	require.True(t, server.Parent.Remote, "it has crossed the border")
	require.Equal(t, "test.resize", server.attribute("rpc.method"))
	require.Equal(t, "images_0", server.attribute(otelexec.WorkerNameKey))
	pid, err := strconv.Atoi(server.attribute("process.pid"))
	require.NoError(t, err)
	require.NotEqual(t, os.Getpid(), pid)
	require.Equal(t, "decode", decode.Name)
	require.Equal(t, server.SpanContext.SpanID, decode.Parent.SpanID, "the function's own spans are inside")
}

func TestErrorsAreInBothSpans(t *testing.T) {
	for _, c := range []struct {
		call            executor.Call[executor.None]
		here, there, is string
	}{
		{fails.Bind(), "*fs.PathError", "*fs.PathError", "file does not exist"},
		{panics.Bind(), "*future.PanicError", "*future.PanicError", "on purpose"},
		{dies.Bind(), "*executor.CrashError", "", "exited with code 3"},
	} {
		t.Run(c.call.Name(), func(t *testing.T) {
			s := newScene(t)
			_, err := executor.Run(t.Context(), s.pool, c.call)
			require.ErrorContains(t, err, c.is)
			client := of(t, s.here.GetSpans(), c.call.Name())
			require.Equal(t, codes.Error, client.Status.Code)
			require.Contains(t, client.Status.Description, c.is)
			require.Equal(t, c.here, attributeOf(client, "error.type"))
			inWorker := s.workers()
			if c.there == "" {
				require.Empty(t, inWorker, "it took its span along")
				return
			}
			require.Len(t, inWorker, 1)
			require.Equal(t, "Error", inWorker[0].Status.Code)
			require.Contains(t, inWorker[0].Status.Description, c.is)
			require.Equal(t, c.there, inWorker[0].attribute("error.type"))
		})
	}
}

func TestASpanLastsUntilTheWorkHasEnded(t *testing.T) {
	s := newScene(t)
	ctx, cancel := context.WithCancel(t.Context())
	f, err := executor.Submit(ctx, s.pool, reads.Bind())
	require.NoError(t, err)
	cancel()
	_, err = f.Await(t.Context())
	require.ErrorIs(t, err, context.Canceled)
	client := of(t, s.here.GetSpans(), "test.reads")
	require.Equal(t, codes.Error, client.Status.Code)
}

func TestBaggageTravels(t *testing.T) {
	member, err := baggage.NewMember("tenant", "acme")
	require.NoError(t, err)
	all, err := baggage.New(member)
	require.NoError(t, err)
	s := newScene(t)
	v, err := executor.Run(baggage.ContextWithBaggage(t.Context(), all), s.pool, tenant.Bind())
	require.NoError(t, err)
	require.Equal(t, "acme", v)
}

func TestWhatIsNotSampledIsNotSampledThere(t *testing.T) {
	s := newScene(t, sdktrace.WithSampler(sdktrace.NeverSample()))
	_, err := executor.Run(t.Context(), s.pool, resize.Bind(2))
	require.NoError(t, err)
	require.Empty(t, s.here.GetSpans())
	require.Empty(t, s.workers())
}

func TestEachElementOrChunkOfAMapHasItsSpan(t *testing.T) {
	s := newScene(t)
	ctx, request := otel.Tracer("test").Start(t.Context(), "request")
	_, err := executor.Collect(executor.Map(ctx, s.pool, resize.Bind, slices.Values([]int{1, 2, 3}), executor.MapOptions{}))
	require.NoError(t, err)
	_, err = executor.Collect(executor.Map(ctx, s.pool, resize.Bind, slices.Values([]int{1, 2, 3}), executor.MapOptions{Chunk: 3}))
	require.NoError(t, err)
	request.End()
	spans := s.here.GetSpans()
	require.Len(t, spans, 3+1+1)
	parents := map[string]int{}
	for _, span := range spans[:4] {
		require.Equal(t, request.SpanContext().SpanID(), span.Parent.SpanID())
		parents[span.SpanContext.SpanID().String()]++
	}
	inWorker := s.workers()
	for _, span := range inWorker {
		delete(parents, span.Parent.SpanID)
	}
	require.Empty(t, parents, "each has its own in the worker")
}
