package subprocess

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

var termination = os.Kill

func terminate(p *os.Process) error { return p.Kill() }

func setGroup(*exec.Cmd, *Options) {}

func (c *core) signalGroup(os.Signal) error {
	return fmt.Errorf("subprocess: there are no process groups here: %w", errors.ErrUnsupported)
}

func (c *core) groupLives() bool { return false }

func codeOf(state *os.ProcessState) int { return state.ExitCode() }
