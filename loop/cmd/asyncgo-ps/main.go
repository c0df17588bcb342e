// Command asyncgo-ps prints the tasks of a running program that serves package
// debugz:
//
//	go run github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps http://localhost:6060/debug/asyncgo/
//	go run github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps -tree http://localhost:6060/debug/asyncgo/
//
// It stands for python -m asyncio ps PID and pstree PID.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

const timeout = 10 * time.Second

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "asyncgo-ps:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, w io.Writer) error {
	flags := flag.NewFlagSet("asyncgo-ps", flag.ContinueOnError)
	tree := flags.Bool("tree", false, "print which task waits for which, as a tree with stacks")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: asyncgo-ps [-tree] URL, where package debugz is served")
	}
	what := "ps"
	if *tree {
		what = "pstree"
	}
	target, err := url.JoinPath(flags.Arg(0), what)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", target, resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}
