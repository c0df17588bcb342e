// Command cluster counts the words of all text files below a directory, as
// examples/wordcount does, on several nodes: programs that could be on several machines.
// Directories whose names begin with a dot, such as that of git, are left out.
//
//	go run ./executor/natsexec/examples/cluster                        # all of it on this machine
//	go run ./executor/natsexec/examples/cluster -kill                  # and a node dies in the middle
//	go run ./executor/natsexec/examples/cluster -listen 10.0.0.1:4222  # for more machines, which run
//	NATS_URL=… go run ./executor/natsexec/examples/cluster -node
//
// The nodes need not have the files: what is in them travels. Build the program once for
// several machines, go build, and copy it: nodes take calls of their own build only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// urlVariable tells a node where its server is. It contains a secret, so it is not on
// the command line, which all of the machine can read.
const urlVariable = "NATS_URL"

// options are what the command line says.
type options struct {
	node    bool
	nodes   int
	workers int
	kill    bool
	listen  string
	check   bool
	dir     string
}

func main() {
	executor.Main() // in a worker process of a node this runs calls and does not return

	var o options
	flag.BoolVar(&o.node, "node", false, "be a node of the server in $"+urlVariable)
	flag.IntVar(&o.nodes, "nodes", 3, "how many nodes to start on this machine")
	flag.IntVar(&o.workers, "workers", max(1, runtime.NumCPU()/2), "how many worker processes a node has")
	flag.BoolVar(&o.kill, "kill", false, "kill a node in the middle")
	flag.StringVar(&o.listen, "listen", "", "address at which nodes of other machines find the server; they need the URL that is printed then")
	flag.BoolVar(&o.check, "check", false, "count in this process too, and compare")
	flag.Parse()
	o.dir = "."
	if flag.NArg() > 0 {
		o.dir = flag.Arg(0)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if o.node {
		err = natsexec.Serve(ctx, natsexec.NodeConfig{
			Config: natsexec.Config{URL: os.Getenv(urlVariable)}, Pool: executor.ProcessConfig{Workers: o.workers},
		})
	} else {
		err = cluster(ctx, o, os.Stdout)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// server is the configuration of the server of this program.
func (o options) server() (cfg natsexec.ServerConfig, err error) {
	if o.listen == "" {
		return cfg, nil
	}
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		return cfg, err
	}
	cfg.Host = host
	cfg.Port, err = strconv.Atoi(port)
	return cfg, err
}
