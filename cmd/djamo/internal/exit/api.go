package exit

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// What commands that call the API end with, beside the codes of all.
const (
	OutcomeUnknown = 4 // a payment may have been made: do not pay again, the next command is printed
	Refused        = 5 // by the API, duplicates included
	Unauthorized   = 6 // the token, or the firewall
	NotFound       = 7
	Unsent         = 8 // the network, or a rate limit: safe to repeat
)

// API gives an error of the client library its code. Errors that have one keep it.
func API(ctx context.Context, err error) error {
	if err == nil || errors.As(err, new(*Error)) || errors.As(err, new(*UsageError)) {
		return err
	}
	return &Error{Code: codeOf(ctx, err), Err: err, References: referencesOf(err)}
}

func codeOf(ctx context.Context, err error) int {
	answer := (*djamo.Error)(nil)
	switch {
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		return OutcomeUnknown
	case ctx.Err() != nil:
		return Interrupted
	case errors.As(err, new(*djamo.ValidationError)):
		return Usage
	case errors.Is(err, djamo.ErrUnauthorized), errors.Is(err, djamo.ErrForbidden), errors.Is(err, djamo.ErrBlocked):
		return Unauthorized
	case errors.Is(err, djamo.ErrNotFound):
		return NotFound
	case errors.Is(err, djamo.ErrRateLimited):
		return Unsent
	case errors.Is(err, djamo.ErrDuplicateReference):
		return Refused
	case errors.As(err, &answer):
		if answer.StatusCode >= 400 && answer.StatusCode < 500 {
			return Refused
		}
		return Failed
	case errors.Is(err, djamo.ErrUnexpectedAnswer):
		return Failed
	case isNetworks(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Unsent
	}
	return Failed
}

// isNetworks reports whether an error is one of the network: whatever the system says of a file is a net.Error, too.
func isNetworks(err error) bool {
	return errors.As(err, new(net.Error)) && !errors.As(err, new(*fs.PathError)) && !errors.As(err, new(*os.LinkError))
}

func referencesOf(err error) []string {
	if unknown := (*djamo.OutcomeUnknownError)(nil); errors.As(err, &unknown) {
		return unknown.References
	}
	return nil
}

// Report is an error as programs read it on standard error.
type Report struct {
	Code          string   `json:"code"`
	Message       string   `json:"message"`
	References    []string `json:"references,omitempty"`
	CorrelationID string   `json:"correlationId,omitempty"`
	Next          string   `json:"next,omitempty"`
}

// ReportOf describes an error. The code is one of a fixed set and never translated.
func ReportOf(err error, l lang.Language) Report {
	r := Report{Code: nameOf(err), Message: lang.WithoutName(djamo.MaskPhones(l.Error(err)))}
	if coded := (*Error)(nil); errors.As(err, &coded) {
		r.References, r.Next = coded.References, coded.Next
	}
	r.CorrelationID = CorrelationID(err)
	return r
}

// CorrelationID is what Djamo's support asks for; empty when there is none.
func CorrelationID(err error) string {
	if unknown := (*djamo.OutcomeUnknownError)(nil); errors.As(err, &unknown) {
		err = unknown.Err
	}
	if answer := (*djamo.Error)(nil); errors.As(err, &answer) {
		return answer.CorrelationID
	}
	return ""
}

func nameOf(err error) string {
	for _, kind := range []struct {
		sentinel error
		name     string
	}{
		{djamo.ErrOutcomeUnknown, "outcome_unknown"}, {djamo.ErrDuplicateReference, "duplicate_reference"},
		{djamo.ErrBlocked, "blocked"}, {djamo.ErrRateLimited, "rate_limited"}, {djamo.ErrUnexpectedAnswer, "unexpected_answer"},
	} {
		if errors.Is(err, kind.sentinel) {
			return kind.name
		}
	}
	switch Code(err) {
	case Unresolved:
		return "unresolved"
	case OutcomeUnknown:
		return "outcome_unknown"
	case Refused:
		return "refused"
	case Unauthorized:
		return "unauthorized"
	case NotFound:
		return "not_found"
	case Unsent:
		return "not_sent"
	case Usage:
		return "usage"
	case Interrupted:
		return "interrupted"
	}
	return "failed"
}
