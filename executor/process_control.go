package executor

import (
	"os"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// receive takes one control message of the worker. It is called by the goroutine
// that receives them, and must not wait for the worker.
func (w *processWorker) receive(m wire.Message, file *os.File) {
	if m.Kind == wire.Fetched {
		w.fetch.Fetched(m, file)
		return
	}
	if file != nil {
		_ = file.Close()
	}
	switch m.Kind {
	case wire.Bell:
		w.kick()
	case wire.Hello:
		m.Body = append([]byte(nil), m.Body...)
		select {
		case w.hello <- m:
		default:
		}
	case wire.Fetch:
		// On a goroutine: the answer may have to wait for room.
		w.pool.carrier.Go(func() { _ = w.fetch.Answer(m) })
	default:
		// Not from a worker of ours: it is ignored, for it does no harm.
	}
}
