package djamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
)

// RequestOption changes one call.
type RequestOption func(*request) error

// request is one call before it is sent.
type request struct {
	transport.Call
	response *Response
	// confirmed: the API itself reported success, even if its answer cannot be read or is about something else.
	confirmed bool
	sentSince time.Time
}

// WithHeader adds a header to one call. The headers this package sets itself are refused (Clone makes a client for another
// company), and so are Idempotency-Key and X-Idempotency-Key: the API has no such key, and net/http resends POSTs that
// carry one.
func WithHeader(name, value string) RequestOption {
	name = http.CanonicalHeaderKey(name)
	return func(r *request) error {
		switch name {
		case "Authorization", "X-Company-Id", "Accept", "Content-Type", "Content-Length", "Host", "User-Agent", "Idempotency-Key",
			"X-Idempotency-Key", "Accept-Encoding", "Transfer-Encoding", "Trailer", "Connection", "Upgrade", "Te", "Expect":
			return optionError("WithHeader", name, "must not be one of the headers the client controls")
		}
		if !isHeaderName(name) || strings.ContainsFunc(value, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }) {
			return optionError("WithHeader", "", "must be a header name and a value on one line")
		}
		if r.Header == nil {
			r.Header = make(http.Header, 1)
		}
		r.Header[name] = append(r.Header[name], value)
		return nil
	}
}

// isHeaderName reports whether the name is a token of RFC 9110.
func isHeaderName(name string) bool {
	return isHeaderText(name) && !strings.ContainsAny(name, "()<>@,;:\\\"/[]?={}")
}

// WithRequestTimeout bounds each attempt of one call, in place of the client's timeout.
func WithRequestTimeout(d time.Duration) RequestOption {
	return func(r *request) error {
		if d <= 0 {
			return optionError("WithRequestTimeout", d.String(), "must be positive")
		}
		r.Timeout = d
		return nil
	}
}

// WithSentSince tells GetByReference that the payment was not sent before t, by this machine's clock. Where the API's filter by
// reference is not exact, the listing then need not be read further back than to payments made an hour before t. Other
// calls ignore it.
func WithSentSince(t time.Time) RequestOption {
	return func(r *request) error {
		if t.IsZero() {
			return optionError("WithSentSince", "", "must be a time")
		}
		r.sentSince = t
		return nil
	}
}

// WithSingleAttempt sends one request and no more: no retry, and no look-up after a lost answer, which then comes
// back as an *OutcomeUnknownError at once. Nor does it wait: while the API has asked for a pause (429), it fails with
// ErrRateLimited and nothing is sent. It is for programs that keep a journal and settle by themselves.
func WithSingleAttempt() RequestOption {
	return func(r *request) error {
		r.Single = true
		return nil
	}
}

// WithResponse stores status, headers and body of the answer in resp, of a refusal too.
func WithResponse(resp *Response) RequestOption {
	return func(r *request) error {
		if resp == nil {
			return optionError("WithResponse", "nil", "must point to a Response")
		}
		*resp = Response{}
		r.response = resp
		return nil
	}
}

// atID is wire.AtID with this package's error.
func atID(method, template, id string) (wire.Endpoint, error) {
	return wire.AtID(method, template, id, func(value, rule string) error { return invalidValue("id", value, rule) })
}

// invalidValue is the error of a value that was given, which is shown masked.
func invalidValue(field, value, rule string) error {
	if value != "" || field != "id" {
		value = quoted(value)
	}
	return &ValidationError{Field: field, Value: value, Rule: rule}
}

// withQuery is wire.Endpoint.WithQuery with this package's error.
func withQuery(e wire.Endpoint, params any) (wire.Endpoint, error) {
	e, err := e.WithQuery(params)
	if err != nil {
		return e, fmt.Errorf("djamo: %w", err)
	}
	return e, nil
}

// errNotBuilt is what every method of a zero Client returns.
const errNotBuilt ErrorCode = "this client was not built by NewClient"

