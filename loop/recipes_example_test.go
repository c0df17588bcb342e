package loop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// The examples of this file are the recipes of docs/reference/python-parity.md for what has
// no place in package loop.

// What used get_event_loop to make a task before the loop runs takes the context of the loop.
func ExampleLoop_Context() {
	l := loop.New(loop.Config{})
	defer l.Close()
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (string, error) {
		return "ran", loop.Sleep(ctx, time.Millisecond)
	})
	fmt.Println(l.RunUntilComplete(task))
	fmt.Println(task.Result())
	// Output:
	// <nil>
	// ran <nil>
}

// What is a generator in Python is a function to range over. It cleans up by itself, whether
// its caller breaks out or a wait in it is canceled, so there is nothing for
// shutdown_asyncgens to do.
func ExampleRun_iterator() {
	ticks := func(ctx context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			defer fmt.Println("closed")
			for i := 0; ; i++ {
				err := loop.Sleep(ctx, time.Millisecond)
				if !yield(i, err) || err != nil {
					return
				}
			}
		}
	}
	_, err := loop.Run(context.Background(), func(ctx context.Context) (loop.None, error) {
		for i, err := range ticks(ctx) {
			if err != nil {
				return loop.None{}, err
			}
			if i == 2 {
				break
			}
		}
		reader := loop.CreateTask(ctx, func(ctx context.Context) (loop.None, error) {
			for _, err := range ticks(ctx) {
				if err != nil {
					return loop.None{}, err
				}
			}
			return loop.None{}, nil
		})
		if err := loop.Sleep(ctx, 5*time.Millisecond); err != nil {
			return loop.None{}, err
		}
		reader.Cancel()
		_, err := reader.Await(ctx)
		fmt.Println(future.IsCanceled(err))
		return loop.None{}, nil
	})
	fmt.Println(err)
	// Output:
	// closed
	// closed
	// true
	// <nil>
}

// Equal compares handles, and the points in time order those of timers.
func ExampleHandle_Equal() {
	l := loop.New(loop.Config{})
	defer l.Close()
	one, _ := l.CallSoon(func() {})
	two, _ := l.CallSoon(func() {})
	fmt.Println(one.Equal(one), one.Equal(two))

	late, _ := l.CallLater(time.Hour, func() {})
	early, _ := l.CallLater(time.Minute, func() {})
	timers := []*loop.TimerHandle{late, early}
	slices.SortFunc(timers, func(a, b *loop.TimerHandle) int { return a.When().Compare(b.When()) })
	fmt.Println(timers[0] == early)
	// Output:
	// true false
	// true
}

// ToThread stands for sock_recvfrom and getaddrinfo: what blocks in package net does so
// beside the loop, which goes on, and the task awaits the result.
func ExampleToThread_network() {
	v, err := loop.Run(context.Background(), func(ctx context.Context) (string, error) {
		address, err := loop.ToThread(ctx, func(context.Context) (*net.UDPAddr, error) {
			return net.ResolveUDPAddr("udp", "127.0.0.1:0")
		}).Await(ctx)
		if err != nil {
			return "", err
		}
		socket, err := net.ListenUDP("udp", address)
		if err != nil {
			return "", err
		}
		defer socket.Close()

		datagram := loop.ToThread(ctx, func(ctx context.Context) (string, error) {
			// Canceling the task ends the read.
			stop := context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })
			defer stop()
			b := make([]byte, 1500)
			n, _, err := socket.ReadFrom(b)
			return string(b[:n]), err
		})
		if _, err := socket.WriteTo([]byte("hello"), socket.LocalAddr()); err != nil {
			return "", err
		}
		return datagram.Await(ctx)
	})
	fmt.Println(v, err)
	// Output: hello <nil>
}

