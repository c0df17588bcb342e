package shm

// mapNoReserve is nothing: there is no such flag, nor a need for it.
const mapNoReserve = 0
