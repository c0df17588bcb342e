package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An inbox takes what other goroutines post, and everything while the loop does
// not run. It is emptied into the ready queue before anything else is added
// there, so that the order is the one in which the posts were made.
type inbox struct {
	n atomic.Int32 // len(posts), to be read without mu

	mu       sync.Mutex // guards what follows
	posts    []post
	taken    uint64 // how many posts came before those
	sleeping bool   // the loop waits on wake, or is about to
	closed   bool

	// watched says that the watchdog's timer runs. A timer that finds the
	// loop asleep ends, and the loop starts it again when it wakes: an idle
	// loop has no timer, and a busy one pays nothing for the one it has.
	watched bool

	spare []post        // the other buffer; the loop's own
	kept  int           // for how many posts there is room in both; the loop's own
	wake  chan struct{} // capacity 1; a token ends the loop's wait
}

// A post is an entry, or a timer that is to be scheduled.
type post struct {
	entry
	timer *TimerHandle
}

// put queues p and wakes the loop if it sleeps. Posts are numbered from zero.
func (in *inbox) put(p post) (number uint64, err error) { return in.putWith(p, nil) }

// putWith is put; once it is certain that p is accepted it calls before, which may
// be nil, under the inbox's lock.
func (in *inbox) putWith(p post, before func()) (number uint64, err error) {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return 0, ErrClosed
	}
	if before != nil {
		before()
	}
	number = in.taken + uint64(len(in.posts))
	if len(in.posts) == cap(in.posts) {
		// Doubled: append grows a large slice by a quarter, and copies it five times on
		// the way to what a burst needs.
		in.posts = slices.Grow(in.posts, max(64, len(in.posts)))
	}
	in.posts = append(in.posts, p)
	in.n.Store(int32(len(in.posts)))
	wake := in.sleeping
	in.sleeping = false
	in.mu.Unlock()
	if wake {
		in.rouse()
	}
	return number, nil
}

// rouse ends the loop's wait, now or the next one.
func (in *inbox) rouse() {
	select {
	case in.wake <- struct{}{}:
	default: // a token is there already, and one is enough
	}
}

// take empties the inbox, and returns the number of the first post with them. The
// slice is valid until the next call.
func (in *inbox) take() (posts []post, number uint64) {
	in.mu.Lock()
	posts = in.posts
	number = in.taken
	in.taken += uint64(len(posts))
	in.posts = in.spare[:0]
	in.n.Store(0)
	in.kept = cap(in.posts) + cap(posts)
	in.mu.Unlock()
	in.spare = posts
	return posts, number
}

// fallAsleep announces that the loop is about to wait. It reports false if
// there is something to do instead.
func (in *inbox) fallAsleep() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.sleeping = len(in.posts) == 0
	return in.sleeping
}

// await blocks until a post comes, and reports true then, or until d has passed.
func (in *inbox) await(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-in.wake:
		return true
	case <-timer.C:
		return false
	}
}

// wokeUp ends what fallAsleep began. It reports whether the watchdog's timer is to
// be started, and takes it as done.
func (in *inbox) wokeUp() (watch bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.sleeping = false
	watch = !in.watched
	in.watched = true
	return watch
}

// unwatchIfAsleep is how the watchdog's timer ends itself.
func (in *inbox) unwatchIfAsleep() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.sleeping {
		in.watched = false
	}
	return in.sleeping
}

// watch is how the loop declares that the timer runs, or that it does not.
func (in *inbox) watch(on bool) {
	in.mu.Lock()
	in.watched = on
	in.mu.Unlock()
}

// close refuses what comes from now on and returns what has come.
func (in *inbox) close() []post {
	in.mu.Lock()
	defer in.mu.Unlock()
	posts := in.posts
	in.closed = true
	in.posts, in.spare = nil, nil
	in.n.Store(0)
	return posts
}
