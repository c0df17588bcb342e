package executor

import (
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
}

type level struct {
	priority   int
	head, tail *Job
}

func (q *jobQueue) len() int { return q.n }

// at returns the level of a priority, or where it belongs.
func (q *jobQueue) at(priority int) (int, bool) {
	if len(q.levels) == 1 && q.levels[0].priority == priority {
		return 0, true
	}
	return slices.BinarySearchFunc(q.levels, priority, func(l level, p int) int { return p - l.priority })
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
