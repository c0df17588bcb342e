package shared_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var rounds = flag.Int("rounds", 30, "how many processes the chaos tests kill; 10000 takes a few minutes")

// dieAfter makes this process kill itself at the given step, counted over all
// locks.
func dieAfter(steps int) {
	var left atomic.Int64
	left.Store(int64(steps))
	shm.OnStep(func(int) {
		if left.Add(-1) == 0 {
			die()
		}
	})
}

// visit is one critical section. The cell says which process is inside: none, unless a
// holder died there.
func visit(ctx context.Context, m *shared.Mutex, inside *shared.Value[int64], me int64) error {
	err := m.Lock(ctx)
	died := errors.Is(err, shared.ErrOwnerDied)
	if err != nil && !died {
		return err
	}
	if was := inside.Swap(me); was != 0 && !died {
		return errors.New("two holders: " + strconv.FormatInt(was, 10))
	}
	if died {
		if err := m.Consistent(); err != nil {
			return err
		}
	}
	if was := inside.Swap(0); was != me {
		return errors.New("somebody came in: " + strconv.FormatInt(was, 10))
	}
	return m.Unlock()
}

var chaosVisitor = helper("chaos visitor", func(c *child) {
	var m shared.Mutex
	var inside, stop shared.Value[int64]
	c.decode(&m, &inside, &stop)
	me, err := strconv.ParseInt(c.args[0], 10, 64)
	must(err)
	if steps, err := strconv.Atoi(c.args[1]); err == nil && steps > 0 {
		dieAfter(steps)
	}
	for stop.Load() == 0 {
		must(visit(context.Background(), &m, &inside, me))
	}
	c.say("stopped")
})

// Processes are killed at every step of taking and releasing a lock for which
// others compete all the time. The lock is never lost and never held twice.
func TestChaosMutex(t *testing.T) {
	m, inside, stop := newMutex(t), newValue(t, int64(0)), newValue(t, int64(0))
	competitor := start(t, chaosVisitor, []string{"1", "0"}, m, inside, stop)
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	for i := range int64(2) {
		wg.Go(func() {
			for stop.Load() == 0 {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				err := visit(ctx, m, inside, 2+i)
				cancel()
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	for i := range *rounds {
		victim := start(t, chaosVisitor, []string{strconv.Itoa(100 + i), strconv.Itoa(1 + rand.IntN(300))}, m, inside, stop)
		victim.died()
		select {
		case err := <-failed:
			require.NoError(t, err, "round %d", i)
		default:
		}
	}
	stop.Store(1)
	competitor.expect("stopped")
	wg.Wait()
	if ok, err := m.TryLock(); !ok || err != nil {
		require.ErrorIs(t, err, shared.ErrOwnerDied)
	}
	require.NoError(t, m.Unlock())
}

// everything is what the victims of TestChaosEverything work with.
type everything struct {
	units *shared.BoundedSemaphore
	cond  *shared.Condition
	queue *shared.Queue[string]
	wide  *shared.Value[point]
	event *shared.Event
	sem   *shared.Semaphore
}

var chaosVictim = helper("chaos victim", func(c *child) {
	e := everything{new(shared.BoundedSemaphore), new(shared.Condition), new(shared.Queue[string]), new(shared.Value[point]), new(shared.Event), new(shared.Semaphore)}
	c.decode(e.units, e.cond, e.queue, e.wide, e.event, e.sem)
	steps, err := strconv.Atoi(c.args[0])
	must(err)
	dieAfter(steps)
	for {
		_ = e.use(50 * time.Millisecond)
	}
})

// use does one of everything, each within the given time.
func (e everything) use(patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.units.Acquire(ctx); err != nil {
		return err
	}
	if err := e.units.Release(); err != nil && !errors.Is(err, shared.ErrNotAcquired) {
		return err
	}
	if err := e.queue.Put(ctx, "some text"); err != nil {
		return err
	}
	if _, err := e.queue.Get(ctx); err != nil {
		return err
	}
	if err := e.queue.TaskDone(); err != nil && !errors.Is(err, shared.ErrNoTask) {
		return err
	}
	if _, err := e.wide.UpdateContext(ctx, func(p point) point { return point{p.X + 1, p.Y + 1, p.Z + 1} }); err != nil {
		return err
	}
	if p := e.wide.Load(); p.X != p.Y || p.Y != p.Z {
		return errors.New("torn")
	}
	e.event.Set()
	if err := e.event.Wait(ctx); err != nil {
		return err
	}
	e.event.Clear()
	if err := e.sem.Release(); err != nil {
		return err
	}
	if err := e.sem.Acquire(ctx); err != nil {
		return err
	}
	if err := e.cond.Mutex().Lock(ctx); err != nil && !errors.Is(err, shared.ErrOwnerDied) {
		return err
	}
	if err := e.cond.Mutex().Consistent(); err != nil {
		return err
	}
	if err := e.cond.Notify(1); err != nil {
		return err
	}
	brief, done := context.WithTimeout(ctx, time.Millisecond)
	defer done()
	if err := e.cond.Wait(brief); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, shared.ErrOwnerDied) {
		return err
	}
	return e.cond.Mutex().Unlock()
}

// Processes are killed at every step of everything that they share; after each
// the others can go on at once.
func TestChaosEverything(t *testing.T) {
	e := everything{
		newBounded(t, 2), newCondition(t, nil),
		newQueue[string](t, shared.QueueConfig{Bytes: 100, Joinable: true}),
		newValue(t, point{}), newEvent(t), newSemaphore(t, 1),
	}
	for i := range *rounds {
		victims := []*process{}
		for range 2 {
			victims = append(victims, start(t, chaosVictim, []string{strconv.Itoa(1 + rand.IntN(300))}, e.units, e.cond, e.queue, e.wide, e.event, e.sem))
		}
		for _, v := range victims {
			v.died()
		}
		for e.queue.Len() > 0 { // what the dead left
			_, err := e.queue.TryGet()
			require.NoError(t, err)
			require.NoError(t, e.queue.TaskDone())
		}
		if e.sem.Value() == 0 { // they may have used up the unit
			require.NoError(t, e.sem.Release())
		}
		require.NoError(t, e.use(20*time.Second), "round %d", i)
		require.Equal(t, 2, e.units.Value())
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		require.NoError(t, e.queue.Join(ctx))
		cancel()
	}
}
