// Package subprocess runs commands as asyncio does: [Exec] and [Shell] start one, and its
// [Process] has the standard streams as a [stream.Writer] and two of
// type [stream.Reader].
//
//	p, err := subprocess.Exec(ctx, subprocess.Options{Stdout: subprocess.Pipe}, "git", "log", "--oneline")
//	if err != nil {
//		return err
//	}
//	for line, err := range p.Stdout.Lines(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Printf("%s", line)
//	}
//	code, err := p.Wait(ctx)
//
// It is a layer over [os/exec], which the waits of this package make fit for tasks, and
// which serves code without a loop as well.
//
// # Guarantees
//
//   - Whatever waits suspends the task that calls it, and blocks a plain goroutine.
//   - Every process is reaped when it exits, waited for or not: there are no zombies.
//   - The end of the context with which a process was started ends the process, and all
//     that it has started: its group is asked to terminate, and killed after a grace. A
//     process that is to outlive its task is started with context.WithoutCancel. The end
//     of the context of a wait ends the wait only, as in asyncio.
//   - When the loop closes that carried the context, what still runs is killed.
//   - A pipe is closed when it has come to its end, when the process has exited (of the
//     standard input), and when it is out of reach. None leaks, and neither
//     does a goroutine.
//   - Output is taken in up to twice the limit of the streams, no further than that
//     until it is read. A process that is not read waits, and [Process.Communicate]
//     reads everything.
//
// # What systems lack
//
// On Windows there are neither signals nor groups of this kind: Terminate is Kill, the
// calls for the group return an error that wraps [errors.ErrUnsupported], and the end of
// the context kills the process alone.
package subprocess
