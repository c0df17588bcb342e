package foreign

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// Is is errors.Is, which calls the methods Is and Unwrap of err. If one of them
// does not return the answer is false.
func Is(err, target error) (is bool) {
	if err == nil || err == target { //nolint:errorlint // the rest of errors.Is follows
		return err == target //nolint:errorlint // both are nil, or one error
	}
	if harmless(err) {
		return errors.Is(err, target)
	}
	Call(func() { is = errors.Is(err, target) })
	return is
}

// harmless reports whether errors.Is calls nothing of err but what the standard
// library wrote.
func harmless(err error) bool {
	for {
		switch err { //nolint:errorlint // the very error: of these the methods are known
		case nil, context.Canceled, context.DeadlineExceeded:
			return true
		}
		switch x := err.(type) { //nolint:errorlint // each error of the chain is visited by itself
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

// wrapError is what fmt.Errorf makes, which is most of all errors that wrap one.
var wrapError = reflect.TypeOf(fmt.Errorf("%w", context.Canceled))
