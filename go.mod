module github.com/seed-1b9fde7b/asyncgo

go 1.26.0

require (
	github.com/cheggaaa/pb/v3 v3.3.0
	github.com/fxamacker/cbor/v2 v2.10.0
	github.com/mattn/go-isatty v0.0.24
	github.com/petermattis/goid v0.0.0-20260820044319-269ab09b5261
	github.com/sourcegraph/conc v0.3.0
	github.com/stretchr/testify v1.12.1
	go.starlark.net v0.0.0-20260708150628-5395d018f003
	go.uber.org/goleak v1.3.0
	golang.org/x/image v0.47.0
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.49.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/VividCortex/ewma v1.2.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
	github.com/fatih/color v1.19.0 // indirect
	github.com/mattn/go-colorable v0.1.16 // indirect
	github.com/mattn/go-runewidth v0.0.31 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.9.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
