package payroll

import "errors"

// errSourceGone is a source that has ended the goroutine that reads it, as a test does that fails.
var errSourceGone = errors.New("payroll: reading: the reader did not return")

// prefetch hands over, in order, what read gives to its function, while read goes on: on another goroutine, so that two processors
// work, and at most so many pieces ahead. It ends when read has, whose error it returns, or when take says false, which read's
// function says then as well. Nothing is read any more when it has returned.
func prefetch[T any](ahead int, read func(give func(T) bool) error, take func(T) bool) error {
	pieces, stop := make(chan T, ahead), make(chan struct{})
	failure, panicked := errSourceGone, any(nil)
	go func() {
		defer close(pieces)
		defer func() { panicked = recover() }() // the source is the caller's, and so is its panic
		failure = read(func(piece T) bool {
			select {
			case pieces <- piece:
				return true
			case <-stop:
				return false
			}
		})
	}()
	defer func() {
		close(stop)
		for range pieces { // until nothing is read any more
		}
	}()
	for piece := range pieces {
		if !take(piece) {
			return nil
		}
	}
	if panicked != nil {
		panic(panicked) //nolint:forbidigo // it is the caller's own, on the goroutine that has called
	}
	return failure
}
