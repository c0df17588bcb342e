package shm

// A Sight is what can be seen of a segment.
type Sight struct {
	ID     string
	Head   Header
	Size   int
	Holder int  // pid of the process that holds the lock that users see; 0 if it is free
	Wanted bool // a process may wait for it
	Died   int  // pid of a holder that died with it and was not made up for
}

// Look returns what can be seen of the segments that this process has open, in no
// order. It takes no lock of theirs, so what it says may be over when it returns.
func Look() []Sight {
	segments := listed()
	seen := make([]Sight, len(segments))
	for i, s := range segments {
		seen[i] = Sight{ID: s.id.String(), Head: s.head, Size: s.size, Wanted: s.main.HasSleeper() || s.main.InFront(), Died: s.main.Dead()}
		if s.main.Held() {
			seen[i].Holder = int(s.main.pid.Load())
		}
	}
	return seen
}
