package main

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
)

// onlyClosed reports whether an error says nothing but that standard output was closed: whoever read it had enough. A connection
// to the API may break in the same way, and a file may be closed: those are failures.
func onlyClosed(err error) bool {
	switch of := err.(type) { //nolint:errorlint // each layer is looked at
	case nil, *net.OpError:
		return false
	case *fs.PathError:
		if of.Path != os.Stdout.Name() {
			return false
		}
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range many.Unwrap() {
			if !onlyClosed(each) {
				return false
			}
		}
		return len(many.Unwrap()) > 0
	}
	if isClosedPipe(err) {
		return true
	}
	return onlyClosed(errors.Unwrap(err))
}

func isClosedPipe(err error) bool {
	return slices.Contains(append(closedPipes(), io.ErrClosedPipe, os.ErrClosed), err)
}
