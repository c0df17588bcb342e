package stream

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
)

// Read returns what has come, up to n bytes; if nothing has it waits for at least one
// byte. At the end of the stream it returns io.EOF, where Python has empty bytes. With
// a negative n it reads until the end of the stream and returns all of it, without an
// error even if that is nothing; see [Reader.ReadAll]. Zero returns nothing at once.
// The caller owns what it returns.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine, in a
// bare callback it returns loop.ErrWouldBlock instead of waiting. If ctx is done, or
// the task is canceled, while it waits, it returns that and takes nothing. What is
// there it returns without looking at ctx. If the stream fails, or has failed, it
// returns that error.
//
// It stands for StreamReader.read.
func (r *Reader) Read(ctx context.Context, n int) ([]byte, error) {
	if n < 0 {
		return r.ReadAll(ctx)
	}
	return r.read(ctx, n, "Reader.Read")
}

func (r *Reader) read(ctx context.Context, n int, what string) ([]byte, error) {
	return r.wait(ctx, what, func(in *input) ([]byte, bool, error) {
		switch have := in.buf.len(); {
		case n == 0:
			return nil, true, nil
		case have > 0:
			return in.buf.take(min(n, have)), true, nil
		case in.eof:
			return nil, true, io.EOF
		}
		return nil, false, nil
	})
}

// wait calls try, with the input locked, until it is done, and waits in between for
// what comes. A stream that has failed is not tried.
func (r *Reader) wait(ctx context.Context, what string, try func(*input) (data []byte, done bool, err error)) ([]byte, error) {
	for {
		data, done, have, err := r.in.attempt(try)
		if done {
			return data, err
		}
		if err := r.in.await(ctx, what, have, r.owner); err != nil {
			return nil, err
		}
	}
}

func (in *input) attempt(try func(*input) ([]byte, bool, error)) (data []byte, done bool, have int, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil {
		return nil, true, 0, in.err
	}
	data, done, err = try(in)
	in.took()
	return data, done, in.buf.len(), err
}

// ReadAll reads until the end of the stream and returns everything, which is not an
// error if it is nothing. The limit does not bound it. If it fails, by a cancellation
// say, it returns the error together with what it has read until then, which is no
// longer in the stream. It waits like [Reader.Read], and stands for
// StreamReader.read().
func (r *Reader) ReadAll(ctx context.Context) ([]byte, error) {
	var all []byte
	for {
		block, err := r.read(ctx, r.in.limit, "Reader.ReadAll")
		if errors.Is(err, io.EOF) && r.Err() == nil {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if all == nil {
			all = block
			continue
		}
		all = append(all, block...)
	}
}

// ReadExactly returns exactly n bytes, and waits until they have come. If the stream
// ends before, it returns an [*IncompleteReadError] with what there was, in which
// errors.Is finds io.EOF if that is nothing. The limit does not bound it. A negative n
// is refused with [ErrSize].
//
// Otherwise it is like [Reader.Read]; when it fails by the end of ctx, what has come
// is still there for the next read. It stands for StreamReader.readexactly.
func (r *Reader) ReadExactly(ctx context.Context, n int) ([]byte, error) {
	if n < 0 {
		return nil, ErrSize
	}
	return r.wait(ctx, "Reader.ReadExactly", func(in *input) ([]byte, bool, error) {
		switch have := in.buf.len(); {
		case have >= n:
			return in.buf.take(n), true, nil
		case in.eof:
			return nil, true, &IncompleteReadError{Partial: in.buf.take(have), Expected: n}
		}
		return nil, false, nil
	})
}

// ReadUntil returns what comes before the first of the separators, and that
// separator. Of several the one counts that ends first; bytes are as good as text in
// them. It waits like [Reader.Read].
//
// If the stream ends before, it returns an [*IncompleteReadError] with what there was.
// If more than the limit comes before the separator, it returns a [*LimitOverrunError]
// and leaves everything in the stream. No separator, and an empty one, are refused with
// [ErrSeparator]. It stands for StreamReader.readuntil.
func (r *Reader) ReadUntil(ctx context.Context, separators ...string) ([]byte, error) {
	if len(separators) == 0 || slices.Contains(separators, "") {
		return nil, ErrSeparator
	}
	if len(separators) > 1 {
		separators = slices.Clone(separators)
		slices.SortStableFunc(separators, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	}
	return r.readUntil(ctx, "Reader.ReadUntil", separators)
}

// readUntil is ReadUntil for separators in the order of their lengths.
func (r *Reader) readUntil(ctx context.Context, what string, separators []string) ([]byte, error) {
	longest := len(separators[len(separators)-1])
	offset := 0 // before it no separator begins
	var taken uint64
	return r.wait(ctx, what, func(in *input) ([]byte, bool, error) {
		if in.buf.taken != taken { // by another read, while this one waited
			offset, taken = 0, in.buf.taken
		}
		start, end, ok := in.buf.find(separators, offset)
		if ok && start > in.limit {
			return nil, true, &LimitOverrunError{Consumed: start, Limit: in.limit, Found: true}
		}
		if ok {
			return in.buf.take(end), true, nil
		}
		have := in.buf.len()
		offset = max(offset, have+1-longest)
		switch {
		case offset > in.limit:
			return nil, true, &LimitOverrunError{Consumed: offset, Limit: in.limit}
		case in.eof:
			return nil, true, &IncompleteReadError{Partial: in.buf.take(have)}
		}
		return nil, false, nil
	})
}

var newline = []string{"\n"}

// ReadLine returns the next line, with the newline at its end; the last line of the
// stream may have none. After that it returns io.EOF, where Python has empty bytes. It
// waits like [Reader.Read].
//
// A line that is longer than the limit, its newline not counted, is dropped and
// reported as a [*LimitOverrunError]; of one whose end has not come yet that is what
// has. It stands for StreamReader.readline.
func (r *Reader) ReadLine(ctx context.Context) ([]byte, error) {
	line, err := r.readUntil(ctx, "Reader.ReadLine", newline)
	if err == nil {
		return line, nil
	}
	var incomplete *IncompleteReadError
	var over *LimitOverrunError
	switch {
	case errors.As(err, &incomplete):
		if len(incomplete.Partial) == 0 {
			return nil, io.EOF
		}
		return incomplete.Partial, nil
	case errors.As(err, &over):
		r.in.dropLine(over.Consumed)
	}
	return nil, err
}

// dropLine drops a line of n bytes and its newline, or all there is of one that is
// not whole.
func (in *input) dropLine(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if have := in.buf.bytes(); n < len(have) && have[n] == '\n' {
		in.buf.discard(n + 1)
	} else {
		in.buf.discard(len(have))
	}
	in.took()
}

// Lines returns an iterator over the lines that [Reader.ReadLine] returns, without
// the end of the stream. If a read fails it yields the error, with no line, and ends.
//
//	for line, err := range r.Lines(ctx) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// It stands for "async for line in reader".
func (r *Reader) Lines(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			line, err := r.ReadLine(ctx)
			if err != nil {
				if !errors.Is(err, io.EOF) || r.Err() != nil {
					yield(nil, err)
				}
				return
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}
