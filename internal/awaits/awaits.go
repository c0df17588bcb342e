// Package awaits lets package loop look through futures, for the graph of which
// task waits for which, without futures having public methods for it.
package awaits

import "github.com/seed-1b9fde7b/asyncgo/internal/whose"

// Owners calls yield with each host whose outcome must be there before target, a
// future or what a host is parked on, is. Package future sets it.
var Owners = func(target any, yield func(owner whose.Host)) {}
