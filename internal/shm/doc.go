// Package shm is memory that several processes share, with locks in it that
// survive the death of their holders.
//
// A Segment is one memfd. Its first page is the control page: a header that
// says what the segment is, two locks, and room for the words of whatever lives
// there. The pages after it are data. They are mapped in different ways:
//
//   - Control pages lie in one reserved range of addresses, in which a page that
//     was given back cannot be read any more.
//   - Data lies outside the Go heap, which would count it, at addresses that are
//     not unmapped when it goes: a slice that is still in use reads zeros then.
//
// A lock's word has the number of the process that holds it, and package live tells
// whether that lives. Package shared draws the states of a lock.
//
// Nothing that another process wrote is trusted: sizes come from the kernel,
// seals guarantee that they do not change, and indices are checked on each use.
package shm
