// Package transport is the one way to the wire: authentication, retries by class, the rate-limit gate, time limits,
// bounded bodies, redaction and logging. It knows HTTP and nothing of payments; settling a payment whose answer was
// lost is the business of the package above it.
//
// The retry loop is go-retryablehttp's. Its defaults are wrong for payments (it resends POSTs, logs to stderr, obeys
// any Retry-After, has no jitter, throws the error body away and closes the caller's idle connections), so every one
// of them is replaced here, and its types do not leave this package.
package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config is everything a Transport needs; the package above has checked it.
type Config struct {
	Name             string      // of the product, as error texts and log records begin
	BaseURL          string      // with path prefix, without a trailing slash
	Credential       *Credential // of calls that bring none; nil: they are not authenticated
	UserAgent        string
	HTTPClient       *http.Client // copied, never changed; nil: a client on http.DefaultTransport
	OwnPool          bool         // HTTPClient sends through a Pool that nobody else has
	Timeout          time.Duration
	Retry            Retry
	Logger           *slog.Logger // nil: silence
	MaxResponseBytes int64
}

// Retry bounds how often and how long a call is tried.
type Retry struct {
	MaxAttempts   int // requests in all, the first included
	MinWait       time.Duration
	MaxWait       time.Duration
	MaxRetryAfter time.Duration
}

// Transport sends calls. It is safe for concurrent use.
type Transport struct {
	config   Config
	base     http.RoundTripper
	direct   bool        // base is net/http's own, with nothing around it that matters
	plain    func() bool // base is net/http's own, and there is no proxy to name
	client   *retryablehttp.Client
	header   http.Header
	prepared prepared
	buffers  sync.Pool
}

// New builds a Transport. It does no I/O.
func New(config Config) *Transport {
	t := &Transport{config: config, header: http.Header{
		"Accept":     {"application/json"},
		"User-Agent": {config.UserAgent},
	}}
	if t.config.Credential == nil {
		t.config.Credential = NewCredential(nil)
	}
	httpClient := http.Client{}
	if config.HTTPClient != nil {
		httpClient = *config.HTTPClient
	}
	t.base = httpClient.Transport
	if t.base == nil {
		t.base = http.DefaultTransport
	}
	t.direct = direct(t.base) != nil
	// The proxy is asked for with the first request, and not before: net/http reads its variables once, and a program may set them late.
	t.plain = sync.OnceValue(func() bool {
		own, ok := t.base.(*http.Transport)
		return ok && (own.Proxy == nil || own.OnProxyConnectResponse != nil && !usesProxy(own, config.BaseURL))
	})
	t.prepared = prepare(&t.config, t.header)
	httpClient.Transport = (*attempts)(t)
	httpClient.CheckRedirect = onlySameHostReads(httpClient.CheckRedirect)
	t.client = &retryablehttp.Client{
		HTTPClient:   &httpClient,
		RetryMax:     config.Retry.MaxAttempts - 1,
		RetryWaitMin: config.Retry.MinWait,
		RetryWaitMax: config.Retry.MaxWait,
		CheckRetry:   t.shouldRetry,
		Backoff:      t.wait,
		PrepareRetry: t.rewind,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return t
}

// Do sends the call, again where its class allows it, and fills in the answer. A nil error means that the API, or
// something in front of it, answered: Status says what. After an error, or an answer that is no success,
// OutcomeUnknown says whether the request may have been carried out.
//
// The caller releases the call when it is done with Bytes.
func (t *Transport) Do(ctx context.Context, call *Call) error {
	if call.Timeout == 0 {
		call.Timeout = t.config.Timeout
	}
	call.Context = ctx
	if call.Class != Read || !t.plain() {
		call.watch(t.direct)
	}
	if err := t.pass(call); err != nil {
		return t.fail(call, err)
	}
	call.last = nil
	limited, cancel := context.WithTimeout(call, call.Timeout)
	defer cancel()
	req, err := t.newRequest(limited, call)
	if err != nil {
		return t.fail(call, err)
	}
	call.request.Request = req
	resp, err := t.client.Do(&call.request)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close() // it was read long ago; this ends the timer of a caller's Timeout
	}
	if err != nil {
		if call.last != nil && call.Err() != nil && errors.Is(err, call.Err()) {
			err = fmt.Errorf("%w (last attempt: %w)", err, call.last)
		}
		return t.fail(call, err)
	}
	return nil
}

