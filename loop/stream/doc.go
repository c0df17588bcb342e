// Package stream has asyncio's streams: [OpenConnection] and [StartServer] give a
// [Reader] and a [Writer] of a TCP or Unix connection, with TLS or without.
//
//	srv, err := stream.StartServer(ctx, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
//		for line, err := range r.Lines(ctx) {
//			if err != nil {
//				return err
//			}
//			w.Write(line)
//			if err := w.Drain(ctx); err != nil {
//				return err
//			}
//		}
//		return nil
//	}, "tcp", "localhost:8080")
//	if err != nil {
//		return err
//	}
//	return srv.Serve(ctx)
//
// Code that needs no loop uses [net.Conn], which a Writer has below it ([Writer.Conn]),
// and [Wrap] makes streams of a net.Conn. [WrapReader] and [WrapWriter] do so with
// pipes, and [NewReader] is fed by hand.
//
// # Guarantees
//
//   - A read or a drain suspends the task that calls it, and the loop goes on; a plain
//     goroutine it blocks. What can be had at once is had without giving up the turn.
//   - A read that is canceled takes nothing: what has come is there for the next one.
//   - A Reader takes in no more than twice its limit, and one read from the system;
//     the rest stays with the other end. A Writer that is drained keeps no more than
//     its high mark, and what was written in one go.
//   - A wait with a context that is done fails, each time; a stream that has failed
//     fails every read and drain with its error.
//   - What was written before Close is sent, unless the connection fails or is aborted.
//   - When the loop closes that opened a connection or started a server, it is aborted.
//     A connection that is out of reach is closed. Neither leaves a
//     goroutine or a descriptor behind.
//
// # What it costs
//
// Each connection has one goroutine that reads, and while something waits to be sent one
// that writes. A message of 64 bytes there and back over loopback, between two tasks of
// one loop, takes some 1.5 times as long as between two goroutines: see BenchmarkEcho.
package stream
