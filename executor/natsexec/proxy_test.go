//go:build linux

package natsexec_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A proxy is the network between a process and the server, which can be cut.
type proxy struct {
	listener net.Listener
	target   string
	url      string

	mu     sync.Mutex
	cut    bool
	rate   int           // bytes a second of each connection and direction; 0 for any
	silent chan struct{} // closed when what was sent arrives again; nil if it does
	conns  map[net.Conn]bool
}

// newProxy stands between the clients of its url and the server.
func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	u, err := url.Parse(server)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: l, target: u.Host, conns: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	p.url = u.String()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.setCut(true)
		running.Wait()
	})
	return p
}

// setCut cuts the network: connections break, and new ones do not come about.
func (p *proxy) setCut(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for c := range p.conns {
			_ = c.Close()
		}
	}
}

// slow makes the network one of so many bytes a second.
func (p *proxy) slow(rate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// silence makes the network lose nothing and deliver nothing, until speak is called. No
// connection breaks.
func (p *proxy) silence() (speak func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	silent := make(chan struct{})
	p.silent = silent
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.silent = nil
		close(silent)
	}
}

// A wire delivers what is written to it, unless the network is silent.
type wire struct {
	net.Conn
	p *proxy
}

func (w wire) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	silent, rate := w.p.silent, w.p.rate
	w.p.mu.Unlock()
	if silent != nil {
		<-silent
	}
	if rate > 0 {
		<-time.After(time.Duration(len(b)) * time.Second / time.Duration(rate))
	}
	return w.Conn.Write(b)
}

func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		_ = c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *proxy) serve(c net.Conn) {
	if !p.add(c) {
		return
	}
	s, err := net.Dial("tcp", p.target)
	if err != nil || !p.add(s) {
		_ = c.Close()
		return
	}
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{c, s}, {s, c}} {
		both.Go(func() {
			_, _ = io.Copy(wire{pair[0], p}, pair[1])
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	delete(p.conns, s)
}
