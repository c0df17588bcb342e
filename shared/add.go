package shared

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// Add adds delta and returns the new value; to call it twice adds twice. Integers wrap
// around. It does not wait for the lock. It panics if T is not a number. A process
// that dies in the middle leaves the old value or the new one. After Close it panics
// with [ErrClosed].
func (v *Value[T]) Add(delta T) T {
	s := v.mu.h.must()
	s.Published()
	sum := add(v, s, delta)
	s.Seen()
	runtime.KeepAlive(s)
	return sum
}

func add[T comparable](v *Value[T], s *shm.Segment, delta T) T {
	kind := reflect.TypeFor[T]().Kind()
	if kind == reflect.Complex128 {
		return addWide(s, delta)
	}
	cell := s.U64(shm.UserStart)
	switch kind {
	case reflect.Int64, reflect.Uint64:
		return fromWord[T](cell.Add(toWord(delta)))
	}
	var add func(a, b uint64) uint64
	if int(kind) < len(adders) {
		add = adders[kind]
	}
	if add == nil {
		panic(fmt.Sprintf("shared: Add on a %T: only numbers can be added; use Update", v))
	}
	for {
		old := cell.Load()
		sum := add(old, toWord(delta))
		if cell.CompareAndSwap(old, sum) {
			return fromWord[T](sum)
		}
	}
}

// adders add words that hold numbers of a kind; T's constraint cannot say "+",
// because values of other types exist too.
var adders = [...]func(a, b uint64) uint64{
	reflect.Int:       addWords[int],
	reflect.Int8:      addWords[int8],
	reflect.Int16:     addWords[int16],
	reflect.Int32:     addWords[int32],
	reflect.Uint:      addWords[uint],
	reflect.Uint8:     addWords[uint8],
	reflect.Uint16:    addWords[uint16],
	reflect.Uint32:    addWords[uint32],
	reflect.Uintptr:   addWords[uintptr],
	reflect.Float32:   addWords[float32],
	reflect.Float64:   addWords[float64],
	reflect.Complex64: addWords[complex64],
}

type number interface {
	int | int8 | int16 | int32 | uint | uint8 | uint16 | uint32 | uintptr | float32 | float64 | complex64
}

func addWords[N number](a, b uint64) uint64 {
	return toWord(fromWord[N](a) + fromWord[N](b))
}

// addWide is Add for the one number that does not fit in a word.
func addWide[T any](s *shm.Segment, delta T) T {
	for {
		old, stamp := loadWide[T](s)
		sum := *(*complex128)(unsafe.Pointer(&old)) + *(*complex128)(unsafe.Pointer(&delta))
		if value := *(*T)(unsafe.Pointer(&sum)); publish(s, stamp, value) {
			return value
		}
	}
}
