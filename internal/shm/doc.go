// Package shm is memory that several processes share, with locks in it that
// survive the death of their holders.
//
// A Segment is one memfd. Its first page is the control page: a header that
// says what the segment is, two locks, and room for the words of whatever lives
// there. The pages after it are data. They are mapped in different ways:
//
//   - Control pages lie in one reserved range of addresses, side by side with a
//     private range of the same size. The robust list of the kernel wants its
//     links at one fixed distance from every lock word; this way the links are
//     in memory that no other process can write to.
//   - Data lies outside the Go heap, which would count it, at addresses that are
//     not unmapped when it goes: a slice that is still in use reads zeros then.
//
// Nothing that another process wrote is trusted: sizes come from the kernel,
// seals guarantee that they do not change, and indices are checked on each use.
package shm
