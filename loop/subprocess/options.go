package subprocess

import (
	"os"
	"os/exec"
	"time"
)

// DefaultGrace is the time that a process has to end by itself once it was asked to.
const DefaultGrace = 5 * time.Second

// Options say how a process is started. The zero value inherits the standard streams,
// the environment and the directory.
type Options struct {
	// Stdin, Stdout and Stderr are where the standard streams lead: by default to
	// those of this program.
	Stdin, Stdout, Stderr Redirect

	// Limit is that of the Readers of Stdout and Stderr. Zero means
	// stream.DefaultLimit, less is stream.ErrLimit.
	Limit int

	// Dir is the directory in which the process begins. It stands for cwd.
	Dir string

	// Env is the environment, as "name=value". Nil means that of this program.
	Env []string

	// ExtraFiles are open in the process from descriptor 3 on. They stand for
	// pass_fds. Not on Windows.
	ExtraFiles []*os.File

	// Grace is how long the process has, once its context has ended, from the
	// request to terminate until it is killed. Zero means [DefaultGrace], less
	// than zero no time: it is killed at once.
	Grace time.Duration

	// ShareGroup leaves the process in the process group of this program, as
	// Python does, in place of one of its own. A program that reads the terminal
	// needs that. What such a process has started is not ended with it, and the
	// calls for the group are refused.
	ShareGroup bool

	// NewSession makes the process the leader of a session, without a terminal. It
	// stands for start_new_session. Not on Windows.
	NewSession bool

	// Prepare, if not nil, may change the command before it is started: the user,
	// say, in SysProcAttr. It runs on a goroutine that is not the loop's.
	Prepare func(*exec.Cmd)
}

// A Redirect says where a standard stream leads. The zero value is that of this
// program, as None is in Python.
type Redirect struct {
	kind redirectKind
	file *os.File
}

type redirectKind uint8

const (
	inherit redirectKind = iota
	pipe
	devNull
	toStdout
	toFile
)

var (
	// Pipe makes a stream of [Process] of it. It stands for subprocess.PIPE.
	Pipe = Redirect{kind: pipe}

	// DevNull is nothing: no input, and output that is thrown away. It stands for
	// subprocess.DEVNULL.
	DevNull = Redirect{kind: devNull}

	// Stdout sends the standard error where the standard output goes. It stands
	// for subprocess.STDOUT.
	Stdout = Redirect{kind: toStdout}
)

// File leads to f, which stays open here; the caller closes it.
func File(f *os.File) Redirect { return Redirect{kind: toFile, file: f} }
