package codec

import (
	"fmt"
	"reflect"
)

// Check returns an error that says what in t cannot travel to another process, and
// what to do about it.
func Check(t reflect.Type) error { return encodable(t, t.String(), map[reflect.Type]bool{}) }

// encodable reports what in t cannot be encoded. path says how the caller came
// to t; seen holds the types on the way, for types may contain themselves.
func encodable(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if t == reflect.TypeFor[struct{}]() || marshalsItself(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.Chan:
		return fmt.Errorf("%s is a channel (%v): return values instead, or use a shared.Queue", path, t)
	case reflect.Func:
		return fmt.Errorf("%s is a func (%v): register that function too and pass its name", path, t)
	case reflect.UnsafePointer, reflect.Uintptr:
		return fmt.Errorf("%s is an address (%v), which means nothing in another process: use package shared", path, t)
	case reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("%s is a complex number, which the encoding does not have: pass real and imaginary part", path)
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return fmt.Errorf("%s is the interface %v, of which the other side could not tell the concrete type: name a concrete type", path, t)
		}
		return nil
	case reflect.Pointer:
		return encodable(t.Elem(), path, seen)
	case reflect.Slice, reflect.Array:
		return encodable(t.Elem(), path+"[]", seen)
	case reflect.Map:
		if err := encodable(t.Key(), path+"'s key", seen); err != nil {
			return err
		}
		return encodable(t.Elem(), path+"[]", seen)
	case reflect.Struct:
		return encodableStruct(t, path, seen)
	default:
		return nil
	}
}

func encodableStruct(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	exported := 0
	for f := range t.Fields() {
		// The fields of an embedded struct are promoted even if the name of
		// its type is not exported.
		if !f.IsExported() && (!f.Anonymous || f.Type.Kind() != reflect.Struct) {
			continue
		}
		exported++
		if f.Tag.Get("cbor") == "-" {
			continue
		}
		if err := encodable(f.Type, path+"."+f.Name, seen); err != nil {
			return err
		}
	}
	if exported == 0 && t.NumField() > 0 {
		return fmt.Errorf("%s is a struct with only unexported fields (%v): export them, or give the type MarshalBinary and UnmarshalBinary", path, t)
	}
	return nil
}
