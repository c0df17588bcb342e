// Package codec turns arguments and results into bytes and back. It knows nothing
// of jobs, pools and processes.
//
// The types of the language have forms of their own, everything else travels as
// CBOR (RFC 8949). Marshaling methods are code of the user: whatever they do, a
// panic or runtime.Goexit included, is an error of that value alone, a
// [*future.PanicError]. Bytes are never trusted: a decoder gives an error for what
// it did not write itself.
package codec

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// An encoded value is one byte for its kind and the content. Byte slices and
// strings, the usual form of anything large, are copied as they are; numbers have
// a form of their own, see appendFixed.
const (
	kindNone    byte = iota // no content
	kindNil                 // a nil []byte, no content
	kindBytes               // a []byte
	kindString              // a string
	kindCBOR                // anything else, RFC 8949
	kindWord                // a number or a bool: one word
	kindWords               // a slice of numbers: a word each
	kindCarried             // see Carry
)

// Limits of what a decoder accepts. They bound what garbage can make it
// allocate; a frame's length is limited before.
const (
	maxNesting  = 128
	maxElements = 1 << 28
)

var (
	encOptions = cbor.EncOptions{
		// The default is whole seconds.
		Time:          cbor.TimeRFC3339Nano,
		TimeTag:       cbor.EncTagRequired,
		TextMarshaler: cbor.TextMarshalerTextString,
	}
	decOptions = cbor.DecOptions{
		// A string of Go holds any bytes, a file name of Linux does too.
		UTF8:             cbor.UTF8DecodeInvalid,
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  maxNesting,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxElements,
		TextUnmarshaler:  cbor.TextUnmarshalerTextString,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}

	encMode = must(encOptions.EncMode())
	decMode = must(decOptions.DecMode())

	// The same for values that hold one of type any. Looking for tags costs
	// more, so the others go without.
	encDynamic = must(encOptions.EncModeWithSharedTags(boxes.tags))
	decDynamic = must(decOptions.DecModeWithSharedTags(boxes.tags))
)

func must[M any](m M, err error) M {
	if err != nil {
		panic("codec: " + err.Error())
	}
	return m
}

// Append appends the encoded form of v to b.
func Append[T any](b []byte, v T) ([]byte, error) {
	if b, ok := appendFixed(b, &v); ok {
		return b, nil
	}
	return appendCBOR(b, v)
}

// appendCBOR is a function of its own because its v escapes to the heap.
func appendCBOR[T any](b []byte, v T) ([]byte, error) {
	t := traitsOf(reflect.TypeFor[T]())
	if t.deep {
		if err := checkDepth(reflect.ValueOf(&v), 0); err != nil {
			return b, err
		}
	}
	var content []byte
	err := guarded(t.foreign, func() (err error) {
		if !t.dynamic {
			content, err = encMode.Marshal(&v)
			return err
		}
		if err := pack(reflect.ValueOf(&v).Elem(), TypeName[T]()); err != nil {
			return err
		}
		content, err = encDynamic.Marshal(&v)
		return err
	})
	if err != nil {
		return b, err
	}
	return append(append(b, kindCBOR), content...), nil
}

// Decode is the inverse of [Append]. If b is the caller's to give away, as owned
// says, a []byte or a string is a part of it; otherwise no reference to b is kept.
func Decode[T any](b []byte, owned bool) (T, error) {
	var v, zero T
	if len(b) == 0 {
		return zero, errors.New("no bytes at all")
	}
	kind, content := b[0], b[1:]
	if known, ok := decodeFixed(kind, content, owned, &v); ok {
		return v, nil
	} else if known || kind != kindCBOR {
		return zero, fmt.Errorf("%s: the %d bytes of kind %d are not the form of this type", TypeName[T](), len(content), kind)
	}
	return decodeCBOR[T](content)
}

func decodeCBOR[T any](content []byte) (T, error) {
	var v, zero T
	t := traitsOf(reflect.TypeFor[T]())
	err := guarded(t.foreign, func() error {
		if !t.dynamic {
			return decMode.Unmarshal(content, &v)
		}
		if err := decDynamic.Unmarshal(content, &v); err != nil {
			return err
		}
		return unpack(reflect.ValueOf(&v).Elem(), TypeName[T]())
	})
	if err != nil {
		return zero, fmt.Errorf("%s: %w", TypeName[T](), err)
	}
	return v, nil
}

// guarded runs fn, which may call methods that a user wrote if isForeign says so.
// A panic is an error; of code that is not foreign too, for it may look at a value
// that another goroutine changes.
func guarded(isForeign bool, fn func() error) (err error) {
	if isForeign {
		if e := foreign.Call(func() { err = fn() }); e != nil {
			return &future.PanicError{Value: e.Value, Goexit: e.Goexit, Stack: e.Stack}
		}
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = &future.PanicError{Value: r, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// Marshal encodes a message of the library's own, which has no foreign methods and
// needs no kind in front.
func Marshal(v any) ([]byte, error) { return encMode.Marshal(v) }

// Unmarshal is the inverse of [Marshal].
func Unmarshal(b []byte, v any) error { return decMode.Unmarshal(b, v) }

// TypeName returns the name of T for messages.
func TypeName[T any]() string { return reflect.TypeFor[T]().String() }
