package loop

import "github.com/seed-1b9fde7b/asyncgo/internal/stacks"

func ownFrames(f []stacks.Frame) []stacks.Frame { return f }
