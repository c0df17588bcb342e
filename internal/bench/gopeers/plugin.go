package main

import (
	"context"
	"fmt"
	"net/rpc"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// The calls of another process by hashicorp/go-plugin, over net/rpc, which is its
// faster protocol. The other process is this program again. It has one worker for the four
// that a pool has: a plugin is one process.

var handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "ASYNCGO_BENCH_PLUGIN", MagicCookieValue: "1"}

var plugins = map[string]plugin.Plugin{"bench": benchPluginKind{}}

type benchPluginKind struct{}

func (benchPluginKind) Server(*plugin.MuxBroker) (any, error) { return Service{}, nil }

func (benchPluginKind) Client(_ *plugin.MuxBroker, c *rpc.Client) (any, error) { return c, nil }

// A Service has the functions of baseline/pool_baseline.py, in the form that net/rpc asks for.
type Service struct{}

// Same returns its argument.
func (Service) Same(x int, result *int) error { *result = x; return nil }

// Size returns the length of its argument.
func (Service) Size(b []byte, result *int) error { *result = len(b); return nil }

// kept is what Blob returns. There is one call at a time.
var kept []byte

// Blob returns n bytes, which it makes once.
func (Service) Blob(n int, result *[]byte) error {
	if len(kept) != n {
		kept = make([]byte, n)
	}
	*result = kept
	return nil
}

// servedAsPlugin is the plugin's side: it reports whether this process was one.
func servedAsPlugin() bool {
	if os.Getenv(handshake.MagicCookieKey) == "" {
		return false
	}
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: handshake, Plugins: plugins, Logger: hclog.NewNullLogger()})
	return true
}

func startPlugin() (*plugin.Client, *rpc.Client, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	c := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: handshake, Plugins: plugins, Cmd: exec.Command(self), Logger: hclog.NewNullLogger(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolNetRPC},
	})
	protocol, err := c.Client()
	if err != nil {
		return c, nil, err
	}
	raw, err := protocol.Dispense("bench")
	if err != nil {
		return c, nil, err
	}
	return c, raw.(*rpc.Client), nil
}

func benchPlugin(_ context.Context, opts measure.Options, emit measure.Emitter) error {
	const peer = "go-plugin"
	begin := time.Now()
	c, calls, err := startPlugin()
	if c != nil {
		defer c.Kill()
	}
	if err != nil {
		return err
	}
	var got int
	if err := calls.Call("Plugin.Same", 1, &got); err != nil {
		return err
	}
	emitIf(opts, emit, measure.Row{Row: "start_to_first_result", Value: time.Since(begin).Seconds() * 1e3, Unit: "ms", Peer: peer})

	best := func(fn func() error) (time.Duration, error) {
		var best time.Duration
		for range opts.Times() {
			start := time.Now()
			if err := fn(); err != nil {
				return 0, err
			}
			if spent := time.Since(start); best == 0 || spent < best {
				best = spent
			}
		}
		return best, nil
	}
	n := opts.Scaled(2000)
	took, err := best(func() error { return oneByOne(calls, n) })
	if err != nil {
		return err
	}
	emitIf(opts, emit, measure.Row{Row: "call_sequential", Value: float64(took.Nanoseconds()) / float64(n), Unit: "ns", Peer: peer})
	n = opts.Scaled(10000)
	if took, err = best(func() error { return atOnce(calls, n) }); err != nil {
		return err
	}
	emitIf(opts, emit, measure.Row{Row: "call_pipelined", Value: float64(n) / took.Seconds(), Unit: "calls/s", Peer: peer})
	// As in package main: the first calls use memory that is new to their process.
	times := 10
	if opts.Quick {
		times = 1
	}
	fastest := func(fn func() error) (least time.Duration, err error) {
		for range times {
			took, err := best(fn)
			if err != nil {
				return 0, err
			}
			if least == 0 || took < least {
				least = took
			}
		}
		return least, nil
	}
	const size = 16 << 20
	data := make([]byte, size)
	if took, err = fastest(func() error { return calls.Call("Plugin.Size", data, &got) }); err != nil {
		return err
	}
	emitIf(opts, emit, measure.Row{Row: "argument_16MiB", Value: size / took.Seconds() / 1e9, Unit: "GB/s", Peer: peer})
	if took, err = fastest(func() error {
		var back []byte
		return calls.Call("Plugin.Blob", size, &back)
	}); err != nil {
		return err
	}
	emitIf(opts, emit, measure.Row{Row: "result_16MiB", Value: size / took.Seconds() / 1e9, Unit: "GB/s", Peer: peer})
	return nil
}

func emitIf(opts measure.Options, emit measure.Emitter, r measure.Row) {
	if opts.Wants(r.Row) {
		emit(r)
	}
}

func oneByOne(calls *rpc.Client, n int) error {
	for i := range n {
		var got int
		if err := calls.Call("Plugin.Same", i, &got); err != nil {
			return err
		}
		if got != i {
			return fmt.Errorf("%d came back as %d", i, got)
		}
	}
	return nil
}

func atOnce(calls *rpc.Client, n int) error {
	done := make(chan *rpc.Call, n)
	results := make([]int, n)
	go func() {
		for i := range n {
			calls.Go("Plugin.Same", i, &results[i], done)
		}
	}()
	for range n {
		if c := <-done; c.Error != nil {
			return c.Error
		}
	}
	return nil
}
