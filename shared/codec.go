package shared

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"hash/fnv"
	"reflect"
	"unsafe"
)

// A codec turns items of a queue into bytes and back. What can live in shared
// memory is copied as it is, and so are strings and byte slices; everything else
// is a gob of its own, with handles of this package as parts of it.
type codec[T any] struct {
	encode func(v T) ([]byte, error)
	decode func(b []byte) (T, error)
	tag    uint64 // tells queues of other items apart
	fixed  int    // bytes of every item, or 0 if they differ
}

func codecOf[T any]() codec[T] {
	if tag, err := layoutOf[T](); err == nil {
		return codec[T]{encodeRaw[T], decodeRaw[T], tag, sizeOf[T]()}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "gob %s", reflect.TypeFor[T]())
	c := codec[T]{encodeGob[T], decodeGob[T], h.Sum64(), 0}
	switch any(new(T)).(type) {
	case *string:
		c.encode = func(v T) ([]byte, error) { return []byte(*any(&v).(*string)), nil }
		c.decode = func(b []byte) (v T, _ error) {
			*any(&v).(*string) = string(b)
			return v, nil
		}
	case *[]byte:
		c.encode = func(v T) ([]byte, error) { return *any(&v).(*[]byte), nil }
		c.decode = func(b []byte) (v T, _ error) {
			*any(&v).(*[]byte) = b
			return v, nil
		}
	}
	return c
}

func encodeRaw[T any](v T) ([]byte, error) {
	b := make([]byte, sizeOf[T]())
	copy(b, unsafe.Slice((*byte)(unsafe.Pointer(&v)), len(b)))
	return b, nil
}

func decodeRaw[T any](b []byte) (v T, err error) {
	if len(b) != sizeOf[T]() {
		return v, fmt.Errorf("%w: an item of %d bytes is no %T", ErrType, len(b), v)
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&v)), len(b)), b)
	return v, nil
}

// box gives gob a field to put the item in: bare, it refuses a nil pointer.
type box[T any] struct{ Item T }

func encodeGob[T any](v T) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(box[T]{v}); err != nil {
		return nil, fmt.Errorf("shared: the item cannot be encoded: %w", err)
	}
	return b.Bytes(), nil
}

// decodeGob turns a panic into an error: gob is not made for bytes that
// were damaged.
func decodeGob[T any](b []byte) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("shared: the item cannot be decoded: %v", r)
		}
	}()
	var item box[T]
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&item); err != nil {
		return v, fmt.Errorf("shared: the item cannot be decoded: %w", err)
	}
	return item.Item, nil
}
