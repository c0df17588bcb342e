// Package shared is memory that processes share, and the locks, signals and
// queues that make it safe, none of which is lost when a process dies.
//
// It is multiprocessing's Value, Array, Lock and the like, for Go. A handle (a
// *Value, a *Mutex, …) travels to another process as an argument of a call, an
// initializer's argument or an item of a Queue; what arrives is the same memory.
//
// # Which type do I want?
//
//   - One number, flag or small struct: [Value]. To count, [Value.Add]; to change
//     it by a function, [Value.Update].
//   - Many numbers: [Array]. Its Slice is the memory itself.
//   - Bytes of your own layout, or memory that another program finds by name:
//     [Memory].
//   - One at a time: the [Mutex] of the value or array, or one of its own. One at a
//     time and again by itself: [RLock].
//   - At most n at a time: [BoundedSemaphore].
//   - Counting signals: [Semaphore]. One signal for all: [Event].
//   - Waiting until something holds: [Condition].
//   - Waiting for each other, in rounds: [Barrier].
//   - A few items of mixed types: [ShareableList].
//   - Sending values: [Queue]. To and fro between two: [Pipe].
//
// There is no RWMutex: Value.Load and Array.Get never wait for a lock, and what
// takes longer to read can be copied under the Mutex. And there is no Manager:
// serve such objects over a network.
//
// Within one process the types of sync and channels do the same for less.
//
// # Guarantees
//
//   - Lifetime. Memory has no name (but see CreateMemory) and lives as long as some
//     process uses it; the kernel frees it after the last one, whatever that died
//     of. Handles that become unreachable are cleaned up; Close does so at once. A
//     handle that was sent is kept for half a minute, for its receiver.
//   - Safety. Use after Close is [ErrClosed], and a slice after Close reads zeros:
//     neither is ever a fault, also when Close comes in the middle of another call.
//   - Death. A lock whose holder died goes to the next within milliseconds, with
//     [ErrOwnerDied]. Values, queues and the state of everything that waits are
//     whole at that moment, because each change takes effect in one store; what is
//     in an array or a memory is the business of its lock. Waiters never depend on
//     the dead: a notification passes on, a bounded unit comes back, a barrier
//     breaks.
//   - Waiting. Whatever waits takes a context and gives up with its error. In a
//     task of package loop it suspends the task, in a plain goroutine it blocks
//     that goroutine, and in a bare callback of a loop it fails at once. A
//     thousand waiting goroutines cost one thread.
//   - Trust. What another process sent is checked before use; a process that
//     writes garbage into shared memory can spoil the data there, not this process.
//   - Cost. An object takes a descriptor and a page of memory in each process, a
//     free lock 40 ns to take and release, an atomic method some 10 ns. A process
//     can have some 60,000 objects and hold 2000 locks.
//   - Types. T must be made of numbers, bools, and arrays and structs of them;
//     anything with a pointer is refused with the path to it.
//
// # What happens when
//
// For each call: when its context ends, when a process dies in it or with what it
// had taken, when it is made a second time, and when the handle is closed, be it
// before the call or while it waits. A dash says that there is no such case, or that
// it changes nothing; what panics does so with ErrClosed.
//
//	call                         ctx ends             a process dies            twice                    after Close
//	Mutex.Lock                   ctx's error          ErrOwnerDied, yours       waits for itself         ErrClosed
//	Mutex.TryLock                -                    true, ErrOwnerDied        false                    ErrClosed
//	Mutex.Unlock                 -                    -                         ErrNotLocked (*)         works
//	Mutex.Consistent             -                    makes up for it           -                        ErrClosed
//	Mutex.Do                     ctx's error          ErrOwnerDied, fn not run  in fn: waits for itself  ErrClosed
//	Mutex.Locker                 -                    Lock says nothing         as Lock, Unlock          Lock panics, Unlock works
//	RLock.Lock                   ctx's error          ErrOwnerDied, yours       held once more           ErrClosed
//	RLock.TryLock                -                    true, ErrOwnerDied        held once more           ErrClosed
//	RLock.Unlock                 -                    -                         ErrNotOwner              works
//	RLock.Consistent             -                    makes up for it           -                        ErrClosed
//	Semaphore.Acquire            ctx's error          its units are lost        another unit             ErrClosed
//	Semaphore.TryAcquire         -                    its units are lost        another unit             ErrClosed
//	Semaphore.Release            -                    -                         another unit             ErrClosed
//	Semaphore.Value              -                    -                         -                        panics
//	BoundedSemaphore.Acquire     ctx's error          its units come back       another unit             ErrClosed
//	BoundedSemaphore.TryAcquire  -                    its units come back       another unit             ErrClosed
//	BoundedSemaphore.Release     -                    -                         ErrNotAcquired (*)       works
//	BoundedSemaphore.Value       -                    -                         -                        panics
//	Event.Wait                   ctx's error          -                         -                        ErrClosed
//	Event.Set, Clear             -                    -                         nothing                  panics
//	Event.IsSet                  -                    -                         -                        panics
//	Condition.Wait, WaitFor      ctx's error, locked  the next is woken         waits again              ErrClosed, locked
//	Condition.Notify, NotifyAll  -                    the next is woken         wakes others             ErrClosed
//	Condition.Mutex              -                    -                         -                        the lock
//	Barrier.Wait, WaitDo         ErrBroken, for all   ErrBroken, for all        another round            ErrClosed, breaks it
//	Barrier.Abort                -                    -                         nothing                  ErrClosed
//	Barrier.Reset                -                    mends it                  another round            ErrClosed
//	Barrier.Parties, Waiting     -                    -                         -                        panics
//	Barrier.Broken               -                    true                      -                        panics
//	Queue.Put, TryPut            ctx's error          all of it or nothing      another item             ErrClosed
//	Queue.Get, TryGet            ctx's error          what it got is lost       another item             ErrClosed
//	Queue.TaskDone               -                    done for it               another, ErrNoTask       ErrClosed
//	Queue.Join                   ctx's error          does not wait for it      -                        ErrClosed
//	Queue.Len                    -                    -                         -                        panics
//	Conn.Send                    ctx's error          io.ErrClosedPipe          another item             ErrClosed
//	Conn.Recv                    ctx's error          the rest, then io.EOF     another item             ErrClosed
//	Conn.Poll                    false                true                      -                        false
//	Value.Load, Store, Swap      -                    old value or new          -                        panics
//	Value.CompareAndSwap, Add    -                    old value or new          again                    panics
//	Value.Update                 -                    old value, goes on        in fn: waits for itself  ErrClosed
//	Value.UpdateContext          ctx's error          old value, goes on        in fn: waits for itself  ErrClosed
//	Array.Get, Set               -                    half an element, maybe    -                        panics
//	Array.Update                 -                    ErrOwnerDied, fn not run  in fn: waits for itself  ErrClosed
//	Array.UpdateContext          ctx's error          ErrOwnerDied, fn not run  in fn: waits for itself  ErrClosed
//	Array.Slice, Len             -                    -                         -                        panics
//	Value.Mutex, Array.Mutex     -                    -                         the same                 a closed one
//	Text                         -                    a mixture, maybe          -                        panics
//	SetText                      -                    a mixture, maybe          -                        ErrClosed
//	ShareableList.Get, All, Len  -                    old item or new           -                        panics
//	ShareableList.Set            -                    old item or new           -                        ErrClosed
//	Memory.Bytes, Size           -                    -                         -                        panics
//	Memory.Name                  -                    -                         -                        panics, if it has none
//	Memory.Unlink                -                    the name stays            fs.ErrNotExist           works
//	CreateMemory                 -                    the name stays            fs.ErrExist              the name stays
//	OpenMemory                   -                    the memory stays          another handle           -
//	*.Close                      -                    the kernel does it        nothing                  nothing
//	*.MarshalBinary              -                    cannot be decoded         as good                  ErrClosed
//	*.UnmarshalBinary            -                    an error, if it sent it   replaces what it was     opens it
//	*.String                     -                    -                         -                        says so
//	New*, Pipe                   -                    -                         another object           -
//
// (*) They know processes, not goroutines: what somebody else has taken meanwhile is
// released. Where ctx has ended and what is waited for is there, the call has it; its
// error is both ctx's error and its cause. Update without a context ends its wait
// when the task is canceled that it is called in. A pipe notices the death of the
// last process that has the other end. All may be called by several goroutines and
// processes at once, but for UnmarshalBinary, which needs the handle for itself.
// Whatever makes a handle fails with the system's error when memory or descriptors
// run out.
//
// # Order
//
// Locks order memory as those of sync do: what a process did before Unlock is
// seen by whoever holds the lock next, in any process. So do the atomic methods
// of Value, and Put before Get.
//
// # How a lock survives its holder
//
// The kernel releases, when a thread ends, the locks on the thread's robust list.
// Goroutines change threads, so one thread of each process, parked for ever,
// owns all locks that the process holds. It ends when the process does, be it by
// SIGKILL, and the kernel then marks every lock on its list and wakes a waiter.
//
//	              Lock: the word becomes our thread's number
//	    ┌──────┐ ───────────────────────────────────────────► ┌──────┐
//	    │ free │                                              │ held │
//	    └──────┘ ◄─────────────────────────────────────────── └──────┘
//	       ▲        Unlock: 0, and a wake-up if somebody slept    │
//	       │                                                      │ the process dies:
//	       │ Consistent, Unlock                                   │ the kernel marks the
//	       │                                                      ▼ word, wakes a waiter
//	┌───────────────┐      Lock: ErrOwnerDied               ┌───────────┐
//	│ held, suspect │ ◄──────────────────────────────────── │ abandoned │
//	└───────────────┘                                       └───────────┘
//	       │                                                      ▲
//	       └── Unlock without Consistent, or it dies too ─────────┘
//
// Between the store to the word and the entry in the list, the lock is announced
// to the kernel as pending, so there is no step at which a killed process would
// take a lock with it. The tests kill one at each.
//
// # In tests
//
// The parked thread starts with the first object of the process and shows up as
// one goroutine that never ends: let goleak ignore the top function
// github.com/seed-1b9fde7b/asyncgo/internal/shm.parkedThread. A testing/synctest
// bubble would wait for it, so make an object before the first bubble begins.
//
// # Platforms
//
// Linux has all of it. Elsewhere the package compiles, and whatever would make
// shared memory returns an error that wraps [errors.ErrUnsupported].
package shared
