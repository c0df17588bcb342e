// Command asyncgo-ps prints the tasks and the pools of a running program that serves
// package debugz. It prints a table, with -tree a tree, and with -watch either of them
// again and again:
//
//	go run github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps http://localhost:6060/debug/asyncgo/
//	go run github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps -tree http://localhost:6060/debug/asyncgo/
//	go run github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps -watch 1s http://localhost:6060/debug/asyncgo/
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
	"os/signal"
	"strings"
	"time"
)

const timeout = 10 * time.Second

// maxAnswer bounds what is printed of one answer: the other side is a program that may be
// in trouble.
const maxAnswer = 64 << 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "asyncgo-ps:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, w io.Writer) error {
	flags := flag.NewFlagSet("asyncgo-ps", flag.ContinueOnError)
	tree := flags.Bool("tree", false, "print which task waits for which, as a tree with stacks")
	watch := flags.Duration("watch", 0, "print it again after each such time, until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *watch < 0 {
		return errors.New("usage: asyncgo-ps [-tree] [-watch DURATION] URL, where package debugz is served")
	}
	what := []string{"ps", "pools"}
	if *tree {
		what[0] = "pstree"
	}
	if *watch == 0 {
		return show(ctx, flags.Arg(0), what, w)
	}
	again := time.NewTicker(*watch)
	defer again.Stop()
	for {
		// All of it is there before the old is wiped away, so that nothing flickers. A
		// program that does not answer may do so again.
		var text strings.Builder
		if err := show(ctx, flags.Arg(0), what, &text); err != nil {
			fmt.Fprintln(&text, "asyncgo-ps:", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if _, err := io.WriteString(w, home+strings.ReplaceAll(text.String(), "\n", restOfLine+"\n")+restOfScreen); err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// What a terminal does when it gets these.
const (
	home         = "\x1b[H"
	restOfLine   = "\x1b[K"
	restOfScreen = "\x1b[J"
)

// show prints what is served under some names below an address.
func show(ctx context.Context, address string, names []string, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for i, name := range names {
		if i > 0 {
			fmt.Fprintln(w)
		}
		target, err := url.JoinPath(address, name)
		if err != nil {
			return err
		}
		if err := get(ctx, target, w); err != nil {
			return err
		}
	}
	return nil
}

func get(ctx context.Context, target string, w io.Writer) error {
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
	_, err = io.Copy(w, io.LimitReader(resp.Body, maxAnswer))
	return err
}