// A goroutine that reads stands for add_reader: it calls back on the loop for each thing
// that has come. To close what it reads stands for remove_reader.
func ExampleLoop_CallSoonThreadsafe() {
	here, there := net.Pipe()
	lines := make(chan string)
	go func() {
		defer there.Close()
		for line := range lines {
			fmt.Fprintln(there, line)
		}
	}()

	l := loop.New(loop.Config{})
	defer l.Close()
	go func() {
		for s := bufio.NewScanner(here); s.Scan(); {
			line := s.Text()
			l.CallSoonThreadsafe(func() { fmt.Println("readable:", line) })
		}
		l.CallSoonThreadsafe(l.Stop)
	}()
	l.CallSoon(func() {
		go func() { lines <- "one"; lines <- "two"; close(lines) }()
	})
	fmt.Println(l.RunForever())
	// Output:
	// readable: one
	// readable: two
	// <nil>
}

// What is to get its result from elsewhere is no task but a promise; a task may await it.
func ExampleTask_promise() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (loop.None, error) {
		answer := future.NewOn[int](loop.Current(ctx))
		task := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			v, err := answer.Future().Await(ctx)
			return fmt.Sprint("got ", v), err
		})
		fmt.Println(answer.SetResult(42))
		fmt.Println(task.Await(ctx))
		fmt.Println(errors.Is(answer.SetResult(43), future.ErrInvalidState))
		return loop.None{}, nil
	})
	// Output:
	// <nil>
	// got 42 <nil>
	// true
}

// A task that nothing refers to is kept by its loop. In Python the garbage collector may take
// it in the middle, so programs keep a set of their tasks.
func ExampleCreateTask_outOfReach() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (loop.None, error) {
		done := future.NewOn[string](loop.Current(ctx))
		loop.CreateTask(ctx, func(ctx context.Context) (loop.None, error) {
			err := loop.Sleep(ctx, time.Millisecond)
			_ = done.SetResult("not lost")
			return loop.None{}, err
		}, loop.WithName("background"))
		runtime.GC()
		for _, t := range loop.AllTasks(loop.Current(ctx)) {
			if t.Name() == "background" {
				fmt.Println("still there")
			}
		}
		fmt.Println(done.Future().Await(ctx))
		return loop.None{}, nil
	})
	// Output:
	// still there
	// not lost <nil>
}

// A dump tells what get_coro is asked for: which function a task runs, and where it is.
func ExampleLoop_Dump() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (loop.None, error) {
		l := loop.Current(ctx)
		child := loop.CreateTask(ctx, waitForCancel, loop.WithName("child"))
		if err := loop.Sleep(ctx, 0); err != nil {
			return loop.None{}, err
		}
		info, err := loop.ToThread(ctx, l.Dump).Await(ctx)
		for _, t := range info.Tasks {
			inIt := slices.ContainsFunc(t.Stack, func(f loop.Frame) bool { return strings.HasSuffix(f.Func, ".waitForCancel") })
			if t.Name == "child" {
				fmt.Println(t.State, inIt)
			}
		}
		child.Cancel()
		return loop.None{}, err
	})
	fmt.Println(err)
	// Output:
	// suspended true
	// <nil>
}

func waitForCancel(ctx context.Context) (loop.None, error) {
	return loop.None{}, loop.Sleep(ctx, time.Hour)
}

// A Runner is what a shell needs: it runs one command after the other on the same loop, so
// that what one has started is there for the next. Go has no interpreter to go with it.
func ExampleRunner_shell() {
	r := loop.NewRunner(loop.Config{})
	defer r.Close()
	var started *loop.Task[string]
	commands := map[string]func(context.Context) error{
		"start": func(ctx context.Context) error {
			started = loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
				return "from the task", loop.Sleep(ctx, time.Millisecond)
			})
			return nil
		},
		"wait": func(ctx context.Context) error {
			v, err := started.Await(ctx)
			fmt.Println(v)
			return err
		},
	}
	for in := bufio.NewScanner(strings.NewReader("start\nwait\n")); in.Scan(); {
		fmt.Println(">", in.Text())
		if err := r.Run(context.Background(), commands[in.Text()]); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// > start
	// > wait
	// from the task
}
