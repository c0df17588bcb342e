package proc

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"
)

var sysBells bells = events{}

// events are bells: two for each, one in either direction. To wait holds a thread, as it
// does where there is a futex.
type events struct{}

func (events) create() (ours bellPair, inherited []handle, err error) {
	var pair [2]*bell
	for i := range pair {
		b, theirs, err := newBell()
		if err != nil {
			for _, h := range inherited {
				_ = h.Close()
			}
			if i > 0 {
				_ = pair[0].Close()
			}
			return bellPair{}, nil, fmt.Errorf("proc: bell: %w", err)
		}
		pair[i] = b
		inherited = append(inherited, theirs...)
	}
	return bellPair{pair[0], pair[1]}, inherited, nil
}

// newBell returns a bell and what sounds at it and is heard at it, in this order, for
// the other side to inherit.
func newBell() (_ *bell, theirs []handle, err error) {
	b := &bell{}
	defer func() {
		if err != nil {
			_ = b.Close()
			for _, h := range theirs {
				_ = h.Close()
			}
		}
	}()
	for _, event := range []*windows.Handle{&b.sound, &b.hear} {
		if *event, err = windows.CreateEvent(nil, 0, 0, nil); err != nil {
			return nil, theirs, os.NewSyscallError("CreateEvent", err)
		}
		their, err := copyOf(*event, true)
		if err != nil {
			return nil, theirs, err
		}
		theirs = append(theirs, handle(their))
	}
	return b, theirs, nil
}

func (events) open(inherited []uintptr) (bellPair, error) {
	const each = 2
	if len(inherited) < 2*each {
		return bellPair{}, errors.New("there are no bells")
	}
	var pair [2]*bell
	for i := range pair {
		// What sounds there is heard here.
		hear, err := take(inherited[i*each])
		if err != nil {
			return bellPair{}, err
		}
		sound, err := take(inherited[i*each+1])
		if err != nil {
			return bellPair{}, err
		}
		pair[i] = &bell{sound: sound, hear: hear}
	}
	return bellPair{pair[0], pair[1]}, nil
}

type bell struct {
	sound, hear windows.Handle

	closed atomic.Bool
	use    sync.RWMutex // held for reading while the events are in use
}

// Ring is of ring.Bell.
func (b *bell) Ring() {
	b.use.RLock()
	defer b.use.RUnlock()
	if !b.closed.Load() {
		_ = windows.SetEvent(b.sound)
	}
}

// deafFor is how long a wait takes at a bell that is closed.
const deafFor = time.Millisecond

// Wait is of ring.Bell.
func (b *bell) Wait(timeout time.Duration) {
	b.use.RLock()
	defer b.use.RUnlock()
	if b.closed.Load() {
		sleep(deafFor)
		return
	}
	ms := uint32(windows.INFINITE)
	if timeout > 0 {
		ms = uint32(min((timeout+time.Millisecond-1)/time.Millisecond, windows.INFINITE-1))
	}
	_, _ = windows.WaitForSingleObject(b.hear, ms)
}

// Close ends all waits.
func (b *bell) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	// One that waits has seen the bell open, and hears this.
	_ = windows.SetEvent(b.hear)
	b.use.Lock()
	defer b.use.Unlock()
	return errors.Join(windows.CloseHandle(b.sound), windows.CloseHandle(b.hear))
}
