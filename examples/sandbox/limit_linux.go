package main

import "golang.org/x/sys/unix"

// limitMemory is the limit of this process for memory that can be written and is not
// shared. Go takes it in pieces of 64 MiB, so it stops that much early at most.
func limitMemory(bytes int64) error {
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)})
}
