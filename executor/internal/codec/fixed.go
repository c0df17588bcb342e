package codec

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// Numbers and bools, and slices of numbers, are what most calls consist of: they
// have forms of their own, in a tenth of the time that CBOR takes. A word has
// eight bytes, little endian. Types that a program defines itself, whatever they
// are made of, are not among them: they may have methods that say otherwise.
//
// The helpers take a pointer in an interface that they do not keep, so that the
// value stays on the stack of the caller.

// appendFixed appends what p points to if its type is one of those with a form of
// its own.
func appendFixed(b []byte, p any) ([]byte, bool) {
	switch p := p.(type) {
	case *struct{}:
		return append(b, kindNone), true
	case *[]byte:
		if *p == nil {
			return append(b, kindNil), true
		}
		return append(append(b, kindBytes), *p...), true
	case *string:
		return append(append(b, kindString), *p...), true
	case *int:
		return appendWord(b, uint64(*p)), true
	case *int32:
		return appendWord(b, uint64(*p)), true
	case *int64:
		return appendWord(b, uint64(*p)), true
	case *uint:
		return appendWord(b, uint64(*p)), true
	case *uint32:
		return appendWord(b, uint64(*p)), true
	case *uint64:
		return appendWord(b, *p), true
	case *float64:
		return appendWord(b, math.Float64bits(*p)), true
	case *bool:
		if *p {
			return appendWord(b, 1), true
		}
		return appendWord(b, 0), true
	case *[]int:
		return appendWords(b, *p, func(v int) uint64 { return uint64(v) }), true
	case *[]int64:
		return appendWords(b, *p, func(v int64) uint64 { return uint64(v) }), true
	case *[]uint64:
		return appendWords(b, *p, func(v uint64) uint64 { return v }), true
	case *[]float64:
		return appendWords(b, *p, math.Float64bits), true
	}
	return b, false
}

// Plain returns the bytes of a []byte or a string without a copy, and the kind
// that stands in front of them. ok is false for other types and for a nil slice.
func Plain(p any) (kind byte, content []byte, ok bool) {
	switch p := p.(type) {
	case *[]byte:
		return kindBytes, *p, *p != nil
	case *string:
		return kindString, unsafe.Slice(unsafe.StringData(*p), len(*p)), true
	}
	return 0, nil, false
}

// MayBePart reports whether a value with this encoded form may be a part of it:
// whether it is worth while to give the form away.
func MayBePart(b []byte) bool { return len(b) > 0 && (b[0] == kindBytes || b[0] == kindString) }

// MayRefer reports whether a value with this encoded form may refer to objects
// outside of it.
func MayRefer(b []byte) bool { return len(b) > 0 && b[0] == kindCBOR }

func appendWord(b []byte, w uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, kindWord), w)
}

func appendWords[V any](b []byte, s []V, word func(V) uint64) []byte {
	if s == nil {
		return append(b, kindNil)
	}
	b = append(slices.Grow(b, 1+wordSize*len(s)), kindWords)
	for _, v := range s {
		b = binary.LittleEndian.AppendUint64(b, word(v))
	}
	return b
}

const wordSize = 8

// decodeFixed is the inverse of appendFixed. known reports whether the type has a
// form of its own, ok whether p has been set. owned is as in [Decode].
func decodeFixed(kind byte, content []byte, owned bool, p any) (known, ok bool) {
	switch p := p.(type) {
	case *struct{}:
		return true, kind == kindNone && len(content) == 0
	case *[]byte:
		switch {
		case kind == kindNil:
			return true, len(content) == 0
		case kind != kindBytes:
			return true, false
		case owned:
			*p = content[:len(content):len(content)]
		default:
			// In this form the memory is not cleared before it is filled.
			s := make([]byte, len(content))
			copy(s, content)
			*p = s
		}
		return true, true
	case *string:
		switch {
		case kind != kindString:
			return true, false
		case owned:
			*p = unsafe.String(unsafe.SliceData(content), len(content))
		default:
			*p = string(content)
		}
		return true, true
	case *int:
		return true, decodeWord(kind, content, p, func(w uint64) (int, bool) { return int(w), uint64(int(w)) == w })
	case *int32:
		return true, decodeWord(kind, content, p, func(w uint64) (int32, bool) { return int32(w), uint64(int32(w)) == w })
	case *int64:
		return true, decodeWord(kind, content, p, func(w uint64) (int64, bool) { return int64(w), true })
	case *uint:
		return true, decodeWord(kind, content, p, func(w uint64) (uint, bool) { return uint(w), uint64(uint(w)) == w })
	case *uint32:
		return true, decodeWord(kind, content, p, func(w uint64) (uint32, bool) { return uint32(w), uint64(uint32(w)) == w })
	case *uint64:
		return true, decodeWord(kind, content, p, func(w uint64) (uint64, bool) { return w, true })
	case *float64:
		return true, decodeWord(kind, content, p, func(w uint64) (float64, bool) { return math.Float64frombits(w), true })
	case *bool:
		return true, decodeWord(kind, content, p, func(w uint64) (bool, bool) { return w == 1, w <= 1 })
	case *[]int:
		return true, decodeWords(kind, content, p, func(w uint64) (int, bool) { return int(w), uint64(int(w)) == w })
	case *[]int64:
		return true, decodeWords(kind, content, p, func(w uint64) (int64, bool) { return int64(w), true })
	case *[]uint64:
		return true, decodeWords(kind, content, p, func(w uint64) (uint64, bool) { return w, true })
	case *[]float64:
		return true, decodeWords(kind, content, p, func(w uint64) (float64, bool) { return math.Float64frombits(w), true })
	}
	return false, false
}

func decodeWord[V any](kind byte, content []byte, p *V, value func(uint64) (V, bool)) (ok bool) {
	if kind != kindWord || len(content) != wordSize {
		return false
	}
	*p, ok = value(binary.LittleEndian.Uint64(content))
	return ok
}

func decodeWords[V any](kind byte, content []byte, p *[]V, value func(uint64) (V, bool)) (ok bool) {
	if kind == kindNil && len(content) == 0 {
		return true
	}
	if kind != kindWords || len(content)%wordSize != 0 {
		return false
	}
	s := make([]V, len(content)/wordSize)
	for i := range s {
		if s[i], ok = value(binary.LittleEndian.Uint64(content[wordSize*i:])); !ok {
			return false
		}
	}
	*p = s
	return true
}
