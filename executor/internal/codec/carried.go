package codec

import (
	"encoding/binary"
	"errors"
)

// An argument may carry values of the submitter's context in front of it:
//
//	kindCarried │ length of the values, uvarint │ values, CBOR │ the argument's own form
//
// So it travels wherever an argument does.

// Carry returns arg with values in front of it.
func Carry(values map[string][]byte, arg []byte) ([]byte, error) {
	encoded, err := Marshal(values)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 1+binary.MaxVarintLen64+len(encoded)+len(arg))
	b = binary.AppendUvarint(append(b, kindCarried), uint64(len(encoded)))
	return append(append(b, encoded...), arg...), nil
}

var errCarried = errors.New("the values of the context in front of the argument make no sense")

// Carries reports whether Carry made b. No other argument begins as its results do.
func Carries(b []byte) bool { return len(b) > 0 && b[0] == kindCarried }

// Carried takes apart what Carry made. For an argument without values it returns none.
func Carried(b []byte) (values map[string][]byte, arg []byte, err error) {
	if !Carries(b) {
		return nil, b, nil
	}
	length, n := binary.Uvarint(b[1:])
	rest := b[1+max(n, 0):]
	if n <= 0 || length > uint64(len(rest)) {
		return nil, nil, errCarried
	}
	if err := Unmarshal(rest[:length], &values); err != nil {
		return nil, nil, errors.Join(errCarried, err)
	}
	return values, rest[length:], nil
}