// pass waits for the gate. A single attempt does not wait: a program with a journal must know when a request leaves.
func (t *Transport) pass(call *Call) error {
	switch {
	case !call.Single:
		held := t.credential(call).gate.closed()
		err := t.credential(call).gate.wait(call)
		if err != nil && held {
			err = fmt.Errorf("waiting for the pause that the API has asked for (429): %w", err)
		}
		return err
	case t.credential(call).gate.closed(): // looked at once: another call may close it right afterwards
		return ErrHeldBack
	}
	return call.Err()
}

// newRequest makes the first attempt's request, under the first attempt's time limit. Later attempts run under a copy
// with a limit of its own: most calls need only one, and are spared the copy.
func (t *Transport) newRequest(limited context.Context, call *Call) (*http.Request, error) {
	req := t.prepared.to(limited, call.Method, call.Path)
	if req == nil {
		var err error
		if req, err = http.NewRequestWithContext(limited, call.Method, t.config.BaseURL+call.Path, nil); err != nil {
			return nil, err
		}
	}
	t.fill(req, call)
	return req, nil
}

// rewind readies a request to be repeated. It waits for the gate, which must not count against the Timeout of the caller's
// own client. It gives the request its body again, and headers of its own: the http.Client has added its jar's cookies to
// those of the attempt before.
func (t *Transport) rewind(req *http.Request) error {
	call := FromContext(req.Context())
	if call == nil {
		return nil
	}
	if err := t.credential(call).gate.wait(call); err != nil {
		return err
	}
	t.fill(req, call)
	return nil
}

// fill gives a request its headers and its body. It leaves GetBody out: with it net/http sends a write again by itself,
// without asking anyone, when an HTTP/2 server resets the stream with PROTOCOL_ERROR, which servers do after they have
// carried it out.
func (t *Transport) fill(req *http.Request, call *Call) {
	if req.Header = t.prepared.headerFor(call); req.Header == nil {
		// The values are shared between requests: a RoundTripper must not change a request, and this saves four allocations.
		req.Header = maps.Clone(t.header)
		maps.Copy(req.Header, t.credential(call).header)
		maps.Copy(req.Header, call.Header)
		if call.Body != nil {
			req.Header["Content-Type"] = []string{contentType}
		}
	}
	if call.Body == nil {
		return
	}
	req.ContentLength = int64(len(call.Body))
	if call.trace != nil && (call.Single || !call.trace.direct) {
		call.trace.body = &watchedBody{content: bytes.NewReader(call.Body)}
		if call.Single { // its only attempt has this limit
			call.trace.body.until, _ = req.Context().Deadline()
		}
		req.Body = call.trace.body
		return
	}
	content := bytes.NewReader(call.Body)
	if call.trace != nil {
		call.trace.content = content
	}
	req.Body = io.NopCloser(content) // of a kind that net/http knows to be in memory: one packet, not two
}

// fail turns what net/http says into an error that names the call and keeps the query, secrets and phone numbers
// to itself.
func (t *Transport) fail(call *Call, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // its text holds the whole URL
	}
	text := fmt.Sprintf("%s: %s %s: %s", t.config.Name, call.Method, t.ScrubPath(call), t.ScrubAnswer(call, err.Error(), errorLimit))
	return &Error{text: text, cause: err}
}

// attempts is the RoundTripper under the retry loop: one call of RoundTrip is one request on the wire. It is not an
// io.Closer of idle connections on purpose, since they belong to the caller.
type attempts Transport

