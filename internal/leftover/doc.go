// Package leftover finds what the tests of a process have left behind: names of
// shared memory, descriptors and child processes. It counts only what the process
// itself made: other programs use the machine at the same time, other tests of this
// module among them.
package leftover
