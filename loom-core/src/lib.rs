//! Domain types and decisions. Performs no I/O and reads no clock.
