package debugz_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

func TestMain(m *testing.M) {
	executor.Main() // a worker process runs calls here
	// Shared memory keeps one thread as long as the process lives.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread"))
}

type none = struct{}

// request asks a handler from inside a task, without blocking the loop.
func request(ctx context.Context, t *testing.T, method, path string) (status int, body string) {
	t.Helper()
	got, err := loop.ToThread(ctx, func(ctx context.Context) (*httptest.ResponseRecorder, error) {
		w := httptest.NewRecorder()
		debugz.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, path, http.NoBody))
		return w, nil
	}).Await(ctx)
	require.NoError(t, err)
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got.Code, string(text)
}

func TestTheTasksOfARunningProgram(t *testing.T) {
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		loop.CurrentTask(ctx).SetName("main")
		child := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			return none{}, loop.Sleep(ctx, time.Hour)
		}, loop.WithName("sleeper"))
		parent := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			return child.Await(ctx)
		}, loop.WithName("waiter"))
		require.NoError(t, loop.Sleep(ctx, 0))

		_, table := request(ctx, t, http.MethodGet, "/debug/asyncgo/ps")
		require.Contains(t, table, "loop 1: 3 tasks\n")
		require.Regexp(t, `(?m)^\d+ +suspended +sleeper +- +\S*TestTheTasks\S* \S*debugz_test\.go:\d+$`, table)
		require.Regexp(t, `(?m)^\d+ +suspended +waiter +\d+ `, table)

		_, tree := request(ctx, t, http.MethodGet, "/debug/asyncgo/pstree")
		require.Regexp(t, `(?s)\n\(T\) waiter\n.*\n└── \(T\) sleeper\n`, tree)

		_, text := request(ctx, t, http.MethodGet, "/debug/asyncgo/json")
		var all struct{ Loops []loop.LoopInfo }
		require.NoError(t, json.Unmarshal([]byte(text), &all))
		require.Len(t, all.Loops, 1)
		require.Equal(t, "sleeper", all.Loops[0].Tasks[1].Name)

		status, _ := request(ctx, t, http.MethodPost, "/debug/asyncgo/ps")
		require.Equal(t, http.StatusMethodNotAllowed, status)
		parent.Cancel()
		return none{}, nil
	})
	require.NoError(t, err)
}

func TestACircleIsNamedAndNotDrawn(t *testing.T) {
	var text strings.Builder
	require.NoError(t, debugz.WriteTree(&text, []loop.LoopInfo{{Tasks: []loop.TaskInfo{
		{ID: 1, Name: "outside", Awaits: []uint64{2}},
		{ID: 2, Name: "a", Awaits: []uint64{3}},
		{ID: 3, Name: "b", Awaits: []uint64{2}},
	}}}))
	require.Equal(t, "loop 1: 3 tasks\nno tree: tasks wait for each other\ncycle: a → b → a\n", text.String())
}

func TestATreeOfSeveralBranches(t *testing.T) {
	var text strings.Builder
	require.NoError(t, debugz.WriteTree(&text, []loop.LoopInfo{{Blocked: "main.spin", Tasks: []loop.TaskInfo{
		{ID: 1, Name: "root", Awaits: []uint64{2, 3, 99}, Stack: []loop.Frame{{Func: "main.f", File: "f.go", Line: 7}}},
		{ID: 2, Name: "left", Awaits: []uint64{4}},
		{ID: 3, Name: "right"},
		{ID: 4, Name: "leaf"},
	}}}))
	require.Equal(t, `loop 1: 4 tasks
the loop is blocked by main.spin; which task waits for which is unknown
(T) root
    main.f f.go:7
├── (T) left
│   └── (T) leaf
└── (T) right
`, text.String())
}

func ExampleWriteTree() {
	_ = debugz.WriteTree(os.Stdout, []loop.LoopInfo{{Tasks: []loop.TaskInfo{
		{ID: 1, Name: "main", Awaits: []uint64{2}},
		{ID: 2, Name: "fetch"},
	}}})
	// Output:
	// loop 1: 2 tasks
	// (T) main
	// └── (T) fetch
}
