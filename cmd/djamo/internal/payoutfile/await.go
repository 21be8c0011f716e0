package payoutfile

import (
	"context"
	"errors"
	"io"
)

// Await does what cannot be told to stop, and does not wait for it any longer when the context ends: the program ends
// then too.
func Await[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, errors.Join(r.err, ctx.Err())
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

// stoppable is a file whose reading ends when the program was told to stop.
type stoppable struct {
	io.ReadSeekCloser

	stopped func() error
}

func (s stoppable) Read(to []byte) (int, error) {
	if err := s.stopped(); err != nil {
		return 0, err
	}
	return s.ReadSeekCloser.Read(to)
}
