package child

// A Record is a log record as it travels to the parent.
type Record struct {
	Time    int64  `cbor:"1,keyasint"` // nanoseconds since 1970
	Level   int    `cbor:"2,keyasint"`
	Message string `cbor:"3,keyasint"`
	Attrs   []Attr `cbor:"4,keyasint,omitempty"`
}

// An Attr is an attribute of a [Record]. Its value is a string, a bool or a number.
type Attr struct {
	Key   string `cbor:"1,keyasint"`
	Value any    `cbor:"2,keyasint"`
}
