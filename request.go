package djamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-querystring/query"

	"github.com/djamo/djamo-go/internal/transport"
)

// RequestOption changes one call.
type RequestOption func(*request) error

// request is one call in the making.
type request struct {
	transport.Call
	response *Response
	// told: a success has come that can only be the API's, though perhaps not in a way that can be read or believed.
	told bool
}

// WithHeader adds a header to one call. The headers this package sets itself are refused (Clone makes a client for another
// company), and so are Idempotency-Key and X-Idempotency-Key: the API has no such key, and net/http resends POSTs that
// carry one.
func WithHeader(name, value string) RequestOption {
	name = http.CanonicalHeaderKey(name)
	return func(r *request) error {
		switch name {
		case "Authorization", "X-Company-Id", "Accept", "Content-Type", "Content-Length", "Host", "User-Agent", "Idempotency-Key", "X-Idempotency-Key",
			"Accept-Encoding", "Transfer-Encoding", "Trailer", "Connection", "Upgrade", "Te", "Expect":
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

// isHeaderName is RFC 9110's token.
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

// endpoint is a call's method and place: the template is for logs, the path is what is sent.
type endpoint struct {
	method, template, path string
	literal                bool // the template is only a path, which may hold ids
}

func at(method, path string) endpoint { return endpoint{method: method, template: path, path: path} }

// atID puts an id into a template such as /v1/transactions/{id}. The id is checked and escaped, so that it cannot
// lead to another resource.
func atID(method, template, id string) (endpoint, error) {
	switch {
	case id == "":
		return endpoint{}, &ValidationError{Field: "id", Rule: "must not be empty"}
	case strings.Contains(id, "/"), strings.Contains(id, ".."), strings.Contains(id, `\`), id == ".", hasControl(id):
		return endpoint{}, &ValidationError{Field: "id", Value: quoted(id), Rule: `must not hold "/", "\", ".." or control characters`}
	}
	return endpoint{method: method, template: template, path: strings.Replace(template, "{id}", url.PathEscape(id), 1)}, nil
}

func (e endpoint) withQuery(params any) (endpoint, error) {
	values, err := query.Values(params)
	if err != nil {
		return e, fmt.Errorf("djamo: %s %s: %w", e.method, e.template, err)
	}
	if len(values) > 0 {
		e.path += "?" + values.Encode()
	}
	return e, nil
}

// errNotBuilt is what every method of a zero Client returns.
const errNotBuilt ErrorCode = "this client was not built by NewClient"

func (c *Client) newRequest(ctx context.Context, class transport.Class, e endpoint, in any, opts []RequestOption) (*request, error) {
	if c == nil || c.core == nil {
		return nil, errNotBuilt
	}
	if ctx == nil {
		return nil, unsent(&ValidationError{Field: "ctx", Value: "nil", Rule: "must be a context"}, opts)
	}
	r := &request{}
	r.Method, r.Path, r.Template, r.Literal, r.Class = e.method, e.path, e.template, e.literal, class
	for _, opt := range opts {
		if opt == nil {
			return nil, unsent(&ValidationError{Field: "request option", Value: "nil", Rule: "must not be nil"}, opts)
		}
		if err := opt(r); err != nil {
			return nil, unsent(err, opts)
		}
	}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return nil, &ValidationError{Field: "body", Rule: "must be JSON: " + oneLine(c.transport.ScrubAnswer(&r.Call, err.Error(), errorBodyLimit))}
		}
		r.Body = body
	}
	return r, nil
}

// unsent is the end of a call that was refused before anything was sent. What WithResponse points to must not keep the
// answer of an earlier call.
func unsent(err error, opts []RequestOption) error {
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
			return nil
		}
		unknown = r.Class == transport.Write // it was carried out; what came of it cannot be read
	case errors.Is(err, transport.ErrTooLarge):
		err = fmt.Errorf("%w: %w", err, ErrUnexpectedAnswer)
	case errors.Is(err, transport.ErrHeldBack):
		err = fmt.Errorf("%w: %w", err, ErrRateLimited)
	}
	r.told = success && r.Class == transport.Write && (r.Status != http.StatusOK || tells(r.Bytes()))
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
		return fmt.Errorf("djamo: %s %s: %d with an answer that cannot be read (%s): %w: %s",
			r.Method, c.transport.Scrub(r.PathOnly()), r.Status, oneLine(c.transport.ScrubAnswer(&r.Call, err.Error(), errorBodyLimit)), ErrUnexpectedAnswer,
			oneLine(transport.Snippet([]byte(c.transport.ScrubAnswer(&r.Call, string(r.Bytes()[:min(len(r.Bytes()), 2*errorBodyLimit)]), errorBodyLimit)))))
	}
	return nil
}