func (c *Client) newRequest(ctx context.Context, class transport.Class, e wire.Endpoint, in any, opts []RequestOption) (*request, error) {
	if c == nil || c.core == nil {
		return nil, errNotBuilt
	}
	if ctx == nil {
		return nil, rejectUnsent(&ValidationError{Field: "ctx", Value: "nil", Rule: "must be a context"}, opts)
	}
	r := &request{}
	r.Method, r.Path, r.Template, r.Literal, r.Class = e.Method, e.Path, e.Template, e.Literal, class
	for _, opt := range opts {
		if opt == nil {
			return nil, rejectUnsent(&ValidationError{Field: "request option", Value: "nil", Rule: "must not be nil"}, opts)
		}
		if err := opt(r); err != nil {
			return nil, rejectUnsent(err, opts)
		}
	}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return nil, &ValidationError{
				Field: "body",
				Rule:  "must be JSON: " + redact.OneLine(c.transport.ScrubAnswer(&r.Call, err.Error(), errorBodyLimit)),
			}
		}
		r.Body = body
	}
	return r, nil
}

// rejectUnsent ends a call that was refused before anything was sent. It clears what WithResponse points to, which may hold the
// answer of an earlier call.
func rejectUnsent(err error, opts []RequestOption) error {
	var scratch request
	for _, opt := range opts {
		if opt != nil {
			_ = opt(&scratch)
		}
	}
	return err
}

// do sends the request and decodes a successful answer into out. An answer that leaves open whether a write was
// carried out comes back as an *OutcomeUnknownError without references, which the callers add.
func (c *Client) do(ctx context.Context, r *request, out any) error {
	defer r.Release()
	err := c.transport.Do(ctx, &r.Call)
	if r.response != nil {
		*r.response = Response{StatusCode: r.Status, Header: r.ResponseHeader, Body: slices.Clone(r.Bytes()), Attempts: r.Attempts}
	}
	success, unknown := r.Status/100 == http.StatusOK/100, r.OutcomeUnknown()
	switch {
	case err == nil && !success:
		err = newError(&r.Call, c.transport)
	case err == nil:
		if err = c.decode(r, out); err == nil {
			c.reportUnreadable(ctx, r, out)
			return nil
		}
		unknown = r.Class == transport.Write // it was carried out; what came of it cannot be read
	case errors.Is(err, transport.ErrTooLarge):
		err = fmt.Errorf("%w: %w", err, ErrUnexpectedAnswer)
	case errors.Is(err, transport.ErrHeldBack):
		err = fmt.Errorf("%w: %w", err, ErrRateLimited)
	}
	r.confirmed = success && r.Class == transport.Write && (r.Status != http.StatusOK || isAPIBody(r.Bytes()))
	if unknown {
		return &OutcomeUnknownError{Err: err}
	}
	return err
}

// decode reads a successful body.
func (c *Client) decode(r *request, out any) error {
	if out == nil {
		return nil
	}
	var err error
	if shaped, ok := out.(decoder); ok {
		err = shaped.decode(r.Bytes())
	} else if r.Status != http.StatusNoContent {
		err = json.Unmarshal(r.Bytes(), out)
	}
	if err != nil {
		reason := redact.OneLine(c.transport.ScrubAnswer(&r.Call, err.Error(), errorBodyLimit))
		body := c.transport.ScrubAnswer(&r.Call, string(r.Bytes()[:min(len(r.Bytes()), 2*errorBodyLimit)]), errorBodyLimit)
		switch {
		case isHTML(r.Bytes()):
			reason = "it is a web page, of another host or of a network that wants you to sign in"
		case body == "":
			reason, body = "it is empty", "nothing"
		}
		return fmt.Errorf("djamo: %s %s: %d with an answer that cannot be read (%s): %w: %s",
			r.Method, c.transport.ScrubPath(&r.Call), r.Status, reason, ErrUnexpectedAnswer, redact.OneLine(redact.Snippet([]byte(body))))
	}
	return nil
}

