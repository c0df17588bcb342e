package natsexec

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// messages returns one of each kind, empty and full.
func messages() (empty, full []message) {
	r := ref{"a", 1}
	empty = []message{new(callMsg), new(claimMsg), new(verdictMsg), new(grantMsg), new(beatMsg), new(beatAnswer), new(resultsMsg), new(takenMsg), new(resultMsg), new(cancelMsg), new(infoMsg), new(ranMsg)}
	full = []message{
		&callMsg{From: "s", ID: "1", Attempt: 1, Function: "f", Arg: []byte{1}, Object: "o", Durable: true, Retry: 3, Timeout: time.Second},
		&claimMsg{"n", "node one", []ref{r, {"b", 1}}},
		&verdictMsg{[]verdict{{true, time.Minute}, {}}},
		&grantMsg{From: "s", Call: r, Left: time.Minute, Back: true},
		&beatMsg{"n", "node one", []ref{r, {"b", 2}}},
		&beatAnswer{[]ref{r}},
		&resultsMsg{[]*resultMsg{{Node: "n", Call: r, Kind: kindResult, Body: []byte{1}}, {Node: "n", Call: r, Kind: kindProgress}}, 2, "node one", "t"},
		&takenMsg{[]ref{r}},
		&resultMsg{Node: "n", Call: r, Kind: kindCrash, Crash: &crashMsg{Worker: "w", PID: 1, ExitCode: -1, Signal: 9, Ran: time.Second, Stderr: "x", Reason: "y", Lost: true, Function: "f"}},
		&cancelMsg{"s", r, []byte{1}},
		&infoMsg{"n", "node one", 4, 2},
		&ranMsg{"n", "node one", 2},
	}
	return empty, full
}

func TestMessagesCross(t *testing.T) {
	empty, full := messages()
	for i, m := range full {
		require.NoError(t, decode(encode(m), empty[i]), "%T", m)
		require.Equal(t, m, empty[i])
	}
}

func TestMessagesWithNoSense(t *testing.T) {
	r := ref{"a", 1}
	for what, m := range map[string]message{
		"a subject of others":    &callMsg{From: "s.>", ID: "1", Attempt: 1, Function: "f"},
		"no submitter":           &callMsg{ID: "1", Attempt: 1, Function: "f"},
		"no attempt":             &callMsg{From: "s", ID: "1", Function: "f"},
		"too many attempts":      &callMsg{From: "s", ID: "1", Attempt: maxDeliveries + 1, Function: "f"},
		"no function":            &callMsg{From: "s", ID: "1", Attempt: 1},
		"a long name":            &callMsg{From: "s", ID: "1", Attempt: 1, Function: strings.Repeat("f", maxName+1)},
		"another object":         &callMsg{From: "s", ID: "1", Attempt: 1, Function: "f", Object: "../x"},
		"a time that has passed": &verdictMsg{[]verdict{{true, -1}}},
		"a time without an end":  &verdictMsg{[]verdict{{true, maxDuration + 1}}},
		"a node with a wildcard": &claimMsg{"*", "", []ref{r}},
		"a long id":              &claimMsg{strings.Repeat("n", maxID+1), "", []ref{r}},
		"a kind that is none":    &resultMsg{Node: "n", Call: r, Kind: kindReturned + 1},
		"a crash without one":    &resultMsg{Node: "n", Call: r, Kind: kindCrash},
		"a signal that is none":  &resultMsg{Node: "n", Call: r, Kind: kindCrash, Crash: &crashMsg{Signal: 1 << 20}},
		"a call without an id":   &beatMsg{"n", "", []ref{{}}},
		"calls without an id":    &beatAnswer{[]ref{{}}},
		"receipts of none":       &takenMsg{[]ref{{}}},
		"a result that is not":   &resultsMsg{Calls: []*resultMsg{nil}},
		"workers that are less":  &resultsMsg{Spare: -1},
		"workers out of reach":   &resultsMsg{Spare: 1, To: "*"},
		"a grant of no call":     &grantMsg{From: "s"},
		"a grant that is over":   &grantMsg{From: "s", Call: r, Left: -1},
		"workers that are owed":  &infoMsg{"n", "", -1, 0},
	} {
		err := decode(encode(m), m)
		require.ErrorIs(t, err, errGarbage, what)
	}
}

// FuzzDecode reads what any program may have sent. What is accepted makes sense, and is what
// is sent when it is encoded again.
func FuzzDecode(f *testing.F) {
	_, full := messages()
	for i, m := range full {
		f.Add(i, encode(m))
	}
	f.Add(0, []byte{0xa1, 0x01, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, kind int, b []byte) {
		m, _ := messages()
		again, _ := messages()
		i := int(uint(kind) % uint(len(m)))
		if err := decode(b, m[i]); err != nil {
			require.ErrorIs(t, err, errGarbage)
			return
		}
		require.True(t, m[i].valid())
		require.NoError(t, decode(encode(m[i]), again[i]))
		require.Equal(t, encode(m[i]), encode(again[i]))
		if r, ok := m[i].(*resultMsg); ok {
			if r.Crash != nil {
				require.NotEmpty(t, r.Crash.err("node").Error())
			}
			if r.Kind == kindError {
				require.Error(t, executor.DecodeRemoteError(r.Body))
			}
		}
	})
}

func TestCrashCrosses(t *testing.T) {
	crash := &executor.CrashError{Worker: "w_0", PID: 7, ExitCode: 3, Ran: time.Second, Stderr: "oops", Err: errors.New("garbage"), Function: "f", FinishedResultLost: true}
	var got resultMsg
	require.NoError(t, decode(encode(&resultMsg{Node: "n", Call: ref{"1", 1}, Kind: kindCrash, Crash: crashOf(crash)}), &got))
	crash.Node = "here"
	require.EqualError(t, got.Crash.err("here"), crash.Error())
}

func TestValidToken(t *testing.T) {
	for _, good := range []string{"a", "A-1_z", strings.Repeat("x", maxID)} {
		require.True(t, validToken(good), good)
	}
	for _, bad := range []string{"", "a.b", "*", ">", "a b", "ä", "\x00", strings.Repeat("x", maxID+1)} {
		require.False(t, validToken(bad), bad)
	}
}
