package queue

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// A Queue hands items from the code that puts to the code that gets, the oldest first.
// The zero value has no bound and is ready to use; a queue must not be copied after its
// first use. It stands for asyncio.Queue.
type Queue[T any] struct {
	maxsize int

	mu         sync.Mutex // guards what follows
	items      items[T]
	unfinished int // items put for which TaskDone was not called yet
	shutdown   bool

	getters, putters, joiners waitlist.List
}

// NewQueue returns a queue that holds maxsize items at most. Zero or less means
// without bound.
func NewQueue[T any](maxsize int) *Queue[T] {
	return &Queue[T]{maxsize: maxsize}
}

// A PriorityQueue is a [Queue] that hands out the smallest item first and, of equal
// ones, the oldest. Make it with [NewPriorityQueue] or [NewPriorityQueueFunc]. It
// stands for asyncio.PriorityQueue.
type PriorityQueue[T any] struct{ Queue[T] }

// NewPriorityQueue returns a queue of items that have an order of their own,
// maxsize at most. Zero or less means without bound.
func NewPriorityQueue[T cmp.Ordered](maxsize int) *PriorityQueue[T] {
	return NewPriorityQueueFunc(maxsize, cmp.Compare[T])
}

// NewPriorityQueueFunc is [NewPriorityQueue] for items that compare orders: it
// returns less than zero if a comes before b, more than zero if after, zero if they
// are equal. It is called with the queue locked and must not use the queue.
func NewPriorityQueueFunc[T any](maxsize int, compare func(a, b T) int) *PriorityQueue[T] {
	q := new(PriorityQueue[T])
	q.maxsize = maxsize
	q.items.order = priority
	q.items.heap.compare = compare
	return q
}

// A LifoQueue is a [Queue] that hands out the newest item first. Make it with
// [NewLifoQueue]. It stands for asyncio.LifoQueue.
type LifoQueue[T any] struct{ Queue[T] }

// NewLifoQueue returns a queue that holds maxsize items at most. Zero or less means
// without bound.
func NewLifoQueue[T any](maxsize int) *LifoQueue[T] {
	q := new(LifoQueue[T])
	q.maxsize = maxsize
	q.items.order = lifo
	return q
}

// Maxsize returns the bound with which the queue was made.
func (q *Queue[T]) Maxsize() int { return q.maxsize }

// Qsize returns how many items are in the queue. On a loop, the answer holds until
// the next await unless goroutines or other loops use the queue as well.
func (q *Queue[T]) Qsize() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.items.len()
}

// Empty reports whether there is no item in the queue.
func (q *Queue[T]) Empty() bool { return q.Qsize() == 0 }

// Full reports whether there are as many items as the bound allows; without a
// bound, never.
func (q *Queue[T]) Full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fullLocked()
}

func (q *Queue[T]) fullLocked() bool { return q.maxsize > 0 && q.items.len() >= q.maxsize }

// String describes the queue for logs.
func (q *Queue[T]) String() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var b strings.Builder
	b.WriteString([...]string{"<Queue", "<LifoQueue", "<PriorityQueue"}[q.items.order])
	fmt.Fprintf(&b, " maxsize=%d", q.maxsize)
	if q.items.len() > 0 {
		fmt.Fprintf(&b, " items=%v", q.items.list())
	}
	if n := q.getters.Len(); n > 0 {
		fmt.Fprintf(&b, " getters[%d]", n)
	}
	if n := q.putters.Len(); n > 0 {
		fmt.Fprintf(&b, " putters[%d]", n)
	}
	if q.unfinished > 0 {
		fmt.Fprintf(&b, " tasks=%d", q.unfinished)
	}
	if q.shutdown {
		b.WriteString(" shutdown")
	}
	return b.String() + ">"
}
