package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A pipes is a listener for connections in memory, on which a bubble can tell that all
// wait.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.conns <- there
	return here, nil
}

// An hour of requests, one every ten seconds, takes no time in a bubble, and the moments
// are exact.
func TestAnHourTakesNoTime(t *testing.T) {
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var came []time.Duration // written by one request at a time
		p := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			came = append(came, time.Since(began))
			_, _ = io.WriteString(w, "fine")
		})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(p) }()
		transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
		before := http.DefaultClient
		http.DefaultClient = &http.Client{Transport: transport}
		defer func() { http.DefaultClient = before }()

		urls := make([]string, 361)
		for i := range urls {
			urls[i] = "http://example.test/"
		}
		pages, err := loop.Run(t.Context(), func(ctx context.Context) ([]string, error) { return fetch(ctx, urls, 0.1, 3) })
		require.NoError(t, err)
		require.Len(t, pages, 361)
		require.Equal(t, "200 4 http://example.test/", pages[360])
		require.Len(t, came, 361)
		for i, at := range came {
			require.Equal(t, time.Duration(i)*10*time.Second, at)
		}
		require.Equal(t, time.Hour, time.Since(began))
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	require.Less(t, time.Since(real), time.Minute)
}
