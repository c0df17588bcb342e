package shared

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"sync"
)

// layouts caches what checkType found: a reflect.Type's layout or error.
var layouts sync.Map

type layout struct {
	tag uint64 // tells types of a different shape apart
	err error
}

// layoutOf checks that T can live in shared memory and returns its tag.
func layoutOf[T any]() (uint64, error) {
	t := reflect.TypeFor[T]()
	if l, ok := layouts.Load(t); ok {
		return l.(layout).tag, l.(layout).err
	}
	var l layout
	if l.err = checkType(t, t.String()); l.err == nil && t.Size() == 0 {
		l.err = fmt.Errorf("%w: %s has no bytes", ErrType, t)
	}
	h := fnv.New64a()
	describe(t, func(format string, args ...any) { fmt.Fprintf(h, format, args...) })
	l.tag = h.Sum64()
	layouts.Store(t, l)
	return l.tag, l.err
}

// checkType says why t cannot live in shared memory, naming the part at fault.
func checkType(t reflect.Type, path string) error {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return nil
	case reflect.Array:
		return checkType(t.Elem(), path+"[i]")
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if err := checkType(f.Type, path+"."+f.Name); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("%w: %s is a %s, which points into the memory of one process: use numbers, bools, and structs and arrays of them", ErrType, path, t.Kind())
	}
}

// describe writes t's shape. Names of types do not count, so that a handle
// survives a renaming; names and order of fields do.
func describe(t reflect.Type, write func(string, ...any)) {
	switch t.Kind() {
	case reflect.Array:
		write("[%d]", t.Len())
		describe(t.Elem(), write)
	case reflect.Struct:
		write("{")
		for i := range t.NumField() {
			write("%s@%d:", t.Field(i).Name, t.Field(i).Offset)
			describe(t.Field(i).Type, write)
			write(";")
		}
		write("}")
	default:
		write("%s", t.Kind())
	}
}
