package walletservice

import (
	"errors"
	"fmt"
)

// InputError is bad input: nothing was done.
type InputError struct {
	Flag    string // without its dashes; empty: the problem is not one of a flag
	Problem string
}

// Error has the flag with one dash, as package flag has it.
func (e *InputError) Error() string { return e.Text("-") }

// Text has the flag with the dashes of a program.
func (e *InputError) Text(dashes string) string {
	if e.Flag == "" {
		return e.Problem
	}
	return dashes + e.Flag + ": " + e.Problem
}

func wrong(flag, format string, args ...any) error {
	return &InputError{flag, fmt.Sprintf(format, args...)}
}

// ErrAttention is a run that is over and takes a person: a wallet has quarantined items, or its consent has ended.
var ErrAttention = errors.New("a person must look at it")
