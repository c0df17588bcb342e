module github.com/seed-1b9fde7b/asyncgo/internal/bench

go 1.26.0

require github.com/seed-1b9fde7b/asyncgo v0.0.0

replace github.com/seed-1b9fde7b/asyncgo => ../..
