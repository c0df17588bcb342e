package safelog

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A user is a handler that misbehaves in one of its methods, and keeps the messages
// and attributes of the records that it got.
type user struct {
	in  string // the name of the method
	act func()

	attrs string // that were derived
	kept  *kept
}

type kept struct {
	mu    sync.Mutex
	lines []string
	asked int
}

func newUser(in string, act func()) *user { return &user{in: in, act: act, kept: new(kept)} }

func (u *user) do(method string) {
	if method == u.in {
		u.act()
	}
}

func (u *user) Enabled(_ context.Context, level slog.Level) bool {
	u.kept.mu.Lock()
	u.kept.asked++
	u.kept.mu.Unlock()
	u.do("Enabled")
	return level >= slog.LevelInfo
}

func (u *user) Handle(_ context.Context, r slog.Record) error {
	u.do("Handle")
	line := r.Message + u.attrs
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	u.kept.mu.Lock()
	defer u.kept.mu.Unlock()
	u.kept.lines = append(u.kept.lines, line)
	return nil
}

func (u *user) WithAttrs(attrs []slog.Attr) slog.Handler {
	u.do("WithAttrs")
	c := *u
	for _, a := range attrs {
		c.attrs += " " + a.String()
	}
	return &c
}

func (u *user) WithGroup(name string) slog.Handler {
	u.do("WithGroup")
	c := *u
	c.attrs += " in " + name
	return &c
}

func (u *user) lines() []string {
	u.kept.mu.Lock()
	defer u.kept.mu.Unlock()
	return append([]string(nil), u.kept.lines...)
}

// reports returns what is written to the standard error from now on.
func reports(t *testing.T) func() string {
	var mu sync.Mutex
	var buf bytes.Buffer
	stderr = writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return buf.Write(b)
	})
	t.Cleanup(func() { stderr = os.Stderr })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
}

type writerFunc func([]byte) (int, error)

func (fn writerFunc) Write(b []byte) (int, error) { return fn(b) }

var methods = []string{"Enabled", "Handle", "WithAttrs", "WithGroup"}

// use calls all methods, and logs "first" and a number of records.
func use(l *slog.Logger, records int) {
	l.Info("first")
	for i := range records {
		l.With("n", i).WithGroup("g").Info("more")
	}
}

func TestRecordsComeInOrderWithTheirAttributes(t *testing.T) {
	u := newUser("", nil)
	use(New("test", slog.New(u)), 3)
	require.Equal(t, []string{"first", "more n=0 in g", "more n=1 in g", "more n=2 in g"}, u.lines())
	l := New("test", slog.New(u))
	require.Same(t, l, New("other", l))
}

func TestAHandlerThatDoesNotReturnIsReportedOnce(t *testing.T) {
	for _, method := range methods {
		for what, act := range map[string]func(){"panic: boom": func() { panic("boom") }, "runtime.Goexit": runtime.Goexit} {
			told := reports(t)
			u := newUser(method, act)
			use(New("test", slog.New(u)), 3)
			require.Equal(t, 1, strings.Count(told(), "ended with"), told())
			require.Contains(t, told(), "test: the handler *safelog.user of a logger ended with "+what)
			if strings.HasPrefix(method, "With") {
				require.Len(t, u.lines(), 4, "records come without what could not be had")
			}
		}
	}
	told := reports(t)
	New("test", slog.New(newUser("Handle", func() { panic("boom") }))).Info("the lost one")
	require.Contains(t, told(), "it was given: the lost one")
}

// A handler that blocks costs a second once. What it misses it is told of.
func TestAHandlerThatBlocksIsLeft(t *testing.T) {
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			told := reports(t)
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				u := newUser(method, func() { <-gate })
				l := New("test", slog.New(u))
				begin := time.Now()
				use(l, 100)
				l.Debug("not counted")
				require.Equal(t, patience, time.Since(begin))
				require.Equal(t, 1, strings.Count(told(), "has not returned for 1s"), told())
				close(gate)
				synctest.Wait()
				lines := u.lines()
				require.Contains(t, lines[len(lines)-1], "log records were dropped")
				kept := 0
				for _, line := range lines {
					if line == "first" || strings.HasPrefix(line, "more") {
						kept++
					}
				}
				lost := 0
				_, err := fmt.Sscanf(lines[len(lines)-1][strings.Index(lines[len(lines)-1], "dropped="):], "dropped=%d", &lost)
				require.NoError(t, err)
				require.Equal(t, 101, kept+lost, "%q", lines)
				l.Info("last")
				require.Equal(t, "last", u.lines()[len(u.lines())-1])
				require.Equal(t, patience, time.Since(begin))
			})
		})
	}
}

