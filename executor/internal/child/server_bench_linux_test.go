package child

import (
	"context"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A sink is a transport of which only the way out counts, and costs nothing.
type sink struct {
	proc.Transport

	room bool
	sent []wire.Result // without bodies; only if keep
	keep bool
}

func (s *sink) Send(head, _ []byte) (bool, error) { return s.room, s.note(head) }
func (s *sink) Stream(head, _ []byte, _ func(), _ func() bool) error {
	return s.note(head)
}
func (*sink) Wake() (waited, bell bool) { return false, false }
func (*sink) Keep() bool                { return false }
func (*sink) Ready() bool               { return true }

func (s *sink) note(head []byte) error {
	if !s.keep {
		return nil
	}
	r, err := wire.ParseResult(head)
	s.sent = append(s.sent, wire.Result{ID: r.ID, Status: r.Status, Run: r.Run})
	return err
}

func newTestServer(t proc.Transport, fn Invoke) *server {
	p := &Program{
		Lookup:      func(string) Invoke { return fn },
		MayKeep:     func([]byte) bool { return false },
		MayRefer:    func([]byte) bool { return false },
		ProgressKey: progressKey{},
		Finished:    errTestFinished,
	}
	s := newServer(&proc.Inherited{Transport: t}, &control{}, p)
	s.base = context.Background()
	return s
}

// What a call costs its worker besides the channel and the function.
func BenchmarkCall(b *testing.B) {
	s := newTestServer(&sink{room: true}, func(_ context.Context, arg []byte, _ bool, reply Reply) { reply(arg, nil, nil) })
	b.ReportAllocs()
	call := wire.Call{Kind: wire.CallTask, Function: "f", Arg: []byte("12345678")}
	for b.Loop() {
		call.ID++
		s.run(call)
	}
}
