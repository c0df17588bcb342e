package debugz_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

// A page that waited for a loop that is stuck would be missing when it is needed.
func TestThePageShowsABlockedLoop(t *testing.T) {
	l := loop.New(loop.Config{})
	release, stuck, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	_, err := l.CallSoon(func() {
		close(stuck)
		<-release
	})
	require.NoError(t, err)
	go func() { ended <- l.RunForever() }()
	<-stuck
	w := httptest.NewRecorder()
	debugz.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/debug/asyncgo/", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	require.Regexp(t, `<h3>Loop 1: 0 tasks, lag 2(\.\d+)?s</h3>\s*<p class="alarm">The loop is blocked by \S*TestThePageShowsABlockedLoop`, w.Body.String())
	close(release)
	l.Stop()
	require.NoError(t, <-ended)
	require.NoError(t, l.Close())
}
