package proc

const clockMonotonic = 3 // CLOCK_MONOTONIC
