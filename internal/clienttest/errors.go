package clienttest

import (
	"errors"
	"net/http"

	"github.com/djamo/djamo-go"
)

// Second is the error of a call with two results.
func Second[T any](_ T, err error) error { return err }

// AnswerOf is the API's answer in an error, nil when there is none.
func AnswerOf(err error) *djamo.Error {
	answer := (*djamo.Error)(nil)
	errors.As(err, &answer)
	return answer
}

// Status matches an *Error by its HTTP status.
type Status int

// Error is the text of the status.
func (s Status) Error() string { return http.StatusText(int(s)) }

// ErrNoAnswer stands for any error that is no answer of the API.
const ErrNoAnswer = NoAnswer("no answer")

// NoAnswer is the type of [ErrNoAnswer].
type NoAnswer string

// Error is the text itself.
func (n NoAnswer) Error() string { return string(n) }
