package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// cluster starts nodes, has them count, and writes what they found.
func cluster(ctx context.Context, o options, out io.Writer) (err error) {
	server, err := o.server()
	if err != nil {
		return err
	}
	// region pool
	// A call that counts may be repeated, so the death of a node costs time only.
	pool, err := natsexec.New(natsexec.Config{Server: server, Retry: 3})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(context.WithoutCancel(ctx))) }()
	// endregion pool
	defer pool.CancelPending() // if something went wrong

	if o.listen != "" {
		fmt.Fprintf(os.Stderr, "nodes of other machines: %s=%s cluster -node\n", urlVariable, pool.URL())
	}
	nodes, err := startNodes(ctx, pool, o)
	defer func() {
		for _, n := range nodes {
			n.stop()
		}
	}()
	if err != nil {
		return err
	}
	began := time.Now()
	total, err := count(ctx, pool, o.dir, func(done int) {
		if o.kill && done == 3 && len(nodes) > 0 {
			fmt.Fprintln(os.Stderr, "cluster: killing a node")
			_ = nodes[0].Process.Kill()
		}
	})
	if err != nil {
		return err
	}
	if o.check {
		if err := check(o.dir, total); err != nil {
			return err
		}
	}
	return report(out, total, len(nodes), time.Since(began))
}

// count counts the files below dir on the pool's nodes. progress hears how many parts are
// done.
func count(ctx context.Context, pool executor.Executor, dir string, progress func(done int)) (tally, error) {
	total, done := tally{}, 0
	var walking error
	// region map
	asTheyComplete := executor.MapOptions{Unordered: true, Window: 64}
	for part, err := range executor.Map(ctx, pool, countPart.Bind, parts(dir, &walking), asTheyComplete) {
		if err != nil {
			return tally{}, err
		}
		total.merge(part)
		done++
		progress(done)
	}
	// endregion map
	return total, walking
}

// check counts in this process.
func check(dir string, total tally) error {
	here := tally{}
	var walking error
	for part := range parts(dir, &walking) {
		here.merge(countTexts(part))
	}
	if walking != nil {
		return walking
	}
	if !here.equal(total) {
		return errors.New("the nodes counted something else than this process")
	}
	return nil
}

// A node is a process on this machine.
type node struct {
	*exec.Cmd
	ended chan struct{}
}

// startNodes starts the program once more for each node, and waits until all are there.
func startNodes(ctx context.Context, pool *natsexec.Pool, o options) (nodes []*node, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for range o.nodes {
		n := &node{exec.Command(self, "-node", "-workers", strconv.Itoa(o.workers)), make(chan struct{})}
		n.Env = append(os.Environ(), urlVariable+"="+pool.URL())
		n.Stderr = os.Stderr
		if err := n.Start(); err != nil {
			return nodes, err
		}
		go func() {
			defer close(n.ended)
			_ = n.Wait()
		}()
		nodes = append(nodes, n)
	}
	for {
		there, err := pool.Nodes(ctx)
		if err != nil {
			return nodes, err
		}
		if len(there) >= o.nodes {
			return nodes, nil
		}
		for _, n := range nodes {
			select {
			case <-n.ended:
				return nodes, errors.New("a node has ended before it began")
			default:
			}
		}
	}
}

// stop asks a node to finish, and waits until it has.
func (n *node) stop() {
	if err := n.Process.Signal(os.Interrupt); err != nil { // it has ended, or Windows does not have it
		_ = n.Process.Kill()
	}
	<-n.ended
}
