package executor

import (
	"fmt"
	"reflect"
	"sync"
)

// mustEncode panics if values of type T cannot travel to another process. what
// is "argument" or "result".
func mustEncode[T any](function, what string) {
	t := reflect.TypeFor[T]()
	if err := encodable(t, t.String(), map[reflect.Type]bool{}); err != nil {
		panic(fmt.Sprintf("executor: function %q: the %s cannot be sent to another process: %v", function, what, err))
	}
}

// encodable reports what in t cannot be encoded. path says how the caller came
// to t; seen holds the types on the way, for types may contain themselves.
func encodable(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if t == reflect.TypeFor[None]() || marshalsItself(t) {
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

// deep remembers for a type whether its values can be nested without limit.
var deep sync.Map // reflect.Type → bool

// deepens reports whether a value of type T can contain itself, by way of a type
// that refers to itself or of an empty interface. The encoder would recurse until
// the stack is exhausted, which cannot be recovered from.
func deepens[T any]() bool {
	t := reflect.TypeFor[T]()
	if v, ok := deep.Load(t); ok {
		return v.(bool)
	}
	v := nestable(t, map[reflect.Type]bool{})
	deep.Store(t, v)
	return v
}

func nestable(t reflect.Type, above map[reflect.Type]bool) bool {
	if above[t] {
		return true
	}
	if marshalsItself(t) {
		return false
	}
	above[t] = true
	defer delete(above, t)
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return nestable(t.Elem(), above)
	case reflect.Map:
		return nestable(t.Key(), above) || nestable(t.Elem(), above)
	case reflect.Struct:
		for f := range t.Fields() {
			if nestable(f.Type, above) {
				return true
			}
		}
	}
	return false
}

// checkDepth refuses values that are nested deeper than a decoder accepts.
func checkDepth(v reflect.Value, depth int) error {
	if depth > 2*maxNesting {
		return fmt.Errorf("the value is nested deeper than %d levels, or contains itself", maxNesting)
	}
	if v.IsValid() && marshalsItself(v.Type()) {
		return nil
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return checkDepth(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := checkDepth(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := checkDepth(it.Value(), depth+1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := checkDepth(v.Field(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
