package executor

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// An encoded value is one byte for its kind and the content. Byte slices and
// strings, the usual form of anything large, are copied as they are; numbers have
// a form of their own, see appendFixed.
const (
	kindNone   byte = iota // no content
	kindNil                // a nil []byte, no content
	kindBytes              // a []byte
	kindString             // a string
	kindCBOR               // anything else, RFC 8949
	kindWord               // a number or a bool: one word
	kindWords              // a slice of numbers: a word each
)

// Limits of what a decoder accepts. They bound what garbage can make it
// allocate; a frame's length is limited before.
const (
	maxNesting  = 128
	maxElements = 1 << 28
)

var (
	encMode = must(cbor.EncOptions{
		// The default is whole seconds.
		Time:          cbor.TimeRFC3339Nano,
		TimeTag:       cbor.EncTagRequired,
		TextMarshaler: cbor.TextMarshalerTextString,
	}.EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  maxNesting,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxElements,
		TextUnmarshaler:  cbor.TextUnmarshalerTextString,
		IntDec:           cbor.IntDecConvertSignedOrFail,
	}.DecMode())
)

func must[M any](m M, err error) M {
	if err != nil {
		panic("executor: codec: " + err.Error())
	}
	return m
}

// appendValue appends the encoded form of v to b. Whatever v's own marshaling
// methods do, a panic included, is an error of this value alone.
func appendValue[T any](b []byte, v T) ([]byte, error) {
	if b, ok := appendFixed(b, &v); ok {
		return b, nil
	}
	return appendCBOR(b, v)
}

// appendCBOR is a function of its own because its v escapes to the heap.
func appendCBOR[T any](b []byte, v T) (_ []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &EncodeError{Type: typeName[T](), Err: errors.New("panic: " + panicText(r))}
		}
	}()
	if deepens[T]() {
		if err := checkDepth(reflect.ValueOf(&v), 0); err != nil {
			return b, &EncodeError{Type: typeName[T](), Err: err}
		}
	}
	content, err := encMode.Marshal(&v)
	if err != nil {
		return b, &EncodeError{Type: typeName[T](), Err: err}
	}
	return append(append(b, kindCBOR), content...), nil
}

// decodeValue is the inverse of appendValue. If b is the caller's to give away, as
// owned says, a []byte or a string is a part of it; otherwise no reference to b is
// kept.
func decodeValue[T any](b []byte, owned bool) (T, error) {
	var v, zero T
	if len(b) == 0 {
		return zero, errors.New("no bytes at all")
	}
	kind, content := b[0], b[1:]
	if known, ok := decodeFixed(kind, content, owned, &v); ok {
		return v, nil
	} else if known || kind != kindCBOR {
		return zero, fmt.Errorf("%s: the %d bytes of kind %d are not the form of this type", typeName[T](), len(content), kind)
	}
	return decodeCBOR[T](content)
}

func decodeCBOR[T any](content []byte) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %s", typeName[T](), panicText(r))
		}
	}()
	if err := decMode.Unmarshal(content, &v); err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", typeName[T](), err)
	}
	return v, nil
}

func typeName[T any]() string { return reflect.TypeFor[T]().String() }

var (
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	textMarshaler     = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler   = reflect.TypeFor[encoding.TextUnmarshaler]()
	cborMarshaler     = reflect.TypeFor[cbor.Marshaler]()
	cborUnmarshaler   = reflect.TypeFor[cbor.Unmarshaler]()
)

// marshalsItself reports whether values of t bring their own encoded form.
func marshalsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(binaryMarshaler) && p.Implements(binaryUnmarshaler) ||
		p.Implements(textMarshaler) && p.Implements(textUnmarshaler) ||
		p.Implements(cborMarshaler) && p.Implements(cborUnmarshaler)
}
