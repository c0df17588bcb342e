package shared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Queue carries items between processes, first in, first out. It is Python's
// multiprocessing.Queue and JoinableQueue, without their background thread: when
// Put returns, the item is there for every process.
//
// Items are copied. Numbers, bools, structs of fixed size, strings and byte slices cost
// a copy; other types are encoded with encoding/gob, which sees exported fields only.
// Handles of this package may be parts of items, and may be closed when Put has
// returned: what they stand for stays until the process that got the item has decoded
// it, but no longer than the process that put it has the queue open.
//
// A process that dies damages nothing: an item that it was putting is not there,
// one that it was getting still is. An item that it had got is lost with it.
//
// The zero Queue is closed; it can be decoded into. A Queue must not be copied.
type Queue[T any] struct{ h handle }

// QueueConfig configures a [Queue]. The zero value is ready to use.
type QueueConfig struct {
	// Items is the most items that the queue holds: Python's maxsize.
	// Zero means as many as fit in Bytes, and so does less.
	Items int

	// Bytes is the memory for items; each takes its encoded size and 4 bytes.
	// It is not taken before items need it, and if there is none then, Put fails
	// with ENOMEM. Zero means what Items items take if all have one size,
	// otherwise 16 MiB; less is an error.
	Bytes int

	// Joinable makes items count as unfinished until TaskDone, so that Join
	// can wait for them. It costs about 50 ns an item.
	Joinable bool
}

// NewQueue makes an empty queue that holds maxsize items at most; zero or less means as
// many as fit in 16 MiB. Errors are the system's, when memory or descriptors run out, or
// about a maxsize that no memory holds. It stands for multiprocessing.Queue(maxsize), and
// has the form of queue.NewQueue for the tasks of one loop. For JoinableQueue and other
// sizes use [NewQueueWith].
func NewQueue[T any](maxsize int) (*Queue[T], error) {
	return NewQueueWith[T](QueueConfig{Items: maxsize})
}

// NewQueueWith makes an empty queue. Errors are about a config field out of range, or
// the system's when memory or descriptors run out.
func NewQueueWith[T any](config QueueConfig) (*Queue[T], error) {
	config.Items = max(config.Items, 0)
	if config.Items > math.MaxInt32 || config.Bytes < 0 {
		return nil, fmt.Errorf("shared: a queue of %d Items in %d Bytes is not possible: %w", config.Items, config.Bytes, fs.ErrInvalid)
	}
	c := codecOf[T]()
	size := config.Bytes
	if size == 0 {
		size = 16 << 20
		if each := c.fixed + itemHeader; c.fixed > 0 && config.Items > 0 && config.Items < math.MaxInt/8/each {
			size = config.Items * each
		}
	}
	if size > math.MaxInt-ringStart {
		return nil, fmt.Errorf("shared: a queue of %d Bytes is more than a process can map: %w", size, syscall.ENOMEM)
	}
	q := new(Queue[T])
	if err := q.h.createSparse(queueHeader(c.tag, config.Items, config.Joinable), ringStart+size, ringStart); err != nil {
		return nil, err
	}
	return q, nil
}

func queueHeader(tag uint64, items int, joinable bool) shm.Header {
	h := shm.Header{Kind: kindQueue, Len: uint64(items), Tag: tag}
	if joinable {
		h.Elem = 1
	}
	return h
}

func (q *Queue[T]) ring() (ring, error) {
	seg, err := q.h.use()
	return ring{seg}, err
}

// Put appends an item, waiting for room as long as ctx allows. In a task the wait
// suspends the task. If ctx ends first it returns ctx's error and nothing was put;
// where there is room it puts even if ctx is done already. An item that can never fit
// gets ErrTooLarge, one that cannot be encoded the reason. After Close, also one
// during the wait, it returns ErrClosed. If the process dies meanwhile, the item is in
// the queue as a whole or not at all.
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	return q.put(item, func(r ring, b []byte, held *handoff.Held) error {
		return r.seg.Lot(offNotFull).Wait(ctx, &q.h.closed, func() (bool, error) { return retry(r.put(b, held), ErrFull) })
	})
}

// TryPut appends an item if there is room, and returns [ErrFull] otherwise. It never
// blocks, so no ctx can end it; its other errors are those of Put, [ErrClosed] after
// Close among them. If the process dies meanwhile, the item is in the queue as a whole
// or not at all. It is Python's put_nowait.
func (q *Queue[T]) TryPut(item T) error { return q.put(item, ring.put) }

func (q *Queue[T]) put(item T, how func(ring, []byte, *handoff.Held) error) error {
	r, err := q.ring()
	if err != nil {
		return err
	}
	b, held, err := encodeHeld(item)
	if err != nil {
		return err
	}
	if len(b) > math.MaxInt32 || !r.fits(b) {
		held.Release()
		return fmt.Errorf("%w: it takes %d bytes", ErrTooLarge, len(b)+itemHeader)
	}
	if err := how(r, b, held); err != nil {
		held.Release()
		return lockError(err)
	}
	r.seg.Lot(offNotEmpty).Signal(1)
	return nil
}

