// Package exit says what the program ends with, and which error leads to which code.
package exit

import (
	"context"
	"errors"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// What the program ends with. Nothing ends with 2, which is what Go itself ends with after a fatal error.
const (
	OK          = 0
	Failed      = 1   // anything else: run the command again
	Unresolved  = 3   // it finished, or was interrupted, and some payouts failed or have no outcome yet
	Usage       = 64  // bad input, or not confirmed: nothing was sent
	Interrupted = 130 // before anything was sent
)

// Error ends the program with a code of its own.
type Error struct {
	Code int
	Err  error
	// Next is the command to type next, when there is one.
	Next string
	// References are the payments that it is about.
	References []string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// In says the error in a language.
func (e *Error) In(l lang.Language) string { return l.Error(e.Err) }

// BadInput is an error before which nothing was sent.
func BadInput(err error) error { return &Error{Code: Usage, Err: err} }

// UsageError is a command line that cannot be carried out. The program adds how to get help.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// In says the error in a language.
func (e *UsageError) In(l lang.Language) string { return l.Error(e.Err) }

// BadUsage is a mistake on the command line.
func BadUsage(format string, args ...any) error { return &UsageError{lang.Errorf(format, args...)} }

// errInterrupted stands for whatever an interruption did to the call that was under way.
func errInterrupted() error { return lang.Errorf("interrupted") }

// NotSent is an error before which nothing was sent, or what stands for it when the program was told to stop.
func NotSent(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &Error{Code: Interrupted, Err: lang.Errorf("nothing was sent: %w", errInterrupted())}
	}
	return BadInput(lang.Errorf("nothing was sent: %w", err))
}

// OrInterrupted is an error before which nothing was sent and which says more than that, unless the program was told to
// stop.
func OrInterrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return NotSent(ctx, err)
	}
	return err
}

// Stopped is an interruption of a run that may have sent something. hint says how to go on.
func Stopped(hint string) error {
	return &Error{Code: Unresolved, Err: lang.Errorf("%w: %s", errInterrupted(), hint)}
}

// Code is what the program ends with after an error.
func Code(err error) int {
	coded, usage := (*Error)(nil), (*UsageError)(nil)
	switch {
	case err == nil:
		return OK
	case errors.As(err, &coded):
		return coded.Code
	case errors.As(err, &usage):
		return Usage
	}
	return Failed
}
