package main

import (
	"container/heap"
	"context"
	"time"
)

// bareHeap: entries pushed into a binary heap in which size others are, and, if fire is
// set, taken out and called in order.
func bareHeap(size int, fire bool) func(context.Context, int) (time.Duration, error) {
	return func(_ context.Context, n int) (time.Duration, error) {
		h := make(dues, 0, size+n)
		for i := range size {
			h = append(h, due{at: time.Hour + time.Duration(i)*time.Millisecond, fn: nothing})
		}
		start := time.Now()
		for i := range n {
			heap.Push(&h, due{at: time.Duration(i * 7919 % n), fn: nothing})
		}
		if fire {
			for range n {
				heap.Pop(&h).(due).fn()
			}
		}
		return time.Since(start), nil
	}
}

type due struct {
	at time.Duration
	fn func()
}

type dues []due

func (d *dues) Len() int           { return len(*d) }
func (d *dues) Less(i, j int) bool { return (*d)[i].at < (*d)[j].at }
func (d *dues) Swap(i, j int)      { (*d)[i], (*d)[j] = (*d)[j], (*d)[i] }
func (d *dues) Push(x any)         { *d = append(*d, x.(due)) }

func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	(*d)[len(*d)-1] = due{}
	*d = (*d)[:len(*d)-1]
	return last
}
