package transport

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// What this package itself has to say of an attempt.
const (
	// ErrHeldBack is a single attempt that was not made, because the API has asked for a pause.
	ErrHeldBack = attemptError("the API has asked for a pause: nothing was sent")
	// errNoAnswer is a caller's RoundTripper that breaks its contract.
	errNoAnswer = attemptError("the RoundTripper returned neither response nor error")
	// errResent ends an attempt that was about to become two.
	errResent = attemptError("no answer, and net/http was about to send the request a second time")
	// errSealed is for who reads the body of an attempt that is over.
	errSealed = attemptError("the attempt is over, its body must not be sent")
)

type attemptError string

func (e attemptError) Error() string { return string(e) }

// statusError is an answer that a call was to be repeated after.
type statusError int

func (e statusError) Error() string {
	return "answered " + strconv.Itoa(int(e)) + " " + http.StatusText(int(e))
}

// errorLimit bounds what an error of a RoundTripper may say, in bytes.
const errorLimit = 4 << 10

// Error is a call without an answer. Its text is scrubbed; what net/http, a RoundTripper or the context said can be asked
// for with errors.Is and errors.As, and is not printed with it.
type Error struct {
	text  string
	cause error
}

func (e *Error) Error() string { return e.text }

// GoString keeps %#v from printing the cause.
func (e *Error) GoString() string { return fmt.Sprintf("&transport.Error{%q}", e.text) }

// Is asks the cause.
func (e *Error) Is(target error) bool { return errors.Is(e.cause, target) }

// As asks the cause. A *url.Error comes back without its URL, which may hold a phone number, and so it does to those who
// ask, as is usual, for a net.Error or whether it was a timeout.
func (e *Error) As(target any) bool {
	if !errors.As(e.cause, target) {
		return false
	}
	switch found := target.(type) {
	case **url.Error:
		*found = withoutURL(*found)
	case *net.Error:
		if inner, ok := (*found).(*url.Error); ok { // the one that was found, not what it wraps
			*found = withoutURL(inner)
		}
	case *interface{ Timeout() bool }:
		if inner, ok := (*found).(*url.Error); ok {
			*found = withoutURL(inner)
		}
	}
	return true
}

func withoutURL(err *url.Error) *url.Error { return &url.Error{Op: err.Op, Err: err.Err} }
