// Command gains drops privileges, in the way that its argument says, and prints
// which its worker has.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var status = executor.RegisterNoArg("status", func(context.Context) (string, error) { return read() })

// read returns the effective user and the permitted capabilities of this process.
func read() (string, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("user %d", os.Geteuid())
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "CapPrm:") {
			text += " " + strings.Join(strings.Fields(line), " ")
		}
	}
	return text, nil
}

func main() {
	executor.Main()
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, how string) error {
	before, err := read()
	if err != nil {
		return err
	}
	switch how {
	case "user":
		err = syscall.Setresuid(os.Getuid(), os.Getuid(), os.Getuid())
	case "capabilities":
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none)), 0); errno != 0 {
			err = errno
		}
	}
	if err != nil {
		return err
	}
	after, err := read()
	if err != nil {
		return err
	}
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	if err != nil {
		return err
	}
	f, err := executor.Submit(ctx, pool, status.Bind())
	if err != nil {
		return err
	}
	worker, err := f.Await(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("at first: %s\ndropped:  %s\nworker:   %s\n", before, after, worker)
	return pool.Shutdown(ctx)
}
