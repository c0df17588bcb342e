package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

type parcel struct {
	A, B *int
	At   time.Time
	In   *parcel
}

var sendBack = executor.Register("test.sendBack", func(_ context.Context, p parcel) (parcel, error) { return p, nil })

// What docs/howto/port-a-process-pool.md says of values that arrive and are not quite
// the same.
func TestWhatIsNotQuiteTheSameInAnotherProcess(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	n := 7
	at := time.Now().In(time.FixedZone("somewhere", 3600))
	got, err := executor.Run(t.Context(), p, sendBack.Bind(parcel{A: &n, B: &n, At: at}))
	require.NoError(t, err)
	require.Equal(t, 7, *got.A)
	require.Equal(t, 7, *got.B)
	require.NotSame(t, got.A, got.B, "two pointers to one variable")
	require.True(t, at.Equal(got.At), "the moment")
	_, offset := got.At.Zone()
	require.Equal(t, 3600, offset)
	require.NotContains(t, got.At.String(), "somewhere")
	require.NotContains(t, got.At.String(), "m=", "the monotonic clock")

	deep := &parcel{}
	for range 130 {
		deep = &parcel{In: deep}
	}
	circle := &parcel{}
	circle.In = circle
	for _, value := range []*parcel{deep, circle} {
		_, err := executor.Run(t.Context(), p, sendBack.Bind(*value))
		var bad *executor.EncodeError
		require.ErrorAs(t, err, &bad)
		require.ErrorContains(t, err, "128 levels")
	}
}
