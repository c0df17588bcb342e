package shared_test

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// The examples of this file are the recipes of docs/reference/python-parity.md for what has
// no place in package shared.

// Go's types say how wide they are: int32 or int64 for "l", uint32 or uint64 for "L", as
// wide as C has them on the other side, and rune for the characters of "u".
func ExampleNewArray_typeCodes() {
	longs, err := shared.NewArrayFrom([]int64{1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer longs.Close()
	characters, err := shared.NewArrayFrom([]rune("grüße"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer characters.Close()

	longs.Set(0, 1<<40)
	characters.Set(0, 'G')
	fmt.Println(longs.Slice(), string(characters.Slice()))
	// Output: [1099511627776 2 3] Grüße
}

// Memory without a name leaves nothing behind, whatever its last user dies of. For a name
// that other programs need, what resource_tracker does is a deferred Unlink, which a program
// that is killed does not come to: another one may call it then.
func ExampleNewMemory() {
	m, err := shared.NewMemory(16)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q %v\n", m.Name(), m.Close())

	named, err := shared.CreateMemory("", 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	name := named.Name()
	fmt.Println(named.Unlink(), named.Close())
	_, err = shared.OpenMemory(name)
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output:
	// "" <nil>
	// <nil> <nil>
	// true
}
