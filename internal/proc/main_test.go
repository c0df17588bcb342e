//go:build linux || darwin || freebsd || netbsd || openbsd || windows

package proc

import (
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// blockVariable makes this program wait for the end of its input.
const blockVariable = "ASYNCGO_PROC_BLOCK"

func TestMain(m *testing.M) {
	if in := Parent(); in != nil {
		echo(in)
	}
	if os.Getenv(blockVariable) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	goleak.VerifyTestMain(m)
}

// echo is a worker that sends back what it gets.
func echo(in *Inherited) {
	_ = in.Control.Send(wire.Message{Kind: wire.Hello, ID: wire.Version, Body: []byte(in.Nonce)}, -1)
	go func() {
		for {
			if _, _, err := in.Control.Recv(); err != nil {
				os.Exit(0)
			}
		}
	}()
	for {
		msg, ok, err := in.Transport.Recv()
		if err != nil {
			os.Exit(1)
		}
		if !ok {
			in.Transport.Wait(0)
			continue
		}
		_ = in.Transport.Stream(msg, nil, func() {}, func() bool { return true })
	}
}