// RoundTrip sends once and reads the whole answer within the attempt's time limit. The first attempt carries its limit; a
// later one gets it here.
func (a *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	t := (*Transport)(a)
	call := FromContext(req.Context())
	if call.Attempts > 0 {
		ctx, cancel := context.WithTimeout(req.Context(), call.Timeout)
		defer cancel()
		req = req.WithContext(ctx)
	}
	if call.Class == Write && call.Body == nil {
		ctx, cancel := once(req.Context())
		defer cancel()
		req = req.WithContext(ctx)
	}
	call.begin()
	start := time.Now()
	resp, err := t.base.RoundTrip(req)
	switch {
	case err == nil && resp == nil:
		err = errNoAnswer
	case err != nil && errors.Is(context.Cause(req.Context()), errResent):
		err = errResent
	case err != nil:
		err = t.nameProxy(call, req, err)
	}
	if err == nil {
		err = t.read(call, resp)
	}
	if err != nil && !errors.Is(err, errResent) && req.Context().Err() != nil && call.Err() == nil {
		err = fmt.Errorf("no answer within %v: %w", call.Timeout, err)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the connection ended before the whole answer was there: %w", err)
	}
	if call.Err() == nil {
		call.last = endOf(resp, err)
	}
	call.end(resp, err)
	if err == nil {
		t.credential(call).observe(resp.StatusCode)
		if resp.StatusCode == http.StatusTooManyRequests {
			t.credential(call).gate.closeFor(t.backoff(call.Attempts-1, resp.Header))
		}
	}
	t.log(call, time.Since(start), err)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// endOf is how an attempt ended that did not succeed; nil when it did.
func endOf(resp *http.Response, err error) error {
	if err != nil || resp.StatusCode < http.StatusMultipleChoices {
		return err
	}
	return statusError(resp.StatusCode)
}

// pooledBytes is the largest buffer that is kept, and the most that a Content-Length is believed beforehand.
const pooledBytes = 1 << 20

// ErrTooLarge is a successful answer beyond Config.MaxResponseBytes.
var ErrTooLarge = errors.New("the answer is larger than the limit")

// read takes the body whole into a pooled buffer and closes it, so that the connection can be used again. What a
// refusal carries is a courtesy: its status counts even when its body is cut off.
func (t *Transport) read(call *Call, resp *http.Response) error {
	if resp.Body == nil {
		resp.Body = http.NoBody // as net/http has it
	}
	defer resp.Body.Close()
	if resp.StatusCode < http.StatusOK {
		resp.Body = http.NoBody // after 101 it would be the connection itself, which ends when the server likes
		return nil
	}
	limit := t.config.MaxResponseBytes
	if call.buffer == nil {
		call.buffer, _ = t.buffers.Get().(*bytes.Buffer)
		if call.buffer == nil {
			call.buffer = new(bytes.Buffer)
		}
		call.pool = &t.buffers
	}
	call.buffer.Reset()
	if resp.ContentLength > 0 {
		call.buffer.Grow(int(min(resp.ContentLength, limit, pooledBytes)) + bytes.MinRead)
	}
	call.limited = io.LimitedReader{R: resp.Body, N: limit + 1}
	_, err := call.buffer.ReadFrom(&call.limited)
	skipMark(call.buffer)
	resp.Body = http.NoBody
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil
	}
	if err == nil && int64(call.buffer.Len()) > limit {
		return fmt.Errorf("%w of %d bytes", ErrTooLarge, limit)
	}
	return err
}

// skipMark leaves out the byte order marks that some encoders put before JSON, which allows none.
func skipMark(body *bytes.Buffer) {
	mark := []byte("\ufeff")
	for bytes.HasPrefix(body.Bytes(), mark) {
		body.Next(len(mark))
	}
}

// shouldRetry asks the policy, and the context whether there is still time.
func (t *Transport) shouldRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	call := FromContext(ctx)
	if !t.mayRepeat(call, resp, err) {
		return false, nil
	}
	if ended := call.Err(); ended != nil {
		return false, ended
	}
	// The loop waits under the request's context, which until now was the first attempt's and may have run out.
	call.request.Request = call.request.Request.WithContext(call)
	return true, nil
}

// mayRepeat is the policy: the table test in the package above is its specification.
func (t *Transport) mayRepeat(call *Call, resp *http.Response, err error) bool {
	var certificate *tls.CertificateVerificationError
	switch {
	case call.Single, call.Budget > 0 && call.Attempts >= call.Budget:
		return false
	case errors.Is(err, errRedirect), errors.Is(err, ErrTooLarge), errors.As(err, &certificate):
		return false // the next try would end the same way
	case err != nil:
		return call.Class == Read || call.notSent()
	case resp.StatusCode == http.StatusTooManyRequests:
		return true
	}
	return call.Class == Read && troubled(resp.StatusCode)
}

// troubled are the statuses after which a request may or may not have been carried out.
func troubled(status int) bool {
	return status >= http.StatusInternalServerError || status == http.StatusRequestTimeout
}

// wait is the pause before the next attempt. After a 429 the gate does the waiting, for every call of the credential.
func (t *Transport) wait(_, _ time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp == nil {
		return t.backoff(attempt, nil)
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	return t.backoff(attempt, resp.Header)
}
