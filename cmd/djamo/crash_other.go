//go:build !unix

package main

// withoutCore does nothing: a crash writes no memory to a file here.
func withoutCore() {}
