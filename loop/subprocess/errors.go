package subprocess

import "errors"

var (
	// ErrRedirect is returned for a [Redirect] that makes no sense for the stream:
	// [Stdout] for anything but the standard error.
	ErrRedirect = errors.New("subprocess: only Stderr can be redirected to Stdout")

	// ErrNoPipe is returned by [Process.Communicate] for input to a process whose
	// standard input is no pipe. Set Options.Stdin to [Pipe].
	ErrNoPipe = errors.New("subprocess: there is input, but Stdin is no pipe: set Options.Stdin to Pipe")

	// ErrNoGroup is returned by the calls for the process group of a process that
	// has none of its own, because of Options.ShareGroup.
	ErrNoGroup = errors.New("subprocess: the process has no group of its own: leave Options.ShareGroup unset")
)