// Get takes the first item, waiting for one as long as ctx allows. In a task the wait
// suspends the task. If ctx ends first it returns ctx's error and took nothing; an
// item that is there it takes even if ctx is done already. An item that cannot be
// decoded is taken, and the reason returned. After Close, also one during the wait, it
// returns ErrClosed. If the process dies, an item that it has got is lost with it.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	return q.get(func(r ring) (b encodedItem, err error) {
		err = r.seg.Lot(offNotEmpty).Wait(ctx, &q.h.closed, func() (ok bool, err error) {
			b, err = r.get()
			return retry(err, ErrEmpty)
		})
		return b, err
	})
}

// TryGet takes the first item if there is one, and returns [ErrEmpty] otherwise. It
// never blocks, so no ctx can end it; its other errors are those of Get, [ErrClosed]
// after Close among them. If the process dies, an item that it has got is lost with
// it. It is Python's get_nowait.
func (q *Queue[T]) TryGet() (T, error) { return q.get(ring.get) }

func (q *Queue[T]) get(how func(ring) (encodedItem, error)) (item T, err error) {
	r, err := q.ring()
	if err != nil {
		return item, err
	}
	b, err := how(r)
	if err != nil {
		return item, lockError(err)
	}
	// All of them, for items have sizes: one that was woken may need more room
	// than there is, and one that was not may need less.
	r.seg.Lot(offNotFull).Signal(math.MaxInt32)
	return decodeGot[T](b)
}

// retry makes Wait go on when err is the one that time will heal.
func retry(err, healing error) (bool, error) {
	if err == healing { //nolint:errorlint // it is ours, not wrapped
		return false, nil
	}
	return err == nil, err
}

// TaskDone says that the work on an item which was got is done. Each item needs one
// call, by whatever process; another call is for another item, and one too many gets
// [ErrNoTask]. The items of a process that dies count as done. A queue that is not
// Joinable gets [errors.ErrUnsupported], and after Close TaskDone returns [ErrClosed].
// It is Python's task_done.
func (q *Queue[T]) TaskDone() error {
	r, err := q.joinable()
	if err == nil {
		err = r.settle()
	}
	if err != nil {
		return err
	}
	if r.settled() {
		r.seg.Lot(offDone).Signal(math.MaxInt32)
	}
	return nil
}

// Join waits until every item that was put is dealt with, or was lost with a
// process that died. In a task it suspends the task. If ctx ends first it returns
// ctx's error, after Close ErrClosed. A queue that is not Joinable gets
// errors.ErrUnsupported.
func (q *Queue[T]) Join(ctx context.Context) error {
	r, err := q.joinable()
	if err != nil {
		return err
	}
	return lockError(r.seg.Lot(offDone).Wait(ctx, &q.h.closed, func() (bool, error) { return r.settled(), nil }))
}

func (q *Queue[T]) joinable() (ring, error) {
	r, err := q.ring()
	if err == nil && !r.joinable() {
		err = fmt.Errorf("shared: the queue is not Joinable (see QueueConfig): %w", errors.ErrUnsupported)
	}
	return r, err
}

// Len returns how many items there are. By the time it returns there may be more
// or fewer. It panics with ErrClosed after Close. It is Python's qsize.
func (q *Queue[T]) Len() int { return ring{q.h.must()}.items() }

// Close ends the use of this handle; other handles, here and in other processes, go
// on, and items stay for them. Goroutines that wait through it get ErrClosed. Closing
// twice does nothing. If the process dies, the kernel closes its handles.
func (q *Queue[T]) Close() error { return q.h.shut() }

// MarshalBinary encodes the handle, not the items, for another process. To encode it
// again gives one that is as good. If this process dies before it is decoded,
// UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (q *Queue[T]) MarshalBinary() ([]byte, error) { return q.h.marshal() }

// UnmarshalBinary makes q a handle of the queue that b encodes. It returns an error
// that wraps ErrType if its items have another type. It may ask the process that sent
// b for a descriptor, which blocks for one round trip. If that process has died it
// returns an error. What the handle was before is replaced, and a closed one is open
// again.
func (q *Queue[T]) UnmarshalBinary(b []byte) error {
	return q.h.unmarshal(b, func(h shm.Header, size int) error {
		if h.Kind != kindQueue || h.Tag != codecOf[T]().tag || h.Elem > 1 || h.Len > math.MaxInt32 || size <= ringStart {
			return fmt.Errorf("%w: the handle is not that of a %T", ErrType, q)
		}
		return nil
	})
}
