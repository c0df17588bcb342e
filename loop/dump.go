package loop

import "sync"

// runningLoops holds the loops of the process that run, as keys.
var runningLoops sync.Map
