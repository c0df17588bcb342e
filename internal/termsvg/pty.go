//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// columns is the width of the terminal; a line may grow a little by the name of a node.
const columns = 84

// onTerminal runs a command on a terminal of its own and calls output with what it
// prints, as it comes, until it has ended.
func onTerminal(cmd *exec.Cmd, output func([]byte)) error {
	// Through the poller, which a Close of ours ends.
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer master.Close()
	fd := int(master.Fd()) //nolint:gosec // a descriptor
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return err
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: columns}); err != nil {
		return errors.Join(err, slave.Close())
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	if err := errors.Join(err, slave.Close()); err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := master.Read(buf)
		if n > 0 {
			output(buf[:n])
		}
		if err != nil { // EIO when the last process has let go of the terminal
			return cmd.Wait()
		}
	}
}
