//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

// A server is a chat server in a process of its own.
type server struct {
	*exampletest.Process
	t       *testing.T
	address string
}

func start(t *testing.T, command []string, args ...string) *server {
	t.Helper()
	s := &server{Process: exampletest.Start(t, exampletest.Command(t, command, append(args, "--address=127.0.0.1:0")...)), t: t}
	line := s.Line()
	_, s.address, _ = strings.Cut(line, "listening on ")
	require.NotEmpty(t, s.address, line)
	return s
}

// stop asks the server to stop and requires that it does so in good order.
func (s *server) stop() {
	s.t.Helper()
	require.NoError(s.t, s.Process.Process.Signal(syscall.SIGTERM))
	for range s.Lines { // what it says of its clients
	}
	require.NoError(s.t, s.Wait())
}

// A client notes what it is told.
type client struct {
	t    *testing.T
	name string
	conn net.Conn
	in   *bufio.Reader
	log  *strings.Builder
}

func (s *server) join(name string, log *strings.Builder) *client {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	require.NoError(s.t, err)
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	c := &client{s.t, name, conn, bufio.NewReader(conn), log}
	prompt := make([]byte, len("your name? "))
	_, err = io.ReadFull(c.in, prompt)
	require.NoError(s.t, err)
	fmt.Fprintf(log, "%s <- %q\n", name, prompt)
	c.say(name)
	return c
}

func (c *client) say(text string) {
	c.t.Helper()
	_, err := io.WriteString(c.conn, text+"\n")
	require.NoError(c.t, err)
}

// hears notes the next n lines.
func (c *client) hears(n int) {
	c.t.Helper()
	for range n {
		line, err := c.in.ReadString('\n')
		require.NoError(c.t, err)
		fmt.Fprintf(c.log, "%s <- %q\n", c.name, line)
	}
}

// ends notes what is left, to the end of the connection.
func (c *client) ends() {
	c.t.Helper()
	rest, err := io.ReadAll(c.in)
	require.NoError(c.t, err)
	fmt.Fprintf(c.log, "%s <- %q, the end\n", c.name, rest)
	require.NoError(c.t, c.conn.Close())
}

// talk is a conversation. It returns what each of the clients was told.
func talk(s *server) string {
	var log strings.Builder
	ada := s.join("ada", &log)
	ada.hears(2)
	bob := s.join("bob", &log)
	bob.hears(2)
	ada.hears(1)
	ada.say("hello, bob")
	ada.hears(1)
	bob.hears(1)
	bob.say("/names")
	bob.hears(1)
	other := s.join("ada", &log)
	other.name = "other"
	other.ends()
	bob.say(strings.Repeat("long ", 300))
	bob.hears(1)
	bob.say("/quit")
	bob.ends()
	ada.hears(1)
	eve := s.join("eve", &log)
	eve.hears(2)
	ada.hears(1)
	_ = eve.conn.Close()
	ada.hears(1)
	s.stop()
	ada.ends()
	return log.String()
}

// testdata/main.out is what the clients of the Python original are told; where there is a
// Python, it says so itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	for name, command := range exampletest.Commands(t, "") {
		require.Equal(t, string(recorded), talk(start(t, command)), name)
	}
}

func TestASleeperHasToGo(t *testing.T) {
	s := start(t, []string{exampletest.Build(t)}, "-idle", "50ms")
	var log strings.Builder
	c := s.join("ada", &log)
	c.ends()
	require.Contains(t, log.String(), `you fell asleep\n`)
	s.stop()
}
