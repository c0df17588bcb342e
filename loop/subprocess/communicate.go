package subprocess

import (
	"context"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// Communicate sends input to the standard input and closes it, reads the standard output
// and the standard error to their ends, all at the same time, and waits until the
// process has exited; see [Process.ReturnCode] for how. What is no pipe is left out, but
// input needs one, or the error is [ErrNoPipe]. That the process does not take its input
// is no error.
//
// It waits like [Process.Wait]. If ctx ends before, it returns that together with the
// output that has come until then. Output ends when every process has closed it, one
// that the process has started and left behind included: end such a one by
// [Process.KillGroup], or the wait by a timeout. The output is kept in memory, whatever
// its size. It stands for Process.communicate.
func (p *Process) Communicate(ctx context.Context, input []byte) (stdout, stderr []byte, err error) {
	if p.Stdin == nil && len(input) > 0 {
		return nil, nil, ErrNoPipe
	}
	err = whose.Block(ctx, func(ctx context.Context) error {
		var all sync.WaitGroup
		var feedErr, outErr, errErr error
		all.Go(func() { feedErr = p.feed(ctx, input) })
		all.Go(func() { stdout, outErr = readAll(ctx, p.Stdout) })
		all.Go(func() { stderr, errErr = readAll(ctx, p.Stderr) })
		all.Wait()
		for _, err := range []error{outErr, errErr, feedErr} {
			if err != nil {
				return err
			}
		}
		_, err := p.Wait(ctx)
		return err
	})
	return stdout, stderr, err
}

func readAll(ctx context.Context, r *stream.Reader) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	return r.ReadAll(ctx)
}

func (p *Process) feed(ctx context.Context, input []byte) error {
	if p.Stdin == nil {
		return nil
	}
	_, err := p.Stdin.Write(input)
	if err == nil {
		err = p.Stdin.Drain(ctx)
	}
	_ = p.Stdin.Close() // it never fails
	if err != nil && gone(err) {
		return nil
	}
	return err
}