// One that blocks with each record costs its callers little from the second on, and
// is trusted again when it does better.
func TestAHandlerThatBlocksAgainAndAgain(t *testing.T) {
	told := reports(t)
	synctest.Test(t, func(t *testing.T) {
		var takes atomic.Int64
		takes.Store(int64(3 * time.Second))
		u := newUser("Handle", func() { time.Sleep(time.Duration(takes.Load())) })
		l := New("test", slog.New(u))
		l.Info("first")
		time.Sleep(10 * time.Second)
		begin := time.Now()
		l.Info("second")
		require.Equal(t, probation, time.Since(begin))
		time.Sleep(10 * time.Second)
		takes.Store(0)
		l.Info("third")
		takes.Store(int64(patience / 2))
		l.Info("fourth")
		require.Equal(t, []string{"first", "second", "third", "fourth"}, u.lines())
		require.Equal(t, 1, strings.Count(told(), "\n"), told())
	})
}

// The report may go where the handler is stuck.
func TestAStandardErrorThatBlocksToo(t *testing.T) {
	defer func() { stderr = os.Stderr }()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		stderr = writerFunc(func(b []byte) (int, error) { <-gate; return len(b), nil })
		begin := time.Now()
		use(New("test", slog.New(newUser("Handle", func() { <-gate }))), 100)
		require.Equal(t, patience+reportWait, time.Since(begin))
		close(gate)
		synctest.Wait()
	})
}

func TestAHandlerMayLogToItself(t *testing.T) {
	var l *slog.Logger
	u := newUser("Handle", nil)
	depth := 0
	u.act = func() {
		if depth++; depth < 5 {
			l.With("depth", depth).Info("inner")
		}
	}
	l = New("test", slog.New(u))
	l.Info("outer")
	require.Equal(t, []string{"inner depth=4", "inner depth=3", "inner depth=2", "inner depth=1", "outer"}, u.lines())
}

func TestDebugIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var level slog.LevelVar
		u := newUser("", nil)
		l := New("test", slog.New(slogWithLevel{u, &level}))
		require.False(t, Debug(t.Context(), l))
		for range 1000 {
			Debug(t.Context(), l)
		}
		require.Equal(t, 1, u.kept.asked)
		level.Set(slog.LevelDebug)
		time.Sleep(debugFor)
		synctest.Wait()
		require.True(t, Debug(t.Context(), l))
		require.Equal(t, 2, u.kept.asked)
	})
}

func TestDebugAllocatesNothing(t *testing.T) {
	l := New("test", slog.New(newUser("", nil)))
	Debug(t.Context(), l)
	l.Handler().(*handler).debug.fresh.Store(true)
	require.Zero(t, testing.AllocsPerRun(100, func() { Debug(context.Background(), l) }))
}

type slogWithLevel struct {
	*user
	level *slog.LevelVar
}

func (h slogWithLevel) Enabled(ctx context.Context, level slog.Level) bool {
	h.user.Enabled(ctx, level)
	return level >= h.level.Level()
}

func TestDebugDoesNotWaitForAHandlerThatBlocks(t *testing.T) {
	told := reports(t)
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		l := New("test", slog.New(newUser("Enabled", func() { <-gate })))
		begin := time.Now()
		for range 1000 {
			require.False(t, Debug(t.Context(), l))
		}
		require.Equal(t, debugWait, time.Since(begin))
		time.Sleep(time.Hour)
		begin = time.Now()
		for range 1000 {
			Debug(t.Context(), l)
		}
		require.Zero(t, time.Since(begin), "it is known to be stuck")
		require.Equal(t, 1, strings.Count(told(), "\n"), told())
		close(gate)
		synctest.Wait()
	})
}

func TestTheDefaultLoggerIsKnownAgain(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	before := Default()
	again := Default()
	require.Same(t, before, again)
	slog.SetDefault(slog.New(newUser("", nil)))
	after := Default()
	require.NotSame(t, before, after)
	again = Default()
	require.Same(t, after, again)
}

func BenchmarkRecord(b *testing.B) {
	l := New("test", slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		l.Error("nothing")
	}
}

func BenchmarkDebug(b *testing.B) {
	l := New("test", slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		Debug(b.Context(), l)
	}
}
