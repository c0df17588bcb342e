//go:build linux

package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// What a call of chaos does in its worker, beside returning its number.
const (
	behaves = iota
	napsShortly
	waitsForCancel
	failsDeeply
	failsInCircles
	callsGoexit
	// From here on the worker does not survive it.
	dies
	killsItself
	panicsHard
	sendsGarbage
	closesSocket
	closesEverything
	leavesChild
	writesMuch
	allocatesMuch
	stopsItself
	ignoresCancel
	misdeeds
)

type chaosArg struct {
	N     int
	Deed  int
	Bytes []byte
}

type chaosResult struct {
	N     int
	Bytes []byte
}

var chaos = executor.Register("test.chaos", func(ctx context.Context, a chaosArg) (chaosResult, error) {
	result := chaosResult{a.N, a.Bytes}
	switch a.Deed {
	case napsShortly:
		time.Sleep(time.Duration(a.N%3) * time.Millisecond)
	case waitsForCancel:
		<-ctx.Done()
	case failsDeeply:
		err := errChaos
		for range a.N % 200 {
			err = fmt.Errorf("deeper: %w", err)
		}
		return result, err
	case failsInCircles:
		return result, &circular{}
	case dies:
		os.Exit(a.N % 256)
	case killsItself:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case panicsHard:
		go func() { panic("chaos in a goroutine of its own") }()
		select {}
	case callsGoexit:
		runtime.Goexit()
	case sendsGarbage:
		_, _ = proc.Parent().Transport.Send([]byte("chaos"), nil)
		proc.Parent().Transport.Wake()
		select {}
	case closesSocket:
		_ = proc.Parent().Control.Close()
		select {}
	case closesEverything:
		for fd := range 64 {
			_ = syscall.Close(fd)
		}
		select {}
	case leavesChild:
		cmd := exec.Command("sleep", "0.3")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return result, err
		}
	case writesMuch:
		line := make([]byte, 1000)
		for range 1000 {
			_, _ = os.Stderr.Write(line)
		}
	case allocatesMuch:
		hog = make([]byte, 64<<20)
		for i := 0; i < len(hog); i += 4096 {
			hog[i] = 1
		}
		hog = nil
	case stopsItself:
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case ignoresCancel:
		time.Sleep(20 * time.Millisecond)
	}
	return result, ctx.Err()
})

// errChaos keeps its identity on the way to the parent.
var errChaos = errors.New("an error of chaos")

var _ = executor.RegisterError("test.errChaos", errChaos)

// A circular error wraps itself.
type circular struct{}

func (c *circular) Error() string   { return "an error that wraps itself" }
func (c *circular) Unwrap() []error { return []error{c, errChaos, c} }

// Where the codec of an evilValue ends the goroutine that calls it, or panics.
const (
	evilInArgument = 1 + iota // when the worker decodes the argument
	evilInResult              // when the worker encodes the result
	evilInParent              // when the parent decodes the result
	evilInError               // when the worker asks an error for its text
	evilPanics     = 1 << 4
)

// An evilValue is an argument whose codec does what no codec should.
type evilValue struct{ how int }

func (e evilValue) MarshalBinary() ([]byte, error) { return []byte{byte(e.how)}, nil }

func (e *evilValue) UnmarshalBinary(b []byte) error {
	e.how = int(b[0])
	beEvil(e.how, evilInArgument)
	return nil
}

// An evilResult is a result whose codec does.
type evilResult struct{ how int }

func (e evilResult) MarshalBinary() ([]byte, error) {
	beEvil(e.how, evilInResult)
	return []byte{byte(e.how)}, nil
}

func (e *evilResult) UnmarshalBinary(b []byte) error {
	e.how = int(b[0])
	beEvil(e.how, evilInParent)
	return nil
}

type evilError struct{ how int }

func (e evilError) Error() string {
	beEvil(e.how, evilInError)
	return "an evil error"
}

func beEvil(how, where int) {
	switch how {
	case where:
		runtime.Goexit()
	case where | evilPanics:
		panic("an evil codec")
	}
}

var wicked = executor.Register("test.wicked", func(_ context.Context, e evilValue) (evilResult, error) {
	if e.how&^evilPanics == evilInError {
		return evilResult{}, evilError(e)
	}
	return evilResult(e), nil
})

// chaosInit fails to return now and then.
var chaosInit = executor.RegisterNoResult("test.chaosInit", func(_ context.Context, one int) error {
	if rand.IntN(one) == 0 {
		os.Exit(1)
	}
	return nil
})

// chaosStarts is the variable of the environment that makes one worker in so many
// stop, hang or exit before it gets to Main.
const chaosStarts = "ASYNCGO_TEST_CHAOS_STARTS"

var _ = startInChaos()

func startInChaos() bool {
	one, err := strconv.Atoi(os.Getenv(chaosStarts))
	if err != nil || rand.IntN(one) != 0 {
		return false
	}
	switch rand.IntN(3) {
	case 0:
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case 1:
		select {} // the runtime sees no deadlock: another goroutine watches the parent
	default:
		os.Exit(3)
	}
	return true
}
