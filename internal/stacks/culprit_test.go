package stacks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCulpritIsTheFirstLineOfTheUser(t *testing.T) {
	head := "goroutine 7 [running]:\nruntime/debug.Stack()\n\t" + standardSource + "runtime/debug/stack.go:26 +0x5e\n" +
		module + "executor.caught(...)\n\t/src/asyncgo/executor/jobrun.go:136\n"
	panicked := "panic({0x1?, 0x2?})\n\t" + standardSource + "runtime/panic.go:860 +0x13a\n"
	for name, c := range map[string]struct{ stack, file string }{
		"at once":             {head + panicked + "main.work(0x1)\n\t/src/app/main.go:12 +0x1\n", "/src/app/main.go"},
		"through the runtime": {head + panicked + "runtime.goPanicIndex(0x2, 0x0)\n\t" + standardSource + "runtime/panic.go:115 +0x74\nexample.com/app/deep.(*T).Work(0x1)\n\t/src/app/deep/t.go:9 +0x1\n", "/src/app/deep/t.go"},
		"through the library": {head + panicked + "strings.Repeat({0x1, 0x2}, 0x3)\n\t" + standardSource + "strings/strings.go:624 +0x5\n" + module + "executor.invoke[...](...)\n\t/src/asyncgo/executor/invoke.go:9\nmain.init.func1(0x1)\n\t/src/app/main.go:30 +0x1\n", "/src/app/main.go"},
		"in an example":       {head + panicked + module + "examples/hello.f()\n\t/src/asyncgo/examples/hello/main.go:3 +0x1\n", "/src/asyncgo/examples/hello/main.go"},
		"Goexit":              {head + "runtime.Goexit()\n\t" + standardSource + "runtime/panic.go:694 +0x5\ntesting.(*common).FailNow(0x1)\n\t" + standardSource + "testing/testing.go:9 +0x5\nmain.f()\n\t/src/app/x.go:1 +0x1\n", "/src/app/x.go"},
		"nothing but others":  {head + panicked + "sort.Slice(...)\n\t" + standardSource + "sort/slice.go:3\n", standardSource + "sort/slice.go"},
	} {
		f, ok := Culprit([]byte(c.stack))
		require.True(t, ok, name)
		require.Equal(t, c.file, f.File, name)
	}
	for _, stack := range []string{"", "garbage", head, head + panicked} {
		_, ok := Culprit([]byte(stack))
		require.False(t, ok, stack)
	}
}
