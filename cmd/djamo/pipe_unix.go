//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func closedPipes() []error { return []error{syscall.EPIPE} }

// keepWriting has writes to a closed pipe fail instead of ending the program: what became of a payment is still to be written
// to the journal. A signal that is noticed, rather than ignored, is none to the programs that this one starts.
func keepWriting() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
