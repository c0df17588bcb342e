//go:build asyncgo_portable

package proc

import "runtime"

// gainless calls start, which starts a worker, so that the worker has no privileges that
// this process does not have.
func gainless(start func() error) error {
	could, err := couldGain()
	if err != nil {
		return err
	}
	if !could {
		return start()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with what was set for it
		if err := gainNothing(); err != nil {
			done <- err
			return
		}
		done <- start()
	}()
	return <-done
}
