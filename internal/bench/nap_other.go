//go:build !linux

package main

import "time"

func sleep(seconds float64) {
	time.Sleep(time.Duration(seconds * float64(time.Second))) //nolint:forbidigo // the nap is the work here
}

func preciseTimers() {}
