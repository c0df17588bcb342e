package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
)

const pages = 10 // of each host

// A site is what the crawler crawls: the hosts a, b and c, each a server on loopback.
type site struct {
	servers []*httptest.Server
	failed  sync.Map // the paths that have failed once
}

func serve() *site {
	s := &site{}
	for range 3 {
		s.servers = append(s.servers, httptest.NewServer(s))
	}
	return s
}

func (s *site) close() {
	for _, server := range s.servers {
		server.Close()
	}
}

// ServeHTTP answers with a page of links.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var letter rune
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/%c/%d", &letter, &n); err != nil || n >= pages {
		http.NotFound(w, r)
		return
	}
	if _, failed := s.failed.LoadOrStore(r.URL.Path, true); n%4 == 3 && !failed {
		http.Error(w, "come again", http.StatusServiceUnavailable)
		return
	}
	if r.URL.Path == "/c/9" {
		<-r.Context().Done() // never answers
	}
	host := int(letter - 'a')
	for _, link := range [][2]int{{host, 2*n + 1}, {host, 2*n + 2}, {(host + 1) % 3, n}} {
		if link[1] <= pages {
			fmt.Fprintf(w, "<a href=%q>\n", fmt.Sprintf("%s/%c/%d", s.servers[link[0]].URL, 'a'+link[0], link[1]))
		}
	}
}
