package queue

import (
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	// ErrEmpty is returned by GetNowait if there is no item. It stands for
	// asyncio.QueueEmpty.
	ErrEmpty = errors.New("queue: empty: use Get to wait")

	// ErrFull is returned by PutNowait if there is no room. It stands for
	// asyncio.QueueFull.
	ErrFull = errors.New("queue: full: use Put to wait")

	// ErrShutdown is returned by every put after Shutdown, and by a get when
	// no item is left. It stands for asyncio.QueueShutDown.
	ErrShutdown = errors.New("queue: shut down: make a new one")

	// ErrTaskDone is returned by TaskDone when it was called for every item
	// already. It stands for asyncio's ValueError.
	ErrTaskDone = errors.New("queue: TaskDone called more often than items were put: call it once for each Get")

	// ErrWouldBlock is returned by whatever would have to wait, in a bare
	// callback on a loop's own goroutine. Start a task there, or use PutNowait
	// and GetNowait.
	ErrWouldBlock = future.ErrWouldBlock
)
