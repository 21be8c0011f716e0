package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/hashicorp/go-retryablehttp"
)

// Class decides what happens when the answer to a call is lost.
type Class uint8

const (
	// Write is sent again only after a 429, or if it provably never left.
	Write Class = iota
	// Read is sent again after any failure, since repeating it changes nothing.
	Read
)

// Call is one request and its answer. It is also the context of its attempts: the retry policy and the RoundTripper find it
// there without a further allocation.
type Call struct {
	context.Context // of the caller

	Method   string
	Path     string // below the base URL, escaped, with the query
	Template string // for logs: the path with names in place of ids
	Literal  bool   // Template is the path as the caller gave it, ids and all
	Class    Class
	Single   bool // one attempt and no more

	outcomeUnknown bool // here, where it takes no room of its own
	// Credential authenticates the call; nil: the transport's own does.
	Credential *Credential
	Body       []byte // JSON; nil for none
	Header     http.Header
	Timeout    time.Duration // of one attempt; 0: the transport's
	// Budget is how many requests the call may send; 0: as many as the transport's policy says.
	Budget int
	// Earlier is how many requests calls before this one have sent for the same purpose.
	Earlier int

	Status         int // of the last answer; 0: there was none
	ResponseHeader http.Header
	Attempts       int // requests sent

	request retryablehttp.Request
	trace   *connTrace // nil for reads where nothing has to be traced
	last    error      // of the latest attempt that failed while the caller's context had not ended
	buffer  *bytes.Buffer
	pool    *sync.Pool
	limited io.LimitedReader
}

type callKey struct{}

// Value lets the call be found in contexts made from it.
func (c *Call) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// FromContext finds the call that a request's context belongs to; nil when there is none.
func FromContext(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

// Bytes is the body of the last answer, valid until Release.
func (c *Call) Bytes() []byte {
	if c.buffer == nil {
		return nil
	}
	return c.buffer.Bytes()
}

// Release gives the buffer back; Bytes must not be used afterwards.
func (c *Call) Release() {
	if c.buffer != nil && c.buffer.Cap() <= 2*pooledBytes {
		c.pool.Put(c.buffer)
	}
	c.buffer = nil
}

// PathOnly is the path without the query, where phone numbers travel.
func (c *Call) PathOnly() string {
	path, _, _ := strings.Cut(c.Path, "?")
	return path
}

// refuses reports whether a status means that a write was not carried out: the client errors that HTTP defines except 408, which
// a server may send at any time, and the redirects 307 and 308, which ask for the request to be sent elsewhere. Every other
// status that is no success leaves it open. A 303, or a 301 or 302 in its place, answers what was carried out. A 304 or a 1xx
// makes no sense. Codes beyond 451 are proxies' own, such as 499 for a client that went away.
func refuses(status int) bool {
	switch status {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	case http.StatusRequestTimeout:
		return false
	}
	return status >= http.StatusBadRequest && status <= http.StatusUnavailableForLegalReasons
}

// OutcomeUnknown reports whether the request may have been carried out although no answer says so: it may have left
// and nothing came back, or what came back (5xx, 408, a redirect) leaves it open.
func (c *Call) OutcomeUnknown() bool { return c.outcomeUnknown }

// connTrace records whether the request got a connection. Before that no byte can have left; from then on it counts as sent. Both
// hooks must be seen to work, because a RoundTripper other than net/http's may never call them.
//
// A RoundTripper around net/http's may have sent the request in its own way first, for example over HTTP/3, before net/http failed
// to connect. So unless net/http's own Transport sends, the body must also be untouched.
type connTrace struct {
	httptrace.ClientTrace
	asked, got atomic.Bool
	hop        atomic.Value // the host:port that is connected to: the proxy's where there is one
	handshake  atomic.Bool  // TLS has begun, with whoever it is
	direct     bool         // net/http's own Transport sends, and nothing around it in another way
	body       *watchedBody // of the attempt; nil when there is none, or nothing to watch
	// content is the body as net/http's own Transport has it. That may hand the request on too, to what was registered with
	// RegisterProtocol or TLSNextProto, so it must have been left alone like any other.
	content *bytes.Reader
}

// direct is net/http's own Transport if that sends, and nothing else: whatever is around it vouches, with a method
// SendsThrough, for handing each request on once and as it is. Otherwise it is nil.
func direct(base http.RoundTripper) *http.Transport {
	const maxDepth = 100 // a chain that leads back to itself proves nothing
	for range maxDepth {
		switch through := base.(type) {
		case *http.Transport:
			return through
		case interface{ SendsThrough() http.RoundTripper }:
			base = through.SendsThrough()
		default:
			return nil
		}
	}
	return nil
}

func (c *Call) watch(direct bool) {
	trace := &connTrace{direct: direct}
	trace.GetConn = func(hop string) {
		trace.hop.Store(hop)
		trace.asked.Store(true)
	}
	trace.TLSHandshakeStart = func() { trace.handshake.Store(true) }
	trace.GotConn = func(httptrace.GotConnInfo) { trace.got.Store(true) }
	c.trace = trace
	c.Context = httptrace.WithClientTrace(c.Context, &trace.ClientTrace)
}

func (c *Call) notSent() bool {
	switch trace := c.trace; {
	case trace == nil || !trace.asked.Load() || trace.got.Load():
		return false
	case trace.body != nil: // a single attempt's is watched behind net/http's own Transport too
		return trace.body.seal()
	case trace.content != nil:
		return trace.content.Len() == len(c.Body)
	default:
		return trace.direct
	}
}

// watchedBody records whether anyone has begun to read it, and lets nobody begin too late. A process that was frozen while it
// dialled may get its connection before it notices that its time is over. By then the caller no longer expects it to send.
type watchedBody struct {
	content *bytes.Reader
	until   time.Time // zero for no limit
	state   atomic.Int32
}

const (
	bodyUntouched = iota
	bodyRead
	bodySealed
)

func (b *watchedBody) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyUntouched, bodyRead) && b.state.Load() == bodySealed {
		return 0, errSealed
	}
	if b.late(time.Now()) {
		return 0, context.DeadlineExceeded
	}
	return b.content.Read(p)
}

