package debugz

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Server shows this program at an address of its own; see [Start].
type Server struct {
	url  string
	http *http.Server
	done chan error
}

// Start serves the page at the address, and nothing else. An address without a host, such
// as ":6060", is on 127.0.0.1, where other machines do not reach it, and an empty one is
// that with a free port: [Server.URL] says which. To serve other machines, name a host:
// "0.0.0.0:6060" is every interface.
//
// A server on loopback answers only requests for localhost or a loopback address, so that
// a web page whose name was made to mean 127.0.0.1 cannot read it.
//
// It returns the error of the listener, or nil and goes on until [Server.Close]; it blocks
// for neither. Each call starts another server, also after a Close. A worker process in
// which this is called, by package initialization, would start one as well. A program
// that has a server adds [Handler] to it instead.
func Start(address string) (*Server, error) {
	host, port, err := "", "0", error(nil)
	if address != "" {
		if host, port, err = net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("debugz: %w; an address is \"127.0.0.1:6060\" or \":6060\"", err)
		}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("debugz: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/asyncgo/", Handler())
	mux.Handle("/{$}", http.RedirectHandler("/debug/asyncgo/", http.StatusFound))
	var handler http.Handler = mux
	if at, ok := listener.Addr().(*net.TCPAddr); ok && at.IP.IsLoopback() {
		handler = onlyLocal(mux)
	}
	s := &Server{
		url:  "http://" + listener.Addr().String() + "/debug/asyncgo/",
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10},
		done: make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

// URL returns the address of the page.
func (s *Server) URL() string { return s.url }

// Close ends the server and its connections at once, and waits for no request. A second
// call does nothing.
func (s *Server) Close() error {
	err := s.http.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.done <- http.ErrServerClosed
	return err
}

// onlyLocal refuses requests that name another host.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "debugz: this server is for localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
