package shm

// NameMade is nil, or told of the path of each name that this process has made. Tests
// set it, before anything runs, to see what they leave behind.
var NameMade func(path string)
