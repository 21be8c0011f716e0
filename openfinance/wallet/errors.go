package wallet

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// What an answer of the gateway means. An *Error matches at most one of them.
var (
	// ErrConsentRevoked is a consent that its holder has ended: nothing may be read any more.
	ErrConsentRevoked = errors.New("wallet: the consent was revoked")
	// ErrConsentExpired is a consent whose time is over.
	ErrConsentExpired = errors.New("wallet: the consent has expired")
	// ErrInvalidToken is a token that the gateway does not take: refresh it.
	ErrInvalidToken = errors.New("wallet: the gateway does not take the token")
	// ErrMutation is a feed that changed while its pages were read: begin again with the update's first cursor.
	ErrMutation = errors.New("wallet: the pages changed while they were read")
	// ErrInvalidCursor is a cursor that the gateway does not know, or not for this token: read everything anew.
	ErrInvalidCursor = errors.New("wallet: the gateway does not take the cursor")
	// ErrRateLimited is a 429: ask nothing under this consent before RetryAfter has passed.
	ErrRateLimited = errors.New("wallet: the gateway asks to wait")
)

// Error is an answer that is no success, or none at all. Its text has no token, no consent id, no name and no number.
type Error struct {
	Status     int           // 0: there was no answer
	Code       string        // of the gateway; empty: none, or a page of something before it
	RetryAfter time.Duration // with ErrRateLimited

	text  string
	kind  error
	cause error
}

// Error says what happened.
func (e *Error) Error() string { return e.text }

// Is reports which of the errors of this package an answer is.
func (e *Error) Is(target error) bool { return e.kind != nil && e.kind == target }

// Unwrap returns what the network said.
func (e *Error) Unwrap() error { return e.cause }

// Codes are the error codes of a gateway. An empty list has the codes that are assumed where nobody says: consent_revoked,
// consent_expired, invalid_token, mutation_during_pagination, and invalid_cursor and cursor_token_mismatch.
type Codes struct {
	Revoked, Expired, InvalidToken, Mutation, InvalidCursor []string
}

func (c Codes) withDefaults() Codes {
	gateway.AssumeCodes(&c.Revoked, "consent_revoked")
	gateway.AssumeCodes(&c.Expired, "consent_expired")
	gateway.AssumeCodes(&c.InvalidToken, "invalid_token")
	gateway.AssumeCodes(&c.Mutation, "mutation_during_pagination")
	gateway.AssumeCodes(&c.InvalidCursor, "invalid_cursor", "cursor_token_mismatch")
	return c
}

// meaning is what an answer means, behind the code that says so: the first where none is known.
func (c Codes) meaning(status int, body []byte) (code string, kind error) {
	codes := gateway.ErrorCodes(body)
	for _, code := range codes {
		if kind := c.classify(status, code); kind != nil {
			return clip(code), kind
		}
	}
	if len(codes) > 0 {
		code = clip(codes[0])
	}
	return code, c.classify(status, code)
}

// classify says what an answer means. A code counts only with a status that fits: a firewall's 403 and a failing server end
// no consent.
func (c Codes) classify(status int, code string) error {
	in := func(codes []string) bool { return slices.Contains(codes, code) }
	turnedAway := status == http.StatusUnauthorized || status == http.StatusForbidden
	clientError := status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
	switch {
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case code == "":
		return nil
	case turnedAway && in(c.Revoked):
		return ErrConsentRevoked
	case turnedAway && in(c.Expired):
		return ErrConsentExpired
	case turnedAway && in(c.InvalidToken):
		return ErrInvalidToken
	case clientError && in(c.Mutation):
		return ErrMutation
	case clientError && in(c.InvalidCursor):
		return ErrInvalidCursor
	}
	return nil
}
