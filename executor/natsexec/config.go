package natsexec

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// Config says which queue of which server is meant. Programs that are to work
// together have the same URL, Name and Build. The zero value is ready to use.
type Config struct {
	// URL is the server's address, or those of several servers of one cluster,
	// separated by commas. If it is empty, a server starts in this process: see
	// Server, and [Pool.URL] for where nodes find it. Serve needs a URL.
	URL string

	// Options are given to nats.Connect: TLS, credentials, nkeys, a name of the
	// connection. Reconnecting is set up already, without an end.
	Options []nats.Option

	// Server configures the server that starts if there is no URL.
	Server ServerConfig

	// Name is the queue's name: letters, digits, "-" and "_". The default is
	// "asyncgo".
	Name string

	// Build is the version of the functions and their types. Nodes take calls of
	// their own build only, so that old and new programs can share a server while
	// an upgrade is under way. It has the form of Name. The default is a hash of
	// the program's file: two different programs then do not work together.
	Build string

	// Logger gets a record when a node was lost or something is wrong with what
	// the network sent. The default is slog.Default().
	Logger *slog.Logger

	// MaxQueued is how many calls of all submitters may wait on the server, and
	// counts when the queue is made, by the first program that uses it. Zero means
	// 100,000; less is an error. When there are as many, Submit waits and
	// TrySubmit returns executor.ErrQueueFull.
	MaxQueued int

	// Memory makes the server keep the queue in memory rather than in files, and
	// counts when the queue is made.
	Memory bool

	// Replicas is on how many servers of a cluster the queue is kept, and counts
	// when the queue is made. Zero means 1; at most 5.
	Replicas int

	// LostAfter is how long a node may be silent before its calls fail with an
	// [*executor.CrashError], or are repeated. It has six signs of life in that time. Time in
	// which this process could not run does not count. Zero means 1.2 s; less is an error.
	// Submitters and nodes must agree on it.
	LostAfter time.Duration

	// OrphanAfter is how long a submitter may be out of reach before nodes drop its
	// calls. It should be longer than the server may be away. Zero means 15 s; less
	// is an error.
	OrphanAfter time.Duration

	// MaxPending is how many accepted calls of this submitter may wait for a node.
	// When there are as many, Submit waits and TrySubmit returns
	// executor.ErrQueueFull. Zero means no limit but MaxQueued; less is an error.
	MaxPending int

	// Retry is how often a call is tried again when its node was lost, or its
	// worker died, while it ran. It is for calls that may be repeated. One that has
	// taken that many with it and one more fails with an [*executor.PoisonError].
	// Zero means that no call that has begun is ever repeated; at most 100.
	Retry int

	// Durable makes calls outlive their submitter: nodes run them also when it is
	// gone, and keep their results on the server, where [Result] finds them. See
	// [WithID]. A deadline counts from the moment at which a node begins.
	Durable bool

	// ResultTTL is how long results of durable calls are kept, and counts when the
	// queue is made. Zero means 24 h; less is an error.
	ResultTTL time.Duration
}

// NodeConfig configures a node.
type NodeConfig struct {
	Config

	// NodeName is the node's name in errors and statistics. The default is the name
	// of the machine and the pid.
	NodeName string

	// Ahead is how many calls the node may take beyond those that its workers can run,
	// as long as calls have taken less than a millisecond of late: so that workers do
	// not wait for the network. They are given back if they come to wait for a long
	// one, and are lost with the node as those that run. Zero means 16 for each worker; a negative number means
	// none. While calls are longer the node takes one when a worker is free.
	Ahead int

	// Pool configures the node's local pool. Its Workers are how many calls the
	// node takes at a time; its Initializer runs in each of them.
	Pool executor.ProcessConfig
}

// Names of what a queue consists of on the server.
func (c *Config) subject(rest string) string { return "asyncgo." + c.Name + "." + rest }

func (c *Config) callSubject(priority int) string {
	return c.subject("call." + c.Build + "." + strconv.Itoa(priority))
}
func (c *Config) callsStream() string { return "asyncgo_" + c.Name + "_calls" }
func (c *Config) doneStream() string  { return "asyncgo_" + c.Name + "_done" }
func (c *Config) bucket() string      { return "asyncgo_" + c.Name }

// complete checks c and fills in the defaults.
func (c *Config) complete() error {
	if c.Name == "" {
		c.Name = "asyncgo"
	}
	if c.Build == "" {
		build, err := ownBuild()
		if err != nil {
			return err
		}
		c.Build = build
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	const word = `use letters, digits, "-" and "_", 128 at most`
	for _, check := range []struct {
		wrong  bool
		field  string
		value  any
		remedy string
	}{
		{!validToken(c.Name), "Name", c.Name, word},
		{!validToken(c.Build), "Build", c.Build, word},
		{c.MaxQueued < 0, "MaxQueued", c.MaxQueued, "use 0 for 100,000, or more"},
		{c.Replicas < 0 || c.Replicas > 5, "Replicas", c.Replicas, "use 1 to 5"},
		{c.LostAfter < 0, "LostAfter", c.LostAfter, "use 0 for 1.2 s, or more"},
		{c.OrphanAfter < 0, "OrphanAfter", c.OrphanAfter, "use 0 for 15 s, or more"},
		{c.MaxPending < 0, "MaxPending", c.MaxPending, "use 0 for no limit, or more"},
		{c.ResultTTL < 0, "ResultTTL", c.ResultTTL, "use 0 for 24 h, or more"},
		{c.Retry < 0 || c.Retry > maxAttempts, "Retry", c.Retry, "use 0 to 100"},
	} {
		if check.wrong {
			return &executor.ConfigError{Field: "natsexec.Config." + check.field, Value: check.value, Remedy: check.remedy}
		}
	}
	c.MaxQueued = orDefault(c.MaxQueued, 100_000)
	c.ResultTTL = orDefault(c.ResultTTL, 24*time.Hour)
	c.Replicas = orDefault(c.Replicas, 1)
	c.LostAfter = orDefault(c.LostAfter, 1200*time.Millisecond)
	c.OrphanAfter = orDefault(c.OrphanAfter, 15*time.Second)
	return nil
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// beat is the interval of signs of life: several may be lost.
func (c *Config) beat() time.Duration { return max(c.LostAfter/6, time.Millisecond) }

// ownBuild is a hash of the program's file, the same for all processes of one program.
var ownBuild = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
})

func ownName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + "-" + strconv.Itoa(os.Getpid())
}
