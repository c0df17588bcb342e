package executor

import (
	"cmp"
	"math"
	"slices"
)

// jobQueue holds jobs that have not begun: those of a higher priority first,
// those of one priority in the order of their arrival. The jobs themselves are
// the links, so that queuing allocates nothing and a job that is called off
// leaves at once. The pool's lock guards it.
type jobQueue struct {
	levels []level // sorted, the highest priority first; level 0 mostly is the only one
	n      int
	watch  *queueWatch // over the contexts of the jobs
}

type level struct {
	priority   int
	head, tail *Job
	seen       *Job // the last that unseen has returned or passed over; nil if it has gone
}

func (q *jobQueue) len() int { return q.n }

// at returns the level of a priority, or where it belongs.
func (q *jobQueue) at(priority int) (int, bool) {
	if len(q.levels) == 1 && q.levels[0].priority == priority {
		return 0, true
	}
	return slices.BinarySearchFunc(q.levels, priority, func(l level, p int) int { return cmp.Compare(p, l.priority) })
}

func (q *jobQueue) push(j *Job) {
	i, ok := q.at(j.priority)
	if !ok {
		q.levels = slices.Insert(q.levels, i, level{priority: j.priority})
	}
	l := &q.levels[i]
	j.prev, j.next, j.queued = l.tail, nil, true
	if l.tail == nil {
		l.head = j
	} else {
		l.tail.next = j
	}
	l.tail = j
	q.n++
	if j.mayExpire() {
		q.watch.armLocked()
	}
}

// unseen returns the jobs that were submitted at the given time, in nanoseconds
// since epoch, or before, and whose contexts may end. It returns each job once.
func (q *jobQueue) unseen(until int64) (jobs []*Job) {
	for i := range q.levels {
		l := &q.levels[i]
		for j := l.unseen(); j != nil && j.submitted <= until; j = j.next {
			l.seen = j
			if j.mayExpire() {
				jobs = append(jobs, j)
			}
		}
	}
	return jobs
}

// hasUnseen reports whether there are jobs that unseen has not returned.
func (q *jobQueue) hasUnseen() bool {
	for i := range q.levels {
		if q.levels[i].unseen() != nil {
			return true
		}
	}
	return false
}

// unseen returns the first job of the level that was not seen. They are seen in
// their order.
func (l *level) unseen() *Job {
	if l.seen != nil {
		return l.seen.next
	}
	return l.head
}

// first returns the job that is to run next, or nil.
func (q *jobQueue) first() *Job {
	for i := range q.levels {
		if q.levels[i].head != nil {
			return q.levels[i].head
		}
	}
	return nil
}

// oldest returns the time of submission, in nanoseconds since epoch, of the job
// that has waited the longest. There must be one.
func (q *jobQueue) oldest() int64 {
	t := int64(math.MaxInt64)
	for i := range q.levels {
		if j := q.levels[i].head; j != nil {
			t = min(t, j.submitted)
		}
	}
	return t
}

// pop takes out the job that is to run next, or returns nil.
func (q *jobQueue) pop() *Job {
	j := q.first()
	if j != nil {
		q.remove(j)
	}
	return j
}

// remove takes out j. It reports false if j is not in the queue.
func (q *jobQueue) remove(j *Job) bool {
	if !j.queued {
		return false
	}
	i, _ := q.at(j.priority)
	l := &q.levels[i]
	if l.seen == j {
		l.seen = j.prev
	}
	if j.prev == nil {
		l.head = j.next
	} else {
		j.prev.next = j.next
	}
	if j.next == nil {
		l.tail = j.prev
	} else {
		j.next.prev = j.prev
	}
	j.next, j.prev, j.queued = nil, nil, false
	q.n--
	// Levels that somebody used once must not add up to a slow search.
	if l.head == nil && len(q.levels) > 8 {
		q.levels = slices.Delete(q.levels, i, i+1)
	}
	return true
}

// all returns the jobs in the order in which they are to run.
func (q *jobQueue) all() []*Job {
	jobs := make([]*Job, 0, q.n)
	for i := range q.levels {
		for j := q.levels[i].head; j != nil; j = j.next {
			jobs = append(jobs, j)
		}
	}
	return jobs
}
