package codec

import (
	"fmt"
	"reflect"
)

// Check returns an error that says what in t cannot travel to another process, or
// would not arrive as it was, and what to do about it.
func Check(t reflect.Type) error { return checker{}.check(t, t.String()) }

// checker holds the types that were looked at: types may contain themselves.
type checker map[reflect.Type]bool

// check looks at a type. path says how the caller came to it.
func (c checker) check(t reflect.Type, path string) error {
	if c[t] {
		return nil
	}
	c[t] = true
	if marshalsItself(t) {
		return inherits(t, path)
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
		return c.check(t.Elem(), path)
	case reflect.Slice, reflect.Array:
		return c.check(t.Elem(), path+"[]")
	case reflect.Map:
		if t.Key().Kind() == reflect.Interface {
			return fmt.Errorf("%s is a map with keys of type %v, which do not keep their type: name a concrete type", path, t.Key())
		}
		if at := address(t.Key(), path+"'s key"); at != "" {
			return fmt.Errorf("%s is a pointer, and would arrive as another one, under which nothing is found: make a key of what it points to", at)
		}
		if err := c.check(t.Key(), path+"'s key"); err != nil {
			return err
		}
		return c.check(t.Elem(), path+"[]")
	case reflect.Struct:
		return c.checkStruct(t, path, travellers{names: map[string]string{}, structs: map[reflect.Type]bool{}})
	default:
		return nil
	}
}

// address returns the path of a pointer in the key of a map: two keys that are equal may
// point to different things, and what is decoded points to something new. What marshals
// itself is not looked into. It returns "" if there is none.
func address(key reflect.Type, path string) string {
	switch {
	case key.Kind() == reflect.Pointer:
		return path
	case marshalsItself(key):
		return ""
	case key.Kind() == reflect.Array:
		return address(key.Elem(), path+"[]")
	case key.Kind() == reflect.Struct:
		for f := range key.Fields() {
			if parseTag(f).skip {
				continue
			}
			if at := address(f.Type, path+"."+f.Name); at != "" {
				return at
			}
		}
	}
	return ""
}

// travellers are the fields of a struct and of those that are embedded in it. One
// that is hidden by another of its name does not travel.
type travellers struct {
	names   map[string]string // their names on the way, and the paths of the fields
	structs map[reflect.Type]bool
}

func (c checker) checkStruct(t reflect.Type, path string, all travellers) error {
	all.structs[t] = true
	for f := range t.Fields() {
		at := path + "." + f.Name
		tag := parseTag(f)
		switch {
		case tag.skip || f.Type.Size() == 0 && !f.IsExported(): // with nothing in it nothing is lost
			continue
		case tag.skipJSON:
			return fmt.Errorf("%s would be lost on the way, because its tag says json:\"-\": add cbor:\"-\" if it need not travel, or cbor:%q", at, f.Name)
		case embeds(f) && tag.name == "":
			if err := c.checkEmbedded(f, at, all); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			return fmt.Errorf("%s is an unexported field, which would be lost on the way: export it, tag it, or a field around it, cbor:\"-\" if it need not travel, or give %v MarshalBinary and UnmarshalBinary", at, t)
		}
		name := tag.name
		if name == "" {
			name = f.Name
		}
		if tag.keyAsInt {
			name += " as a number"
		}
		if other, taken := all.names[name]; taken {
			return fmt.Errorf("%s and %s have the same name on the way, so one of them would be lost: give one another name, as in cbor:\"other\"", other, at)
		}
		all.names[name] = at
		if err := c.check(f.Type, at); err != nil {
			return err
		}
	}
	return nil
}

// checkEmbedded looks at an embedded struct, whose fields travel as if they were
// those of the struct around it.
func (c checker) checkEmbedded(f reflect.StructField, path string, all travellers) error {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
		if !f.IsExported() {
			return fmt.Errorf("%s is embedded by a pointer to an unexported type, which a decoder cannot set: export the type, embed it as a value, or tag it cbor:\"-\"", path)
		}
	}
	if marshalsItself(t) {
		return fmt.Errorf("%s is embedded, and so its own encoded form is not used and what it holds would be lost: tag it with a name, as in cbor:%q", path, f.Name)
	}
	if all.structs[t] {
		return fmt.Errorf("%s embeds %v a second time, and its fields would hide each other: tag it with a name, as in cbor:%q", path, t, f.Name)
	}
	return c.checkStruct(t, path, all)
}

func embeds(f reflect.StructField) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && t.Kind() == reflect.Struct
}
