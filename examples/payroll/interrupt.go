package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// notSent is an error before which nothing was sent, or what stands for it when the program was told to stop.
func notSent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	return badInput(fmt.Errorf("nothing was sent: %w", err))
}

// orInterrupted is an error before which nothing was sent and which says more than that, unless the program was told to
// stop.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return notSent(ctx, err)
	}
	return err
}

// await does what cannot be told to stop, and does not wait for it any longer when the context ends: the program ends
// then too.
func await[T any](ctx context.Context, do func() (T, error)) (T, error) {
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
