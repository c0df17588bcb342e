package natsexec

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// ServerConfig configures an embedded server. The zero value gives one that listens on
// a free port of the loopback interface and keeps its queues in a temporary folder.
type ServerConfig struct {
	// Dir is the folder for the queues. A server that is started with the folder of
	// another one goes on with its queues. The default is a new folder, which is
	// removed when the server is closed.
	Dir string

	// Host and Port are where the server listens. The defaults are 127.0.0.1 and a
	// free port. A program that can connect and knows the token can run calls: listen on
	// other interfaces in networks that you trust only, or run a server of its own
	// with TLS.
	Host string
	Port int

	// Token must be known by programs that connect; it is part of the server's URL. The
	// default is a random one. A server that is to be found again after a restart
	// needs one, as well as a Port.
	Token string
}

// A Server is a NATS server with JetStream inside this process.
type Server struct {
	server *server.Server
	host   string
	token  string
	remove string // a folder; empty if it is not ours
}

// startTimeout is how long a server may take to come up.
const startTimeout = 30 * time.Second

// NewServer starts a server, waits until it takes connections, and returns it. Close
// it when all pools and nodes that use it are shut down.
func NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Port < 0 || cfg.Port > 65535 {
		return nil, &executor.ConfigError{Field: "natsexec.ServerConfig.Port", Value: cfg.Port, Remedy: "use 1 to 65535, or 0 for a free one"}
	}
	s := &Server{host: orDefault(cfg.Host, "127.0.0.1"), token: orDefault(cfg.Token, rand.Text())}
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", "natsexec-")
		if err != nil {
			return nil, err
		}
		cfg.Dir, s.remove = dir, dir
	}
	opts := &server.Options{
		ServerName: "asyncgo-" + rand.Text()[:8], Host: s.host, Port: cfg.Port, Authorization: s.token,
		JetStream: true, StoreDir: cfg.Dir, NoLog: true, NoSigs: true, DisableJetStreamBanner: true,
	}
	if cfg.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	var err error
	if s.server, err = server.NewServer(opts); err == nil {
		s.server.Start()
		if !s.server.ReadyForConnections(startTimeout) {
			err = errors.New("it is not ready after " + startTimeout.String())
		}
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("natsexec: cannot start a server on %s in %s: %w", net.JoinHostPort(s.host, strconv.Itoa(cfg.Port)), cfg.Dir, err)
	}
	return s, nil
}

// URL returns where the server listens, with the token: for Config.URL of nodes. It
// is a secret. Give it to other processes in their environment rather than on the
// command line, which all of the machine can read.
func (s *Server) URL() string {
	addr, ok := s.server.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	u := url.URL{Scheme: "nats", User: url.User(s.token), Host: net.JoinHostPort(s.host, strconv.Itoa(addr.Port))}
	return u.String()
}

// Close stops the server and waits until it has stopped. A second call does nothing.
func (s *Server) Close() {
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	if s.remove != "" {
		_ = os.RemoveAll(s.remove)
	}
}
