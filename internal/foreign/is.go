package foreign

import (
	"errors"
	"fmt"
	"reflect"
)

// Is is errors.Is, which calls the methods Is and Unwrap of err, for a target that
// is comparable. If one of them does not return the answer is false; of a chain that
// has no end it looks at the beginning.
func Is(err, target error) (is bool) {
	if err == nil || target == nil {
		return err == nil && target == nil
	}
	if harmless(err) {
		return errors.Is(err, target)
	}
	left := maxChain
	Call(func() { is = walk(err, target, &left) })
	return is
}

// maxChain is how many errors of a tree are looked at.
const maxChain = 10_000

func walk(err, target error, left *int) bool {
	for err != nil && *left > 0 {
		*left--
		if err == target { //nolint:errorlint // this is errors.Is
			return true
		}
		if x, ok := err.(interface{ Is(error) bool }); ok && x.Is(target) {
			return true
		}
		switch x := err.(type) { //nolint:errorlint // this is errors.Is
		case interface{ Unwrap() error }:
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			for _, inner := range x.Unwrap() {
				if walk(inner, target, left) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}

// harmless reports whether errors.Is calls nothing of err but what the standard
// library wrote.
func harmless(err error) bool {
	for {
		switch x := err.(type) { //nolint:errorlint // each error of the chain is visited by itself
		case nil:
			return true
		case interface{ Is(error) bool }, interface{ Unwrap() []error }:
			return false
		case interface{ Unwrap() error }:
			if reflect.TypeOf(err) != wrapError {
				return false
			}
			err = x.Unwrap()
		default:
			return true
		}
	}
}

// The types of most errors: of errors.New, and of fmt.Errorf for one that wraps
// another. They keep their text as it was made.
var (
	plainError = reflect.TypeOf(errors.New(""))
	wrapError  = reflect.TypeOf(fmt.Errorf("%w", errors.ErrUnsupported))
)

func keepsText(err error) bool {
	t := reflect.TypeOf(err)
	return t == plainError || t == wrapError
}
