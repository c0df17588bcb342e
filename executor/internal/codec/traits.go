package codec

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
)

// traits are what the encoder has to know about a type before it begins.
type traits struct {
	// deep says that a value can contain itself, by way of a type that refers
	// to itself or of an interface. The encoder would recurse until the stack
	// is exhausted, which cannot be recovered from.
	deep bool

	// foreign says that the type, or one that a value can hold, has methods
	// that the encoder or the decoder calls and that a user wrote.
	foreign bool

	// dynamic says that a value can hold one of type any, whose own type must
	// travel with it.
	dynamic bool
}

// known remembers the traits of types.
var known sync.Map // reflect.Type → traits

func traitsOf(t reflect.Type) traits {
	if v, ok := known.Load(t); ok {
		return v.(traits)
	}
	v := traits{deep: nestable(t, map[reflect.Type]bool{}), foreign: callsForeign(t, map[reflect.Type]bool{}), dynamic: holdsAny(t, map[reflect.Type]bool{})}
	known.Store(t, v)
	return v
}

// harmless are the packages of the standard library whose types bring their own
// encoded form, and that call no code of others for it.
var harmless = []string{"math/big", "net", "net/netip", "net/url", "time"}

// methods are what the encoder and the decoder call if a type has it.
var methods = []reflect.Type{
	binaryMarshaler, binaryUnmarshaler, textMarshaler, textUnmarshaler, cborMarshaler, cborUnmarshaler,
	reflect.TypeFor[interface{ IsZero() bool }](), // for a field with omitzero
}

// callsForeign reports whether encoding or decoding a value of type t may call code
// that a user wrote. seen holds the types that were looked at.
func callsForeign(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || slices.Contains(harmless, t.PkgPath()) {
		return false
	}
	seen[t] = true
	if t.Kind() == reflect.Interface {
		return true
	}
	p := reflect.PointerTo(t)
	for _, m := range methods {
		if p.Implements(m) {
			return true
		}
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return callsForeign(t.Elem(), seen)
	case reflect.Map:
		return callsForeign(t.Key(), seen) || callsForeign(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if callsForeign(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// holdsAny reports whether a value of type t can hold a variable of interface type.
func holdsAny(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || marshalsItself(t) {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsAny(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if !parseTag(f).skip && (f.IsExported() || embeds(f)) && holdsAny(f.Type, seen) {
				return true
			}
		}
	}
	return false
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
