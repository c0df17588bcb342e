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
//   - Sending values: [Queue]. To and fro between two: [Pipe]; one way: [OneWayPipe].
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
//     of. Handles that become unreachable are cleaned up; Close does so at once. But
//     an array or memory of which a slice was taken stays until Close, unless a
//     call of a worker process took it and is over: see [Array.Slice].
//   - Travel. A handle may be closed as soon as it was sent. An argument stays alive
//     until its call has ended, however long that waits and however it ends, the
//     argument of an initializer until its pool is shut down, a result until the
//     parent has it, and an item of a queue until it was got and decoded. Nothing is
//     kept longer than that.
//   - Safety. Use after Close is [ErrClosed], and a slice after Close reads zeros:
//     neither is ever a fault, also when Close comes in the middle of another call.
//     Its addresses are not used again before many GiB of newer memory were.
//   - Memory. It is outside the Go heap, and all of it (of a queue or pipe, what the
//     items need) is taken before it is used. What the machine, its control group or
//     /dev/shm does not have is an error of the constructor, or of Put: it wraps
//     ENOMEM, ENOSPC or EMFILE.
//   - Death. A lock whose holder died goes to the next within milliseconds (on other
//     systems than Linux later, if the holder had much memory), with [ErrOwnerDied]. Values, queues and the state of everything that waits are
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
//   - Cost. An object takes a descriptor and a page of memory in each process. The
//     garbage collector sees neither, so it is called when unreachable ones may have
//     taken a quarter of the descriptors, or 256 MiB. A free lock takes 20 ns to take
//     and release, an atomic method some 10 ns. A process can have some 60,000
//     objects, fewer arrays, and hold the locks of all.
//   - Types. T must be made of numbers, bools, and arrays and structs of them;
//     anything with a pointer is refused with the path to it.
//
// # Order
//
// What a goroutine does before it releases a lock, sets an event, puts an item or stores
// a value happens before what another one does that goes on because of that, in the
// same process and in others, as with the types of package sync. The race detector is
// told of it within a process.
//
// # What happens when
//
// A context ends, a process dies, a call is made twice or comes late: each call says in
// its own documentation what happens then, and [docs/reference/what-happens.md] shows
// all of them side by side.
//
// # Order
//
// Locks order memory as those of sync do: what a process did before Unlock is
// seen by the next holder of the lock, in any process. So do the atomic methods
// of Value, and Put before Get.
//
// # How a lock survives its holder
//
// The word of a lock has the number of the process that holds it. A waiter looks every
// 2 ms whether that process lives; if not, it takes the lock from it. There is one
// store to take a lock and one to release it, so there is no step at which a killed
// process would take a lock with it. The tests kill one at each.
//
//	              Lock: the word becomes our process's number
//	    ┌──────┐ ───────────────────────────────────────────► ┌──────┐
//	    │ free │                                              │ held │
//	    └──────┘ ◄─────────────────────────────────────────── └──────┘
//	       ▲        Unlock: 0, and a wake-up if one is waiting    │
//	       │                                                      │ the process dies
//	       │ Consistent, Unlock                                   │
//	       │                                                      ▼
//	┌───────────────┐      Lock: ErrOwnerDied               ┌───────────┐
//	│ held, suspect │ ◄──────────────────────────────────── │ abandoned │
//	└───────────────┘                                       └───────────┘
//	       │                                                      ▲
//	       └── Unlock without Consistent, or it dies too ─────────┘
//
// Which processes live is in one file of the program, its workers, and theirs. Any other
// process gets an error when it decodes a handle, for it would take the living for dead.
// On Linux one thread of each process does nothing but live: when it ends, be it by
// SIGKILL, the kernel marks the process's place in the file before it clears anything
// away. Elsewhere the process holds a lock on a part of the file, which the system drops
// when it has cleared away the memory of the process: that takes 0.1 s for each GiB.
//
// # In tests
//
// On Linux the thread starts with the first object of the process and shows up as
// one goroutine that never ends: let goleak ignore the top function
// github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread. A testing/synctest
// bubble would wait for it, so make an object before the first bubble begins.
//
// # Platforms
//
// Linux, macOS, the BSDs and Windows have all of it; the page [docs/reference/platforms.md]
// says where they differ. Elsewhere the package compiles, and whatever would make shared memory returns an error that
// wraps [errors.ErrUnsupported].
//
// [docs/reference/what-happens.md]: https://github.com/seed-1b9fde7b/asyncgo/blob/main/docs/reference/what-happens.md
// [docs/reference/platforms.md]: https://github.com/seed-1b9fde7b/asyncgo/blob/main/docs/reference/platforms.md
package shared
