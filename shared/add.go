package shared

import (
	"reflect"
	"unsafe"
)

type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 | ~complex64 | ~complex128
}

// adder returns addition for T, or nil if T is not a number. T's constraint
// cannot say "+", because values of other types exist too; its kind decides.
func adder[T any]() func(a, b T) T {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Int:
		return addAs[T, int]
	case reflect.Int8:
		return addAs[T, int8]
	case reflect.Int16:
		return addAs[T, int16]
	case reflect.Int32:
		return addAs[T, int32]
	case reflect.Int64:
		return addAs[T, int64]
	case reflect.Uint:
		return addAs[T, uint]
	case reflect.Uint8:
		return addAs[T, uint8]
	case reflect.Uint16:
		return addAs[T, uint16]
	case reflect.Uint32:
		return addAs[T, uint32]
	case reflect.Uint64:
		return addAs[T, uint64]
	case reflect.Uintptr:
		return addAs[T, uintptr]
	case reflect.Float32:
		return addAs[T, float32]
	case reflect.Float64:
		return addAs[T, float64]
	case reflect.Complex64:
		return addAs[T, complex64]
	case reflect.Complex128:
		return addAs[T, complex128]
	default:
		return nil
	}
}

func addAs[T any, N number](a, b T) T {
	sum := *(*N)(unsafe.Pointer(&a)) + *(*N)(unsafe.Pointer(&b))
	return *(*T)(unsafe.Pointer(&sum))
}
