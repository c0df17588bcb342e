module github.com/seed-1b9fde7b/asyncgo/internal/bench

go 1.26.0

require github.com/seed-1b9fde7b/asyncgo v0.0.0

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/petermattis/goid v0.0.0-20260820044319-269ab09b5261 // indirect
	github.com/sourcegraph/conc v0.3.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/seed-1b9fde7b/asyncgo => ../..
