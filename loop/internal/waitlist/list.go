package waitlist

// A List is a queue of waiters, oldest first. The zero value is empty. Every
// method needs the mutex of the primitive that owns the list.
type List struct {
	head, tail *Waiter
	n          int // waiters in the list
	live       int // those that were not canceled
}

// Len returns how many waiters stand in the list, woken and canceled ones that
// have not run yet included.
func (l *List) Len() int { return l.n }

// Live reports whether a waiter stands in the list that was not canceled: it
// waits, or was woken and will soon take what it waited for. Newcomers must queue
// up behind it.
func (l *List) Live() bool { return l.live > 0 }

// WakeHead wakes the oldest waiter, if it waits. It does nothing if that one was
// woken or canceled before: its own run comes, and sees to the rest.
func (l *List) WakeHead() {
	if w := l.head; w != nil && w.state == waiting {
		w.wake()
	}
}

// WakeNext wakes the oldest waiter that waits. It reports whether there was one.
func (l *List) WakeNext() bool { return l.WakeN(1) == 1 }

// WakeN wakes the n oldest that wait, or as many as there are, and returns how
// many that was.
func (l *List) WakeN(n int) int {
	woken := 0
	for w := l.head; w != nil && woken < n; w = w.next {
		if w.state == waiting {
			w.wake()
			woken++
		}
	}
	return woken
}

// WakeAll wakes all that wait.
func (l *List) WakeAll() { l.WakeN(l.n) }

// PopNext takes waiters out, oldest first, up to the first one that waits, and
// wakes that one.
func (l *List) PopNext() {
	for w := l.head; w != nil; w = l.head {
		l.remove(w)
		if w.state == waiting {
			w.wake()
			return
		}
	}
}

// PopAll empties the list and wakes all that waited.
func (l *List) PopAll() {
	for l.head != nil {
		l.PopNext()
	}
}

func (l *List) push(w *Waiter) {
	w.list = l
	w.prev = l.tail
	if l.tail != nil {
		l.tail.next = w
	} else {
		l.head = w
	}
	l.tail = w
	l.n++
	l.live++
}

func (l *List) remove(w *Waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.tail = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
	l.n--
	if w.state != canceled {
		l.live--
	}
}
