package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

// A screen takes one text at a time.
type screen chan string

func (s screen) Write(b []byte) (int, error) {
	s <- string(b)
	return len(b), nil
}

func TestItWatchesThePools(t *testing.T) {
	server, err := debugz.Start("")
	require.NoError(t, err)
	defer http.DefaultClient.CloseIdleConnections()
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "watched", Workers: 3})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	shown, ended := make(screen), make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-watch", "1ms", server.URL()}, shown) }()
	for range 2 {
		text := <-shown
		require.Contains(t, text, "\x1b[Hthread pool watched: 0 workers of 3"[3:])
		require.Contains(t, text, "\x1b[K\n")
	}
	require.NoError(t, pool.Shutdown(t.Context()))
	require.NoError(t, server.Close())
	require.Eventually(t, func() bool { return len(<-shown) > 0 }, time.Minute, time.Millisecond)
	for text := range shown {
		if len(text) > 0 && text[:len("\x1b[Hasyncgo-ps:")] == "\x1b[Hasyncgo-ps:" {
			break // the program has ended, and it goes on to look for it
		}
	}
	cancel()
	go func() {
		for range shown { // what it writes meanwhile
			continue
		}
	}()
	require.NoError(t, <-ended)
	close(shown)
}
