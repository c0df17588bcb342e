//go:build unix

package live

import (
	"os"
	"os/exec"
	"testing"
)

func handDown(_ *testing.T, cmd *exec.Cmd, f *os.File) { cmd.ExtraFiles = []*os.File{f} }

func handed() uintptr { return 3 }