// decoder reads an answer whose shape is not certain. Anything else is decoded by encoding/json.
type decoder interface{ decode(body []byte) error }

// read makes a call that may be repeated any number of times.
func read[T any](ctx context.Context, c *Client, e wire.Endpoint, in any, opts []RequestOption) (*T, error) {
	return readTo(ctx, c, e, new(single[T]), in, opts)
}

// readTo is read for an answer that must match what out wants.
func readTo[T any](ctx context.Context, c *Client, e wire.Endpoint, out *single[T], in any, opts []RequestOption) (*T, error) {
	r, err := c.newRequest(ctx, transport.Read, e, in, opts)
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, r, out); err != nil {
		return nil, err
	}
	return &out.value, nil
}

// write makes a call that is never sent again once it may have been carried out. The references go into the
// *OutcomeUnknownError.
func write[T any](ctx context.Context, c *Client, e wire.Endpoint, in any, opts []RequestOption, references ...string) (*T, error) {
	return writeTo(ctx, c, e, new(single[T]), in, opts, references...)
}

// writeTo is write for an answer that must match what out wants.
func writeTo[T any](
	ctx context.Context, c *Client, e wire.Endpoint, out *single[T], in any, opts []RequestOption, references ...string,
) (*T, error) {
	r, err := c.newRequest(ctx, transport.Write, e, in, opts)
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, r, out); err != nil {
		return nil, withReferences(err, references...)
	}
	return &out.value, nil
}

// withReferences adds the references to an *OutcomeUnknownError, if the error is one.
func withReferences(err error, references ...string) error {
	if unknown := (*OutcomeUnknownError)(nil); errors.As(err, &unknown) {
		unknown.References = references
	}
	return err
}

// readPage reads one page. It allocates the slice beforehand, so that the decoder does not grow it step by step.
func readPage[T any](ctx context.Context, c *Client, path string, params ListParams, opts []RequestOption) (*Page[T], error) {
	if err := params.validate(); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	e, err := withQuery(wire.At(http.MethodGet, path), params)
	if err != nil {
		return nil, err
	}
	r, err := c.newRequest(ctx, transport.Read, e, nil, opts)
	if err != nil {
		return nil, err
	}
	const defaultLimit, maxCapacity = 15, 1000
	size := params.Limit
	if size == 0 {
		size = defaultLimit
	}
	listed := &listing[T]{Page: Page[T]{Data: make([]T, 0, min(size, maxCapacity))}, limit: size}
	if err := c.do(ctx, r, listed); err != nil {
		return nil, err
	}
	return &listed.Page, nil
}

// Do makes a call this package has no method for. The path starts with "/" and stays below the base URL; in is sent
// as JSON unless nil, and the answer is decoded into out, a pointer, unless nil; a 204 leaves out as it is. GET, HEAD,
// OPTIONS, PUT and DELETE are repeated after trouble; any other method is sent again only when it provably never left or
// was turned away with 429, and answers that got lost come back as an *OutcomeUnknownError.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...RequestOption) error {
	e, err := rawEndpoint(method, path)
	if err != nil {
		return rejectUnsent(err, opts)
	}
	if target := reflect.ValueOf(out); out != nil && (target.Kind() != reflect.Pointer || target.IsNil()) {
		return rejectUnsent(
			&ValidationError{Field: "out", Value: fmt.Sprintf("%T", out), Rule: "must be a pointer to decode the answer into, or nil"},
			opts,
		)
	}
	class := transport.Write
	if wire.Repeatable(method) {
		class = transport.Read
	}
	r, err := c.newRequest(ctx, class, e, in, opts)
	if err != nil {
		return err
	}
	return c.do(ctx, r, out)
}

func rawEndpoint(method, path string) (wire.Endpoint, error) {
	e, err := wire.Raw(method, path, invalidValue)
	e.Template = redact.MaskPhones(e.Template)
	return e, err
}
