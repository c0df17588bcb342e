// Package worker tells whether this process was started as a worker. It is apart from
// package proc, which starts workers, because package live must know it before any
// package that uses shared memory is initialized.
package worker

import (
	"os"
	"strconv"
	"strings"
)

// Variable is the name of the environment variable that makes a process a worker. It is
// taken out of the environment before any package that imports this one sees it.
const Variable = "ASYNCGO_WORKER"

// Value is the value of the variable in the environment of a worker whose Hello has the
// nonce and that this process starts.
func Value(nonce string) string { return nonce + ":" + strconv.Itoa(os.Getpid()) }

// A Start is what the environment said.
type Start struct {
	Asked bool   // the variable was there
	Mine  bool   // and from this process's parent
	Nonce string // of the Hello
}

// Started is what the environment of this process said.
var Started = look()

func look() Start {
	value, ok := os.LookupEnv(Variable)
	if !ok {
		return Start{}
	}
	_ = os.Unsetenv(Variable) // before other code starts a process, which is no worker
	nonce, parent, _ := strings.Cut(value, ":")
	return Start{Asked: true, Mine: parent == strconv.Itoa(os.Getppid()), Nonce: nonce}
}
