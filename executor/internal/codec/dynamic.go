package codec

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// What a variable of type any holds has a type that the bytes alone do not tell: a
// struct would come back as a map, an int as an int64. So it travels in a box, with a
// tag that stands for its type. Strings, bools, int64, float64, and slices and maps of
// any need none.

// A boxed is a value of a registered type on its way.
type boxed[T any] struct {
	_ struct{} `cbor:",toarray"`
	V T
}

func (b boxed[T]) unbox() reflect.Value {
	v := reflect.New(reflect.TypeFor[T]()).Elem()
	v.Set(reflect.ValueOf(&b.V).Elem())
	return v
}

type unboxer interface{ unbox() reflect.Value }

// boxes are the registered types.
var boxes = struct {
	mu   sync.RWMutex
	m    map[reflect.Type]func(reflect.Value) any // guarded by mu
	tags cbor.TagSet
}{m: make(map[reflect.Type]func(reflect.Value) any), tags: cbor.NewTagSet()}

// RegisterType gives the type T a name, under which a value of it keeps its type in a
// variable of type any. The name must be the same in every process.
func RegisterType[T any](name string) error {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Interface {
		return fmt.Errorf("%v is an interface: name a concrete type", t)
	}
	if err := Check(t); err != nil {
		return err
	}
	boxes.mu.Lock()
	defer boxes.mu.Unlock()
	if boxes.m[t] != nil {
		return fmt.Errorf("the type %v is registered already", t)
	}
	// The tag is made of the name and not counted: what one process registers
	// in another order means the same.
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	options := cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagRequired}
	if err := boxes.tags.Add(options, reflect.TypeFor[boxed[T]](), h.Sum64()|1<<63); err != nil {
		return fmt.Errorf("the name %q is taken: choose another one", name)
	}
	boxes.m[t] = func(v reflect.Value) any { return boxed[T]{V: v.Interface().(T)} }
	return nil
}

func init() {
	for _, err := range []error{
		RegisterType[bool]("bool"), RegisterType[string]("string"), RegisterType[struct{}]("none"),
		RegisterType[int]("int"), RegisterType[int8]("int8"), RegisterType[int16]("int16"), RegisterType[int32]("int32"), RegisterType[int64]("int64"),
		RegisterType[uint]("uint"), RegisterType[uint8]("uint8"), RegisterType[uint16]("uint16"), RegisterType[uint32]("uint32"), RegisterType[uint64]("uint64"),
		RegisterType[float32]("float32"), RegisterType[float64]("float64"),
		RegisterType[time.Time]("time"), RegisterType[time.Duration]("duration"),
		RegisterType[[]any]("[]any"), RegisterType[[]byte]("[]byte"), RegisterType[[]string]("[]string"), RegisterType[[]bool]("[]bool"),
		RegisterType[[]int]("[]int"), RegisterType[[]int64]("[]int64"), RegisterType[[]float64]("[]float64"),
		RegisterType[map[string]any]("map[string]any"), RegisterType[map[string]string]("map[string]string"),
		RegisterType[map[string]int]("map[string]int"), RegisterType[map[string]float64]("map[string]float64"), RegisterType[map[string]bool]("map[string]bool"),
		RegisterType[map[int]string]("map[int]string"), RegisterType[map[int]int]("map[int]int"),
	} {
		if err != nil {
			panic("codec: " + err.Error())
		}
	}
}

// pack puts what variables of type any hold into boxes. v is the caller's own, but what
// it refers to is not, and is copied where something changes. path is for errors.
func pack(v reflect.Value, path string) error {
	t := v.Type()
	if !traitsOf(t).dynamic {
		return nil
	}
	switch t.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		b, err := box(v.Elem(), path)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(b))
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		p := reflect.New(t.Elem())
		p.Elem().Set(v.Elem())
		if err := pack(p.Elem(), path); err != nil {
			return err
		}
		v.Set(p.Convert(t))
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		s := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(s, v)
		v.Set(s)
		return eachElement(s, path, pack)
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := reflect.MakeMapWithSize(t, v.Len())
		for it := v.MapRange(); it.Next(); {
			m.SetMapIndex(it.Key(), it.Value())
		}
		v.Set(m)
		return eachElement(m, path, pack)
	default:
		return eachElement(v, path, pack)
	}
	return nil
}

// eachElement calls fn for what v, which is no pointer and no interface, is made of.
func eachElement(v reflect.Value, path string, fn func(reflect.Value, string) error) error {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := fn(v.Index(i), path+"[]"); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(it.Value())
			if err := fn(e, path+"[]"); err != nil {
				return err
			}
			v.SetMapIndex(it.Key(), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if parseTag(f).skip || !f.IsExported() && !embeds(f) {
				continue
			}
			if err := fn(v.Field(i), path+"."+f.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// box returns what stands on the way for a value that a variable of type any holds.
func box(v reflect.Value, path string) (any, error) {
	plain := false // it is of a type that every process tells from others
	switch x := v.Interface().(type) {
	case bool, string, int64, float64:
		return x, nil
	case []byte:
		if x != nil {
			return x, nil
		}
	case []any:
		plain = x != nil
	case map[string]any:
		plain = x != nil
	}
	boxes.mu.RLock()
	seal := boxes.m[v.Type()]
	boxes.mu.RUnlock()
	if seal == nil && !plain {
		return nil, fmt.Errorf("%s holds a value of type %v, which another process could not tell: register it with executor.RegisterType[%v](%q), or name a concrete type instead of any", path, v.Type(), v.Type(), v.Type())
	}
	content, err := packedValue(v, path)
	if err != nil {
		return nil, err
	}
	if plain {
		return content.Interface(), nil
	}
	return seal(content), nil
}

func packedValue(v reflect.Value, path string) (reflect.Value, error) {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c, pack(c, path)
}

// unpack is the inverse of pack, in place.
func unpack(v reflect.Value, path string) error {
	if !traitsOf(v.Type()).dynamic {
		return nil
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		content := v.Elem()
		switch x := content.Interface().(type) {
		case unboxer:
			content = x.unbox()
		case cbor.Tag:
			return fmt.Errorf("%s holds a value of a type that is not registered here: call executor.RegisterType in a package-level variable or an init function", path)
		case []any, map[string]any:
			c := reflect.New(content.Type()).Elem()
			c.Set(content)
			content = c
		default:
			return nil
		}
		if err := unpack(content, path); err != nil {
			return err
		}
		v.Set(content)
	case reflect.Pointer:
		if !v.IsNil() {
			return unpack(v.Elem(), path)
		}
	default:
		return eachElement(v, path, unpack)
	}
	return nil
}
