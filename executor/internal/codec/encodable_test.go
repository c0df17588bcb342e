package codec_test

import (
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
)

type (
	mixed      struct{ Prefix, target string }
	inner      struct{ M mixed }
	secretBase struct{ id int }
	shownBase  struct{ ID int }
	secretID   int
	hiding     struct {
		shownBase
		ID string
	}
	twins struct {
		A int `cbor:"n"`
		B int `json:"n"`
	}
	stamped struct {
		time.Time
		Name string
	}
	stampedTwice struct {
		time.Time
		netip.Addr
	}
	stampedWell struct {
		Time time.Time
		Addr netip.Addr
		Name string
	}
	onlyStamped struct{ time.Time }
	ownForm     struct {
		time.Time
		Name string
	}
	ownFormOfPointer struct {
		time.Time
		Name string
	}
	locked struct {
		Mu sync.Mutex
		N  int
	}
	ring struct {
		Next *ring
		Data []map[string]*mixed
	}
	pointing struct{ Parts [2]struct{ At *int } }
	node     struct {
		*node
		N int
	}
	both struct {
		Base shownBase
		shownBase
	}
	deliberate struct {
		shownBase
		N      int
		cached int            `cbor:"-"`
		_      [0]func()      // not comparable
		mark   struct{}       // nothing in it
		Chan   chan int       `cbor:"-"`
		Tagged map[string]int `json:"tagged,omitempty"`
	}
)

func (o ownForm) MarshalBinary() ([]byte, error)           { return []byte(o.Name), nil }
func (o *ownForm) UnmarshalBinary(b []byte) error          { o.Name = string(b); return nil }
func (o *ownFormOfPointer) MarshalBinary() ([]byte, error) { return []byte(o.Name), nil }
func (o *ownFormOfPointer) UnmarshalBinary(b []byte) error { o.Name = string(b); return nil }

var _ = []any{deliberate{cached: 1, mark: struct{}{}}, mixed{target: ""}, secretBase{id: 1}, node{node: nil}} // fields that are there to be lost

func TestCheckNamesWhatWouldBeLost(t *testing.T) {
	for _, c := range []struct {
		t    reflect.Type
		says []string
	}{
		{reflect.TypeFor[mixed](), []string{"codec_test.mixed.target", "unexported", "export it", `cbor:"-"`, "MarshalBinary"}},
		{reflect.TypeFor[inner](), []string{"inner.M.target"}},
		{reflect.TypeFor[[]mixed](), []string{"[]codec_test.mixed[].target"}},
		{reflect.TypeFor[map[string]*mixed](), []string{"[].target"}},
		{reflect.TypeFor[map[mixed]int](), []string{"key.target"}},
		{reflect.TypeFor[[2]mixed](), []string{"[].target"}},
		{reflect.TypeFor[ring](), []string{"ring.Data[][].target"}},
		{reflect.TypeFor[struct {
			secretBase
			N int
		}](), []string{"secretBase.id"}},
		{reflect.TypeFor[struct {
			secretID
			N int
		}](), []string{"secretID is an unexported field"}},
		{reflect.TypeFor[struct {
			*shownBase
			N int
		}](), []string{"shownBase", "pointer", "embed it as a value"}},
		{reflect.TypeFor[struct {
			Secret int `json:"-"`
		}](), []string{"Secret", `json:"-"`, `cbor:"Secret"`}},
		{reflect.TypeFor[hiding](), []string{"hiding.shownBase.ID and", "hiding.ID", "same name"}},
		{reflect.TypeFor[twins](), []string{"twins.A and", "twins.B", "same name"}},
		{reflect.TypeFor[stamped](), []string{"stamped", "embedded Time", "give that field a name"}},
		{reflect.TypeFor[*stamped](), []string{"embedded Time"}},
		{reflect.TypeFor[stampedTwice](), []string{"stampedTwice.Time is embedded", `cbor:"Time"`}},
		{reflect.TypeFor[node](), []string{"node", "pointer to an unexported"}},
		{reflect.TypeFor[locked](), []string{"locked.Mu.", "a field around it"}},
		{reflect.TypeFor[struct{ P unsafe.Pointer }](), []string{"P is an address"}},
		{reflect.TypeFor[map[*int]string](), []string{"map[*int]string's key is a pointer", "make a key of what it points to"}},
		{reflect.TypeFor[map[*ownFormOfPointer]int](), []string{"key is a pointer"}},
		{reflect.TypeFor[[]map[pointing]int](), []string{"key.Parts[].At is a pointer"}},
	} {
		err := codec.Check(c.t)
		require.Error(t, err, c.t)
		for _, s := range c.says {
			require.ErrorContains(t, err, s)
		}
	}
}

func TestCheckAcceptsWhatArrivesAsItWas(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[deliberate](), reflect.TypeFor[stampedWell](), reflect.TypeFor[both](), reflect.TypeFor[onlyStamped](),
		reflect.TypeFor[ownForm](), reflect.TypeFor[ownFormOfPointer](), reflect.TypeFor[struct{}](),
		reflect.TypeFor[record](), reflect.TypeFor[*list](), reflect.TypeFor[time.Time](),
		reflect.TypeFor[map[time.Time]*int](), reflect.TypeFor[map[shownBase]int](),
		reflect.TypeFor[map[struct {
			N int
			P *int `cbor:"-"`
		}]int](),
	} {
		require.NoError(t, codec.Check(typ), typ)
	}
	when := time.Date(2026, 11, 25, 0, 0, 0, 7, time.UTC)
	requireEcho(t, stampedWell{Time: when, Addr: netip.MustParseAddr("::1"), Name: "n"})
	requireEcho(t, deliberate{shownBase: shownBase{3}, N: 1, Tagged: map[string]int{"a": 1}})
	requireEcho(t, onlyStamped{when})
}
