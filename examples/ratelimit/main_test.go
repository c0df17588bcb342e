package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site serves the files of this folder, and notes when requests came and how many were
// there at the same time.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	times []time.Time
	now   int
	most  int
}

func serve(t *testing.T) *site {
	t.Helper()
	s := &site{}
	files := http.FileServerFS(os.DirFS("."))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(1)
		defer s.note(-1)
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) note(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 {
		s.times = append(s.times, time.Now())
	}
	s.now += n
	s.most = max(s.most, s.now)
}

func TestFetchesAsPythonDoes(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		s := serve(t)
		args := []string{"--rate=50", "--at-once=2"}
		want := ""
		for range 4 {
			for _, file := range []string{"main.py", "main.go", "missing"} {
				args = append(args, s.URL+"/"+file)
				status, size := 404, int64(len("404 page not found\n"))
				if info, err := os.Stat(file); err == nil {
					status, size = 200, info.Size()
				}
				want += fmt.Sprintln(status, size, s.URL+"/"+file)
			}
		}
		began := time.Now()
		require.Equal(t, want, exampletest.Prints(t, command, args...), name)
		require.GreaterOrEqual(t, time.Since(began), 11*20*time.Millisecond, "twelve requests at fifty a second")
		require.Len(t, s.times, 12)
		require.LessOrEqual(t, s.most, 2, name)
	}
}
