//go:build unix

package main

import "syscall"

// withoutCore keeps a crash from writing the process's memory, and the token in it, to a file.
func withoutCore() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
