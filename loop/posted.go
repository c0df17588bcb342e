package loop

import "sort"

// A span says that n posts in a row, from the one numbered first, are at n positions in
// a row of the ready queue. So the handle of a post needs to hold only its number, which
// is known when it is posted; the position is known when the loop takes the post over.
type span struct {
	first uint64 // number of a post
	pos   uint64 // its position
	n     uint64
}

// spans holds, in their order, the spans that reach to what is still in the ready queue
// and to the entry that runs. Posts that come while nothing else is scheduled make one
// span, however many they are.
type spans struct {
	list []span
	gone int // how many at the front are forgotten
}

// add notes that the post with this number is at pos. Both only grow.
func (s *spans) add(number, pos uint64) {
	if last := len(s.list) - 1; last >= s.gone {
		end := &s.list[last]
		if end.first+end.n == number && end.pos+end.n == pos {
			end.n++
			return
		}
	}
	s.list = append(s.list, span{first: number, pos: pos, n: 1})
}

// forget drops the spans that end before the entry in front of head, which may be the one that runs.
func (s *spans) forget(head uint64) {
	for s.gone < len(s.list) && s.list[s.gone].pos+s.list[s.gone].n < head {
		s.gone++
	}
	// Moved down only when half is gone, so that each span is moved once on average.
	if 2*s.gone >= len(s.list) {
		s.list = s.list[:copy(s.list, s.list[s.gone:])]
		s.gone = 0
	}
}

// position returns where the post with this number is, or was; false if it has run.
func (s *spans) position(number uint64) (pos uint64, ok bool) {
	known := s.list[s.gone:]
	i := sort.Search(len(known), func(i int) bool { return number < known[i].first+known[i].n })
	if i == len(known) || number < known[i].first {
		return 0, false
	}
	return known[i].pos + number - known[i].first, true
}

// number returns the number of the post that is, or was, at pos; false if none was.
func (s *spans) number(pos uint64) (number uint64, ok bool) {
	known := s.list[s.gone:]
	i := sort.Search(len(known), func(i int) bool { return pos < known[i].pos+known[i].n })
	if i == len(known) || pos < known[i].pos {
		return 0, false
	}
	return known[i].first + pos - known[i].pos, true
}
