//go:build linux

package natsexec_test

import (
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/executortest"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

func TestSuite(t *testing.T) {
	for name, memory := range map[string]bool{"memory": true, "files": false} {
		t.Run(name, func(t *testing.T) {
			executortest.Run(t, func(t *testing.T) executor.Executor {
				p := newPool(t, natsexec.Config{Memory: memory})
				newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 3}})
				return p
			})
		})
	}
}