// decoder is what reads an answer whose shape is not certain; anything else is decoded as it is.
type decoder interface{ decode(body []byte) error }

// read is a call that may be repeated at will.
func read[T any](ctx context.Context, c *Client, e endpoint, in any, opts []RequestOption) (*T, error) {
	return readTo(ctx, c, e, new(single[T]), in, opts)
}

// readTo is a read whose answer must be what out wants.
func readTo[T any](ctx context.Context, c *Client, e endpoint, out *single[T], in any, opts []RequestOption) (*T, error) {
	r, err := c.newRequest(ctx, transport.Read, e, in, opts)
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, r, out); err != nil {
		return nil, err
	}
	return &out.value, nil
}

// write is a call that is never sent again once it may have been carried out. The references go into the error that
// says so.
func write[T any](ctx context.Context, c *Client, e endpoint, in any, opts []RequestOption, references ...string) (*T, error) {
	return writeTo(ctx, c, e, new(single[T]), in, opts, references...)
}

// writeTo is a write whose answer must be what out wants.
func writeTo[T any](ctx context.Context, c *Client, e endpoint, out *single[T], in any, opts []RequestOption, references ...string) (*T, error) {
	r, err := c.newRequest(ctx, transport.Write, e, in, opts)
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, r, out); err != nil {
		return nil, naming(err, references...)
	}
	return &out.value, nil
}

// naming puts the references into an error that says that the outcome is unknown.
func naming(err error, references ...string) error {
	if unknown := (*OutcomeUnknownError)(nil); errors.As(err, &unknown) {
		unknown.References = references
	}
	return err
}

// readPage reads one page. Its slice gets its size beforehand, which spares the decoder from growing it.
func readPage[T any](ctx context.Context, c *Client, path string, params ListParams, opts []RequestOption) (*Page[T], error) {
	if err := params.validate(); err != nil {
		return nil, unsent(err, opts)
	}
	e, err := at(http.MethodGet, path).withQuery(params)
	if err != nil {
		return nil, err
	}
	r, err := c.newRequest(ctx, transport.Read, e, nil, opts)
	if err != nil {
		return nil, err
	}
	const defaultLimit, most = 15, 1000
	size := params.Limit
	if size == 0 {
		size = defaultLimit
	}
	listed := &listing[T]{Page: Page[T]{Data: make([]T, 0, min(size, most))}, limit: size}
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
		return unsent(err, opts)
	}
	if target := reflect.ValueOf(out); out != nil && (target.Kind() != reflect.Pointer || target.IsNil()) {
		return unsent(&ValidationError{Field: "out", Value: fmt.Sprintf("%T", out), Rule: "must be a pointer to decode the answer into, or nil"}, opts)
	}
	class := transport.Write
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		class = transport.Read
	}
	r, err := c.newRequest(ctx, class, e, in, opts)
	if err != nil {
		return err
	}
	return c.do(ctx, r, out)
}

func rawEndpoint(method, path string) (endpoint, error) {
	if method == "" || strings.IndexFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) >= 0 {
		return endpoint{}, &ValidationError{Field: "method", Value: quoted(method), Rule: "must be an HTTP method in upper case"}
	}
	u, err := url.Parse(path)
	switch {
	case err != nil || strings.Contains(path, " ") || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || u.Fragment != "":
		return endpoint{}, &ValidationError{Field: "path", Value: quoted(path), Rule: `must start with "/" and stay below the base URL`}
	case slices.Contains(strings.Split(strings.ReplaceAll(u.Path, `\`, "/"), "/"), ".."):
		return endpoint{}, &ValidationError{Field: "path", Value: quoted(path), Rule: `must not hold ".."`}
	}
	return endpoint{method: method, template: transport.MaskPhones(u.Path), path: path, literal: true}, nil
}
