package executor

// eachOf calls fn for each of a list, for the rest of it in a deferred call if fn
// ends the goroutine.
func eachOf[T any](list []T, fn func(T)) {
	next := 0
	defer func() {
		if next < len(list) {
			eachOf(list[next:], fn)
		}
	}()
	for next < len(list) {
		v := list[next]
		next++
		fn(v)
	}
}
