package shared_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// dieAt makes this process kill itself when a lock gets to the given step.
func dieAt(step int) {
	shm.OnStep(func(now int) {
		if now == step {
			die()
		}
	})
}

// die kills this process.
func die() {
	killSelf()
	select {}
}

var mutexVictim = helper("mutex victim", func(c *child) {
	step, err := strconv.Atoi(c.args[0])
	must(err)
	var m shared.Mutex
	c.decode(&m)
	dieAt(step)
	c.say("ready")
	must(m.Lock(context.Background()))
	if c.args[1] == "hold" {
		c.say("held")
		c.hear()
	}
	must(m.Unlock())
	c.say("survived")
})

// The lock must be had after its holder died at any step, with ErrOwnerDied if
// and only if it had the lock.
func TestMutexHolderDiesAtEveryStep(t *testing.T) {
	for step := shm.StepLockPending; step <= shm.StepUnlockWoken; step++ {
		t.Run(strconv.Itoa(step), func(t *testing.T) {
			m := newMutex(t)
			p := start(t, mutexVictim, []string{strconv.Itoa(step), ""}, m)
			p.expect("ready")
			p.died()
			ok, err := m.TryLock()
			require.True(t, ok, "the lock is lost")
			if step >= shm.StepLockTaken && step <= shm.StepUnlockPending {
				require.ErrorIs(t, err, shared.ErrOwnerDied)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, m.Unlock())
		})
	}
}

// The same with a waiter asleep, which must be woken.
func TestMutexHolderDiesAtEveryStepOfUnlockBeforeAWaiter(t *testing.T) {
	for step := shm.StepUnlockPending; step <= shm.StepUnlockWoken; step++ {
		t.Run(strconv.Itoa(step), func(t *testing.T) {
			m := newMutex(t)
			p := start(t, mutexVictim, []string{strconv.Itoa(step), "hold"}, m)
			p.expect("ready")
			p.expect("held")
			got := make(chan error)
			go func() { got <- m.Lock(context.Background()) }()
			asleep(t, m)
			p.tell("go")
			select {
			case err := <-got:
				if step <= shm.StepUnlockPending {
					require.ErrorIs(t, err, shared.ErrOwnerDied)
				} else {
					require.NoError(t, err)
				}
			case <-time.After(10 * time.Second):
				require.Fail(t, "the lock is lost")
			}
			require.NoError(t, m.Unlock())
			p.died()
		})
	}
}

// A waiter that dies just before or after it was woken must not take the wake-up
// with it.
func TestMutexWaiterDiesAsleepAndAwake(t *testing.T) {
	for _, step := range []int{shm.StepWaitMarked, shm.StepWaitWoken} {
		t.Run(strconv.Itoa(step), func(t *testing.T) {
			m := newMutex(t)
			require.NoError(t, m.Lock(t.Context()))
			victim := start(t, mutexVictim, []string{strconv.Itoa(step), ""}, m)
			victim.expect("ready")
			asleep(t, m)
			other := start(t, mutexHolder, nil, m)
			require.NoError(t, m.Unlock())
			other.expect("held")
			victim.died()
			other.kill()
			require.ErrorIs(t, m.Lock(t.Context()), shared.ErrOwnerDied)
			require.NoError(t, m.Unlock())
		})
	}
}

// A goroutine may still be on its way out of Unlock when the next test sets the steps.
func TestStepsAreSetWhileALockIsUsed(t *testing.T) {
	m := newMutex(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				must(m.Lock(context.Background()))
				must(m.Unlock())
			}
		}
	}()
	for range 100 {
		seen := make(chan int, 1)
		shm.OnStep(func(step int) {
			select {
			case seen <- step:
			default:
			}
		})
		<-seen
		shm.OnStep(nil)
	}
	close(stop)
	<-stopped
}
