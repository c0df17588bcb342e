package shared

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

func init() { sight.SetObjects(look) }

var kindNames = [...]string{
	kindValue: "Value", kindArray: "Array", kindMutex: "Mutex", kindRLock: "RLock", kindSemaphore: "Semaphore",
	kindBoundedSemaphore: "BoundedSemaphore", kindEvent: "Event", kindCondition: "Condition", kindBarrier: "Barrier",
	kindQueue: "Queue", kindMemory: "Memory", kindPipe: "Pipe", kindList: "ShareableList",
}

// look returns what can be seen of the objects of this process, in the order of kind and
// id.
func look() []sight.Object {
	segments := shm.Look()
	list := make([]sight.Object, len(segments))
	for i, s := range segments {
		kind := s.Head.Kind &^ shm.Sliced
		name := fmt.Sprint("kind ", kind)
		if int(kind) < len(kindNames) && kindNames[kind] != "" {
			name = kindNames[kind]
		}
		list[i] = sight.Object{Kind: name, ID: s.ID, Len: s.Head.Len, Bytes: s.Size, Holder: s.Holder, Wanted: s.Wanted, Died: s.Died}
	}
	slices.SortFunc(list, func(a, b sight.Object) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return list
}
