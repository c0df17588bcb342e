package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestItPrintsTheTasksOfAProgram(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/debug/asyncgo/", debugz.Handler())
	server := httptest.NewServer(mux)
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()

	l := loop.New(loop.Config{})
	started, ended := make(chan struct{}), make(chan error, 1)
	_, err := l.CallSoon(func() { close(started) })
	require.NoError(t, err)
	go func() { ended <- l.RunForever() }()
	<-started
	for _, args := range [][]string{{server.URL + "/debug/asyncgo/"}, {"-tree", server.URL + "/debug/asyncgo"}} {
		var text strings.Builder
		require.NoError(t, run(t.Context(), args, &text))
		require.Contains(t, text.String(), "loop 1: 0 tasks")
	}
	l.Stop()
	require.NoError(t, <-ended)
	require.NoError(t, l.Close())

	require.ErrorContains(t, run(t.Context(), nil, nil), "usage")
	require.ErrorContains(t, run(t.Context(), []string{server.URL + "/elsewhere"}, nil), "404")
}
