package mycac

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/wire"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// What an answer of the gateway means. An *Error matches at most one of them.
var (
	// ErrOTPNeeded is a login, or a read, that needs the code that the holder gets by SMS. Ask the holder: this package never
	// has a code sent by itself.
	ErrOTPNeeded = errors.New("mycac: the code that was sent by SMS is needed")
	// ErrWrongOTP is a code that the gateway does not take. Error.AttemptsLeft says how many tries are left.
	ErrWrongOTP = errors.New("mycac: the code is wrong")
	// ErrChallengeOver is a code that came too late: log in again, which sends another.
	ErrChallengeOver = errors.New("mycac: the code is no longer good: log in again")
	// ErrLocked is an account that takes no logins for a while. The error is a *LockedError too.
	ErrLocked = errors.New("mycac: the login is locked")
	// ErrCredentials is a username, password or device that the gateway does not take.
	ErrCredentials = errors.New("mycac: the gateway does not take the username, the password or the device")
	// ErrSessionOver is a session that has ended: log in again, which needs a new code.
	ErrSessionOver = errors.New("mycac: the session is over")
	// ErrStepUpNeeded is a read for which the holder must confirm on the device, and there is no Options.StepUp, or the gateway
	// asked again after it had been confirmed.
	ErrStepUpNeeded = errors.New("mycac: the holder must confirm on the device")
	// ErrScope is a read that the session does not cover.
	ErrScope = errors.New("mycac: the session does not cover this read")
	// ErrRateLimited is a 429: ask nothing before RetryAfter has passed.
	ErrRateLimited = errors.New("mycac: the gateway asks to wait")
	// ErrAnswerLost is a login or a confirmation whose answer did not come. A code may have been sent, or used: ask the holder
	// before you log in again.
	ErrAnswerLost = errors.New("mycac: the answer was lost: a code may have been sent or used")
)

// Error is an answer that is no success, or none at all. Its text has no token, no code, no password and no account number.
type Error struct {
	Status       int           // 0: there was no answer
	Code         string        // of the gateway; empty: none, or a page of something before it
	RetryAfter   time.Duration // with ErrRateLimited
	AttemptsLeft int           // with ErrWrongOTP; -1: the gateway does not say

	text   string
	kind   error
	cause  error
	stepUp StepUpRequest
}

// Error says what happened.
func (e *Error) Error() string { return e.text }

// Is reports which of the errors of this package an answer is.
func (e *Error) Is(target error) bool { return e.kind != nil && e.kind == target }

// Unwrap returns what the network said.
func (e *Error) Unwrap() error { return e.cause }

// LockedError is a lock-out after too many wrong codes or passwords. It matches ErrLocked.
type LockedError struct {
	Until time.Time // zero: the gateway does not say
	cause error
}

// Error says until when.
func (e *LockedError) Error() string {
	if e.Until.IsZero() {
		return ErrLocked.Error() + ", the gateway does not say until when: the holder must ask the bank"
	}
	return ErrLocked.Error() + " until " + e.Until.UTC().Format(time.RFC3339) + ": try no code before, each try may lock it for longer"
}

// Is matches ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Unwrap returns the answer of the gateway, an *Error; nil when this package sent nothing because of an earlier one.
func (e *LockedError) Unwrap() error { return e.cause }

// Codes are the error codes of a gateway. An empty list has the codes that are assumed where nobody says: otp_required,
// otp_invalid, otp_expired and challenge_expired, account_locked and otp_locked, invalid_credentials, invalid_token and
// session_expired, step_up_required, and insufficient_scope.
type Codes struct {
	OTPNeeded, WrongOTP, ChallengeOver, Locked, Credentials, SessionOver, StepUp, Scope []string
}

func (c Codes) withDefaults() Codes {
	gateway.AssumeCodes(&c.OTPNeeded, "otp_required")
	gateway.AssumeCodes(&c.WrongOTP, "otp_invalid")
	gateway.AssumeCodes(&c.ChallengeOver, "otp_expired", "challenge_expired")
	gateway.AssumeCodes(&c.Locked, "account_locked", "otp_locked")
	gateway.AssumeCodes(&c.Credentials, "invalid_credentials")
	gateway.AssumeCodes(&c.SessionOver, "invalid_token", "session_expired")
	gateway.AssumeCodes(&c.StepUp, "step_up_required")
	gateway.AssumeCodes(&c.Scope, "insufficient_scope")
	return c
}

// classify says what an answer means. A code counts only with the status of a refusal: a server that fails ends no session.
func (c Codes) classify(status int, code string) error {
	in := func(codes []string) bool { return code != "" && slices.Contains(codes, code) }
	refused := status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusRequestTimeout
	if refused {
		for _, known := range []struct {
			codes []string
			kind  error
		}{
			{c.Locked, ErrLocked}, {c.WrongOTP, ErrWrongOTP}, {c.ChallengeOver, ErrChallengeOver}, {c.OTPNeeded, ErrOTPNeeded},
			{c.Credentials, ErrCredentials}, {c.StepUp, ErrStepUpNeeded}, {c.SessionOver, ErrSessionOver}, {c.Scope, ErrScope},
		} {
			if in(known.codes) {
				return known.kind
			}
		}
	}
	switch status {
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusLocked:
		return ErrLocked
	}
	return nil
}

// refusalJSON is what the gateway says with a refusal.
type refusalJSON struct {
	Code         string          `json:"code"`
	Error        json.RawMessage `json:"error"`
	AttemptsLeft *int            `json:"attempts_left"`
	LockedUntil  string          `json:"locked_until"`
	StepUp       json.RawMessage `json:"step_up"`
}

// refusal makes an error of an answer that is no success.
func (c *Client) refusal(status int, header http.Header, body []byte, scrub func(string) string) error {
	var said refusalJSON
	_ = json.Unmarshal(body, &said) // what cannot be read was said by something in front of the gateway
	if said.Code == "" {
		_ = json.Unmarshal(said.Error, &said.Code)
	}
	kind := c.options.Codes.classify(status, said.Code)
	code := redact.OneLine(clip(scrub(said.Code)))
	e := &Error{Status: status, Code: code, kind: kind, AttemptsLeft: -1, text: c.gateway.Describe(status, code, kind)}
	switch {
	case errors.Is(kind, ErrWrongOTP):
		if said.AttemptsLeft != nil && *said.AttemptsLeft >= 0 {
			e.AttemptsLeft = *said.AttemptsLeft
			e.text += fmt.Sprintf(", tries left: %d", e.AttemptsLeft)
		}
	case errors.Is(kind, ErrStepUpNeeded):
		e.stepUp = decodeStepUp(said.StepUp)
	case errors.Is(kind, ErrRateLimited):
		e.RetryAfter = c.gateway.RetryAfter(header)
	case errors.Is(kind, ErrLocked):
		locked := &LockedError{cause: e}
		if until, err := time.Parse(time.RFC3339, said.LockedUntil); err == nil {
			locked.Until = until
		} else if wait, _ := wire.RetryAfter(header); wait > 0 {
			locked.Until = c.options.Now().Add(wait)
		}
		return locked
	}
	return e
}
