package main

import (
	"context"
	"errors"
	"net"
)

// bareLoopback: a message sent over loopback, received, sent back and received, by one
// goroutine that finds each there already: the four system calls and nothing else.
func bareLoopback(_ context.Context, n int) error {
	ln, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	defer near.Close()
	far, err := ln.Accept()
	if err != nil {
		return err
	}
	defer far.Close()
	msg := make([]byte, message)
	for range n {
		for _, way := range [2][2]net.Conn{{near, far}, {far, near}} {
			if _, err := way[0].Write(msg); err != nil {
				return err
			}
			if got, err := way[1].Read(msg); err != nil || got != message {
				return errors.Join(err, errShort)
			}
		}
	}
	return nil
}

var errShort = errors.New("a message came in parts")
