package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// A board is memory that two processes share, for the limits: words far enough from each
// other, and two rings behind them.
type board struct {
	word [8]struct {
		v atomic.Uint32
		_ [60]byte
	}
	to, from ring
}

// A ring has one writer and one reader.
type ring struct {
	head atomic.Uint64
	_    [56]byte
	tail atomic.Uint64
	_    [56]byte
	slot [ringSlots][slotSize]byte
}

const (
	ringSlots = 256
	slotSize  = 1024
)

func mapBoard(f *os.File) (*board, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, int(unsafe.Sizeof(board{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return (*board)(unsafe.Pointer(&mem[0])), nil
}

func (b *board) close() {
	_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(b)), unsafe.Sizeof(*b)))
}

// withBoard calls fn with a board and so many children that have it, too.
func withBoard(ctx context.Context, children int, fn func(*board) error, args ...string) error {
	fd, err := unix.MemfdCreate("bench", unix.MFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "board")
	defer f.Close()
	if err := f.Truncate(int64(unsafe.Sizeof(board{}))); err != nil {
		return err
	}
	b, err := mapBoard(f)
	if err != nil {
		return err
	}
	defer b.close()
	var all []*child
	for range children {
		c, err := startChild(ctx, []*os.File{f}, args...)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	// The measuring thread is the only one that is to run here.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = fn(b)
	for _, c := range all {
		c.goOn()
		if e := c.cmd.Wait(); err == nil {
			err = e
		}
	}
	return err
}

// memoryChild is the other process of withBoard.
func memoryChild(what string) error {
	b, err := mapBoard(os.NewFile(3, "board"))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(os.Args[3])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(os.Args[4])
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	_, _ = os.Stdout.Write([]byte{'x'})
	switch what {
	case "futex":
		for i := range uint32(n) {
			futexWait(&b.word[0].v, 2*i)
			b.word[0].v.Store(2*i + 2)
			futexWake(&b.word[0].v)
		}
	case "ring":
		message := make([]byte, size)
		for range n {
			b.to.move(&b.from, message)
		}
	case "add":
		futexWait(&b.word[0].v, 0)
		for range n {
			b.word[1].v.Add(1)
		}
	default:
		return fmt.Errorf("no limit is called %s", what)
	}
	return nil
}

const (
	futexOpWait = 0
	futexOpWake = 1
)

func futexWait(word *atomic.Uint32, while uint32) {
	for word.Load() == while {
		_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWait, uintptr(while), 0, 0, 0)
	}
}

func futexWake(word *atomic.Uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWake, 1<<30, 0, 0, 0)
}

// futexPingPong: a word changed, its waiter in another process woken, and the same back.
// Neither side spins.
func futexPingPong(ctx context.Context, opts measure.Options) (ns float64, err error) {
	n := opts.Scaled(10_000)
	err = withBoard(ctx, 1, func(b *board) error {
		start := time.Now()
		for i := range uint32(n) {
			b.word[0].v.Store(2*i + 1)
			futexWake(&b.word[0].v)
			futexWait(&b.word[0].v, 2*i+1)
		}
		ns = float64(time.Since(start).Nanoseconds()) / float64(n)
		return nil
	}, "futex", strconv.Itoa(n), "0")
	return ns, err
}

// atomicAdd: four processes add to one word, without any lock.
func atomicAdd(ctx context.Context, opts measure.Options) (ns float64, err error) {
	n := opts.Scaled(25_000)
	err = withBoard(ctx, workers, func(b *board) error {
		start := time.Now()
		b.word[0].v.Store(1)
		futexWake(&b.word[0].v)
		for b.word[1].v.Load() != uint32(n*workers) {
			yield()
		}
		ns = float64(time.Since(start).Nanoseconds()) / float64(n*workers)
		return nil
	}, "add", strconv.Itoa(n), "0")
	return ns, err
}

// bareRing: messages of so many integers put into a ring, which another process moves to a
// second ring, where they are read again. It returns the integers a second.
func bareRing(items int) func(context.Context, measure.Options) (float64, error) {
	return func(ctx context.Context, opts measure.Options) (rate float64, err error) {
		n := opts.Scaled(100_000)
		size := 8 * items
		err = withBoard(ctx, 1, func(b *board) error {
			out, in := make([]byte, size), make([]byte, size)
			start := time.Now()
			for sent, got := 0, 0; got < n; {
				moved := false
				if sent < n && b.to.put(out) {
					sent++
					moved = true
				}
				if b.from.take(in) {
					got++
					moved = true
				}
				if !moved {
					yield()
				}
			}
			rate = float64(n*items) / time.Since(start).Seconds()
			return nil
		}, "ring", strconv.Itoa(n), strconv.Itoa(size))
		return rate, err
	}
}

func (r *ring) put(message []byte) bool {
	at := r.tail.Load()
	if at-r.head.Load() == ringSlots {
		return false
	}
	copy(r.slot[at%ringSlots][:], message)
	r.tail.Store(at + 1)
	return true
}

func (r *ring) take(message []byte) bool {
	at := r.head.Load()
	if at == r.tail.Load() {
		return false
	}
	copy(message, r.slot[at%ringSlots][:])
	r.head.Store(at + 1)
	return true
}

// move takes one message and puts it into the other ring.
func (r *ring) move(to *ring, message []byte) {
	for !r.take(message) {
		yield()
	}
	for !to.put(message) {
		yield()
	}
}

// yield gives the processor to another process, if one wants it.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
