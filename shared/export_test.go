package shared

// HasSleeper reports whether somebody sleeps in the kernel for m.
func HasSleeper(m *Mutex) bool { return m.h.must().Main().HasSleeper() }