// late reports whether the attempt's time is over, by either clock.
func (b *watchedBody) late(now time.Time) bool {
	return !b.until.IsZero() && clock.IsPast(b.until, now)
}

// Close changes nothing: what was closed unread was not sent.
func (b *watchedBody) Close() error { return nil }

// seal reports whether nothing was read, and prevents any later read: the request is about to be reported as unsent.
func (b *watchedBody) seal() bool {
	return b.state.CompareAndSwap(bodyUntouched, bodySealed) || b.state.Load() == bodySealed
}

// once makes the context of an attempt that ends when the request is handed to a second connection. A write without a
// body needs it: net/http sends one again by itself where a body without GetBody stops it, and a body that is empty would
// change what goes over the wire. See fill.
func once(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	var got atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if got.Swap(true) {
			cancel(errResent)
		}
	}})
	return ctx, func() { cancel(nil) }
}

// begin and end enclose one attempt.
func (c *Call) begin() {
	c.Attempts++
	c.Status, c.ResponseHeader = 0, nil
	if c.buffer != nil {
		c.buffer.Reset()
	}
	if c.trace != nil {
		c.trace.asked.Store(false)
		c.trace.got.Store(false)
		c.trace.handshake.Store(false)
	}
	c.outcomeUnknown = c.Class == Write
}

func (c *Call) end(resp *http.Response, err error) {
	if resp != nil {
		c.Status, c.ResponseHeader = resp.StatusCode, resp.Header
	}
	switch {
	case c.Class == Read:
	case err != nil:
		c.outcomeUnknown = !c.notSent()
	default:
		success := resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices
		c.outcomeUnknown = !success && !refuses(resp.StatusCode)
	}
}
