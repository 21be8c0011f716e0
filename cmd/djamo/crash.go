package main

import "runtime/debug"

// endCrashesBySignal makes Go end fatal errors and panics by a signal, as its own code for them, 2, is one that many
// programs give for a mistake on the command line.
func endCrashesBySignal() {
	withoutCore()
	debug.SetTraceback("crash")
}
