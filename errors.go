package djamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
)

// ErrorCode names a kind of failure. It is itself an error, so the sentinels below are constants that nobody
// can overwrite; compare with errors.Is.
type ErrorCode string

// Error returns the code's text.
func (c ErrorCode) Error() string { return "djamo: " + string(c) }

// What an error can be asked for with errors.Is.
const (
	// ErrInvalidRequest is a request the API calls invalid (400), or one this package refused before sending it:
	// in the second case the error is a *ValidationError too.
	ErrInvalidRequest ErrorCode = "invalid request"
	// ErrUnauthorized is a missing or wrong token (401); often a staging token on production or the reverse.
	ErrUnauthorized ErrorCode = "unauthorized"
	// ErrForbidden is a token that may not use the resource (403).
	ErrForbidden ErrorCode = "forbidden"
	// ErrBlocked is the firewall in front of the API refusing the caller's IP address (403 with an HTML page).
	// The token is not at fault: ask Djamo to allow the address.
	ErrBlocked ErrorCode = "blocked by the firewall"
	// ErrNotFound is a resource that does not exist (404), or a look-up that found nothing.
	ErrNotFound ErrorCode = "not found"
	// ErrDuplicateReference is a reference or externalId that was used before (409). Look it up; never answer it
	// with a fresh reference, which would pay twice. For a batch it speaks of one reference at least, and is no word on
	// the others, which may have been accepted: look up every one.
	ErrDuplicateReference ErrorCode = "duplicate reference"
	// ErrUnprocessable is a valid request the API would not carry out (422).
	ErrUnprocessable ErrorCode = "unprocessable"
	// ErrRateLimited is a 429 that outlasted the retries.
	ErrRateLimited ErrorCode = "rate limited"
	// ErrServer is trouble on the API's side (5xx).
	ErrServer ErrorCode = "server error"
	// ErrOutcomeUnknown is a write that may have been carried out; the error is an *OutcomeUnknownError.
	ErrOutcomeUnknown ErrorCode = "outcome unknown"
	// ErrUnexpectedAnswer is a successful answer that makes no sense: not JSON, another reference than the one
	// asked for, larger than the limit, a cursor that repeats.
	ErrUnexpectedAnswer ErrorCode = "unexpected answer"
)

// errorBodyLimit bounds Error.Body: enough for any JSON error and for the telling part of an HTML page.
const errorBodyLimit = 4 << 10

// Error is an answer of the API, or of a proxy in front of it, that is not a success. Every field is exported so
// that tests can build one. Phone numbers in it are masked and the access token is removed.
type Error struct {
	Method        string        // of the request
	Path          string        // of the request, without the query
	StatusCode    int           // HTTP status
	Messages      []string      // the API's "message", which is a string or an array of strings; 8 KiB of it at most
	Name          string        // the API's "error", such as "Bad Request Exception"
	CorrelationID string        // what Djamo's support asks for
	RetryAfter    time.Duration // what a 429 or 503 announced; 0 when it announced nothing
	Body          []byte        // the first 4 KiB of the answer
}

// Error gives one line: method, path, status, messages and correlation id.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("djamo: " + e.Method + " " + e.Path + ": " + strconv.Itoa(e.StatusCode))
	if name := http.StatusText(e.StatusCode); name != "" {
		text.WriteString(" " + name)
	}
	switch {
	case e.Code() == ErrBlocked:
		text.WriteString(": the firewall in front of the API refused this IP address; the token is not at fault, ask Djamo to allow the address")
	case len(e.Messages) > 0:
		text.WriteString(": " + e.message())
	case len(e.Body) > 0:
		text.WriteString(": " + redact.Snippet(e.Body))
	}
	if e.StatusCode == http.StatusUnauthorized {
		text.WriteString(": is this the token of this host and country?")
	}
	line := redact.OneLine(redact.MaskPhones(text.String()))
	if e.CorrelationID != "" { // after the cut, and as it is: support asks for the whole of it
		line += " (correlation id " + redact.OneLine(e.CorrelationID) + ")"
	}
	return line
}

// message joins the messages as far as one line may show them. Callers may have built the error, of any length.
func (e *Error) message() string {
	const enough = 4 << 10 // more than OneLine keeps, so that what it cuts off has been masked
	var text strings.Builder
	for i, message := range e.Messages {
		if i > 0 {
			text.WriteString("; ")
		}
		text.WriteString(message[:min(len(message), enough)])
		if text.Len() > enough {
			break
		}
	}
	return text.String()
}

// Code classifies the error by its status; "" when the status means nothing in particular.
func (e *Error) Code() ErrorCode {
	switch {
	case e.StatusCode == http.StatusForbidden && isHTML(e.Body):
		return ErrBlocked
	case e.StatusCode >= http.StatusInternalServerError:
		return ErrServer
	}
	switch e.StatusCode {
	case http.StatusBadRequest:
		return ErrInvalidRequest
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrDuplicateReference
	case http.StatusUnprocessableEntity:
		return ErrUnprocessable
	case http.StatusTooManyRequests:
		return ErrRateLimited
	}
	return ""
}

// Is makes errors.Is(err, ErrNotFound) and its sisters work.
func (e *Error) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && code != "" && code == e.Code()
}

// LogValue gives slog the parts of the error, without the body.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", e.Method),
		slog.String("path", e.Path),
		slog.Int("status", e.StatusCode),
		slog.String("message", redact.OneLine(redact.MaskPhones(e.message()))),
		slog.String("correlation_id", e.CorrelationID),
	)
}

func isHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), []byte("<"))
}

// newError reads an answer that is not a success. Nothing about its shape is taken for granted: any field can be
// missing or of another type, and the body can be HTML, empty, cut off or endless.
func newError(call *transport.Call, t *transport.Transport) *Error {
	e := &Error{
		Method: call.Method, Path: t.ScrubPath(call), StatusCode: call.Status,
	}
	e.RetryAfter, _ = wire.RetryAfter(call.ResponseHeader)
	body := call.Bytes()
	if len(body) > 0 {
		e.Body = []byte(t.ScrubAnswer(call, string(body[:min(len(body), 2*errorBodyLimit)]), errorBodyLimit))
	}
	var wire struct {
		Message       json.RawMessage `json:"message"`
		Name          json.RawMessage `json:"error"`
		CorrelationID json.RawMessage `json:"correlationId"`
	}
	if json.Unmarshal(body, &wire) != nil {
		return e
	}
	const idLimit, nameLimit, messagesLimit = 256, 1 << 10, 8 << 10
	for _, message := range textsOf(wire.Message, messagesLimit) {
		e.Messages = append(e.Messages, t.ScrubAnswer(call, message, messagesLimit))
	}
	e.Name = t.ScrubAnswer(call, strings.Join(textsOf(wire.Name, nameLimit), "; "), nameLimit)
	e.CorrelationID = t.ScrubID(call, strings.Join(textsOf(wire.CorrelationID, idLimit), "; "), idLimit)
	return e
}

// textsOf reads a string, an array of anything, or anything else as itself, and stops when it has read enough. The last
// text may be longer: whoever cuts it must scrub it first.
func textsOf(raw json.RawMessage, enough int) []string {
	texts, _ := appendTexts(nil, raw, 3, enough)
	return texts
}

// eachText counts for every text beside its length: each is scrubbed by itself, which takes as long as the request is.
const eachText = 32

func appendTexts(texts []string, raw json.RawMessage, layers, enough int) (all []string, left int) {
	var one string
	var many []json.RawMessage
	switch {
	case len(raw) == 0 || string(raw) == "null" || enough <= 0:
		return texts, enough
	case json.Unmarshal(raw, &one) == nil:
		if one == "" {
			return texts, enough
		}
		return append(texts, one), enough - len(one) - eachText
	case layers > 0 && json.Unmarshal(raw, &many) == nil:
		for _, item := range many {
			texts, enough = appendTexts(texts, item, layers-1, enough)
		}
		return texts, enough
	}
	return append(texts, string(raw)), enough - len(raw) - eachText
}

// OutcomeUnknownError says that a write may have been carried out and that the API could not tell. Do not send it
// again under a fresh reference: look every reference up first (TransactionService.GetByReference), or show the
// case to a person. It matches ErrOutcomeUnknown, and the errors of the context or the network that led to it. It does
// not match ErrUnauthorized, ErrServer and the other answers of the API, and is no *Error, on purpose: that a look-up
// was not allowed says nothing of the payment, and must not pass for a refusal of it. The cause is in Err.
//
// Its text masks what may be a phone number, and some references may: 2026063001 and 2026063101 both read 20260***01.
// References holds them whole.
type OutcomeUnknownError struct {
	References []string // what was sent: transfer references, a charge's externalId or id
	Err        error    // why the outcome is not known
}

// Error names the references, at most three of them, and the cause.
func (e *OutcomeUnknownError) Error() string {
	const maxListed = 3
	var text strings.Builder
	text.WriteString("djamo: outcome unknown")
	for i, reference := range e.References[:min(len(e.References), maxListed)] {
		text.WriteString([]string{" of ", ", ", ", "}[i] + strconv.Quote(reference))
	}
	if more := len(e.References) - maxListed; more > 0 {
		fmt.Fprintf(&text, " and %d more", more)
	}
	text.WriteString(", it may have been carried out")
	if e.Err != nil {
		text.WriteString(": " + strings.ReplaceAll(e.Err.Error(), "djamo: ", ""))
	}
	return redact.MaskPhones(text.String())
}

// Is matches ErrOutcomeUnknown, and what the cause matches unless that is a verdict of the API.
func (e *OutcomeUnknownError) Is(target error) bool {
	if code, ok := target.(ErrorCode); ok && code != ErrUnexpectedAnswer {
		return code == ErrOutcomeUnknown
	}
	return errors.Is(e.Err, target)
}

// LogValue gives slog the references and the cause.
func (e *OutcomeUnknownError) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("references", masked(e.References)), slog.String("error", e.Error()))
}

// ValidationError is input this package refused before anything was sent. It matches ErrInvalidRequest.
type ValidationError struct {
	Field string // the parameter as Go or the API spells it, such as "transactions[3].amount"
	Value string // what was given; masked when personal, "" when secret or absent
	Rule  string // what it must be
}

// Error names field, value and rule.
func (e *ValidationError) Error() string {
	if e.Value == "" {
		return "djamo: " + e.Field + ": " + e.Rule
	}
	return "djamo: " + e.Field + ": " + e.Rule + ", got " + e.Value
}

// Is matches ErrInvalidRequest.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalidRequest }

func masked(texts []string) []string {
	masked := make([]string, len(texts))
	for i, text := range texts {
		masked[i] = redact.MaskPhones(text)
	}
	return masked
}
