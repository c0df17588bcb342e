package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// In these cases a call on a process pool stands where the original starts a
// process; handles are ordinary arguments.

// within is a context for a wait with a limit.
func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(bg, d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

const (
	briefly  = 50 * time.Millisecond
	patience = time.Minute
)

type number interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// showValue stores values one after the other and prints what the cell then
// holds. Go converts constants only if they fit, so the conversion that C and
// Python make silently stands in the program.
func showValue[T number](o *out, title string, values ...T) {
	var zero T
	cell := must[*shared.Value[T]](o)(newValue(zero))
	line := []any{title + ":", printed(cell.Load())}
	for _, v := range values {
		cell.Store(v)
		line = append(line, printed(cell.Load()))
	}
	o.Print(line...)
}

func newValue[T number](v T) (*shared.Value[T], error) { return shared.NewValue(v) }

func printed(v any) string {
	switch v := v.(type) {
	case float32:
		return fmt.Sprintf("%.10g", float64(v))
	case float64:
		return fmt.Sprintf("%.10g", v)
	default:
		return fmt.Sprint(v)
	}
}

type cells struct {
	I *shared.Value[int32]
	D *shared.Value[float64]
	B *shared.Value[int8]
}

var bumpCells = executor.RegisterNoResult("conformance.cells.bump", func(_ context.Context, c cells) error {
	c.I.Add(1)
	c.D.Add(1)
	c.B.Add(1)
	return nil
})

var _ = port("shared/01-value-types", func(o *out) {
	wrap := []int64{127, 128, 200, -129, 255, 256, 300, -1, 32767, 32768, 65535, 2147483647, 2147483648, -2147483649}
	w := func(i int) int64 { return wrap[i] } // not constant, so that it may wrap around
	showValue(o, "int8", int8(w(0)), int8(w(1)), int8(w(2)), int8(w(3)))
	showValue(o, "uint8", uint8(w(4)), uint8(w(5)), uint8(w(6)), uint8(w(7)))
	showValue(o, "int16", int16(w(8)), int16(w(9)))
	showValue(o, "uint16", uint16(w(10)), uint16(w(7)))
	showValue(o, "int32", int32(w(11)), int32(w(12)), int32(w(13)))
	showValue(o, "uint32", uint32(4294967295), uint32(w(11)*2+2), uint32(w(7)))
	largest := int64(9223372036854775807)
	showValue(o, "int64", largest, largest+1)
	showValue(o, "uint64", uint64(18446744073709551615), uint64(w(7)))
	showValue(o, "float32", float32(0.5), float32(0.1), float32(16777217), float32(-2.25))
	showValue(o, "float64", 0.5, 0.1, 16777217, 1e300)
	o.Print("start values:", must[*shared.Value[int32]](o)(shared.NewValue[int32](7)).Load(),
		must[*shared.Value[float64]](o)(shared.NewValue(2.5)).Load(),
		must[*shared.Value[uint8]](o)(shared.NewValue(uint8(w(5)+1))).Load())

	c := cells{
		I: must[*shared.Value[int32]](o)(shared.NewValue[int32](41)),
		D: must[*shared.Value[float64]](o)(shared.NewValue(0.5)),
		B: must[*shared.Value[int8]](o)(shared.NewValue[int8](127)),
	}
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	must[none](o)(submit(o, pool, bumpCells.Bind(c)).Await(bg))
	require.NoError(o, pool.Shutdown(bg))
	o.Print("changed by another process:", c.I.Load(), c.D.Load(), c.B.Load())
	raw := must[*shared.Value[int32]](o)(shared.NewValue[int32](5))
	raw.Store(raw.Load() + 1) // every cell can be used without its lock
	o.Print("without a lock:", raw.Load())
})

func memoryOutcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrNotExist):
		return "not-found"
	case errors.Is(err, fs.ErrExist):
		return "exists"
	default:
		return "value-error"
	}
}

type seen struct {
	Text      string
	BigEnough bool
}

var changeMemory = executor.Register("conformance.memory.change", func(_ context.Context, name string) (seen, error) {
	block, err := shared.OpenMemory(name)
	if err != nil {
		return seen{}, err
	}
	b := block.Bytes()
	s := seen{string(b[:5]), block.Size() >= 16}
	copy(b, "CHILD")
	b[15] = 255
	return s, block.Close()
})

var _ = port("shared/09-shared-memory", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	name := fmt.Sprintf("asyncgo-conformance-%d", os.Getpid())
	open := func(title, name string) *shared.Memory {
		m, err := shared.OpenMemory(name)
		o.Print(title+":", memoryOutcome(err))
		return m
	}
	create := func(title, name string, size int) {
		_, err := shared.CreateMemory(name, size)
		o.Print(title+":", memoryOutcome(err))
	}
	block := must[*shared.Memory](o)(shared.CreateMemory(name, 16))
	b := block.Bytes()
	o.Print("at least the size asked for:", yes(block.Size() >= 16), "/ zeroed:", yes([16]byte(b[:16]) == [16]byte{}))
	copy(b, "hello")
	s := must[seen](o)(submit(o, pool, changeMemory.Bind(name)).Await(bg))
	o.Print("child saw:", s.Text, "/ big enough:", yes(s.BigEnough))
	o.Print("parent sees:", string(b[:5]), b[15])
	create("create under the same name", name, 16)
	second := open("attach a second time", name)
	second.Bytes()[1] = 'h'
	o.Print("through the first:", string(b[:5]))
	require.NoError(o, second.Close())
	o.Print("close twice:", memoryOutcome(second.Close()))
	third := open("attach after another was closed", name)
	require.NoError(o, block.Unlink())
	open("attach after unlink", name)
	o.Print("still readable where attached:", string(third.Bytes()[:5]))
	require.NoError(o, third.Close())
	require.NoError(o, block.Close())
	create("size zero", name, 0)
	create("size negative", name, -1)
	open("attach to a name never made", "conformance-no-such-block")
	require.NoError(o, pool.Shutdown(bg))
})
