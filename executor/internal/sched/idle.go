package sched

import "slices"

// An idleList holds the workers that wait for a call, in the order in which they
// became idle. Each worker knows whether it is in the list.
type idleList[C, W any] struct{ workers []*Worker[C, W] }

func (l *idleList[C, W]) len() int { return len(l.workers) }

func (l *idleList[C, W]) push(w *Worker[C, W], now int64) {
	w.idle, w.idleSince = true, now
	l.workers = append(l.workers, w)
}

// newest returns the worker that became idle last, and takes it out: its caches are
// warm, and the others can leave. There must be one.
func (l *idleList[C, W]) newest() *Worker[C, W] {
	n := len(l.workers) - 1
	w := l.workers[n]
	l.workers[n] = nil
	l.workers = l.workers[:n]
	w.idle = false
	return w
}

// oldest returns the worker that has been idle for the longest time, or nil.
func (l *idleList[C, W]) oldest() *Worker[C, W] {
	if len(l.workers) == 0 {
		return nil
	}
	return l.workers[0]
}

// remove takes out w if it is there.
func (l *idleList[C, W]) remove(w *Worker[C, W]) {
	if w.idle {
		w.idle = false
		l.workers = slices.DeleteFunc(l.workers, func(o *Worker[C, W]) bool { return o == w })
	}
}
