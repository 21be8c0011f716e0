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

	"github.com/hashicorp/go-retryablehttp"
)

// Class says what may be done when a call's answer does not arrive.
type Class uint8

const (
	// Write is sent again only when it provably never left, or was turned away with 429.
	Write Class = iota
	// Read is sent again after any trouble, since repeating it changes nothing.
	Read
)

// Call is one request and its answer. It is also the context its attempts run under, which is how the retry policy
// and the RoundTripper find it without an allocation of their own.
type Call struct {
	context.Context // of the caller

	Method   string
	Path     string // below the base URL, escaped, with the query
	Template string // for logs: the path with names in place of ids
	Literal  bool   // Template is the path as the caller gave it, ids and all
	Class    Class
	Body     []byte // JSON; nil for none
	Header   http.Header
	Timeout  time.Duration // of one attempt; 0: the transport's
	Single   bool          // one attempt and no more
	// Budget is how many requests the call may send; 0: as many as the transport's policy says.
	Budget int
	// Earlier is how many requests calls before this one have sent for the same purpose.
	Earlier int

	Status         int // of the last answer; 0: there was none
	ResponseHeader http.Header
	Attempts       int // requests sent

	request retryablehttp.Request
	left    *connTrace // nil for reads
	maybe   bool
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

// refuses reports whether a status says that a write was not carried out: the client errors that HTTP defines, but for
// 408, which is given up on at any time, and 307 and 308, which ask for the request to be sent elsewhere. Everything else
// that is no success leaves it open: a 303, and a 301 or 302 in its place, answers what was carried out, a 304 or a 1xx
// makes no sense at all, and beyond 451 are proxies' own codes, such as 499 for a caller they lost.
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
func (c *Call) OutcomeUnknown() bool { return c.maybe }

// connTrace watches whether a connection was handed to the request. Until then not one byte can have left; after
// that it counts as sent. Both hooks must be seen to work: a RoundTripper that is not net/http's may never call them.
//
// One that is wrapped around net/http's may have sent the request in its own way first, over HTTP/3 say, and net/http may
// then tell of a connection that could not be made. So anything but net/http's own must have left the body untouched, too.
type connTrace struct {
	httptrace.ClientTrace
	asked, got atomic.Bool
	direct     bool         // net/http's own Transport sends, and nothing around it in another way
	body       *watchedBody // of the attempt; nil when there is none, or nothing to watch
	// content is the body as net/http's own Transport has it. That may hand the request on too, to what was registered with
	// RegisterProtocol or TLSNextProto, so it must have been left alone like any other.
	content *bytes.Reader
}

// direct reports whether net/http's own Transport sends, and nothing else: whatever is around it vouches, with a method
// SendsThrough, for handing each request on once and as it is.
func direct(base http.RoundTripper) bool {
	const most = 100 // a chain that bites its own tail proves nothing
	for range most {
		switch through := base.(type) {
		case *http.Transport:
			return true
		case interface{ SendsThrough() http.RoundTripper }:
			base = through.SendsThrough()
		default:
			return false
		}
	}
	return false
}

func (c *Call) trace(direct bool) {
	left := &connTrace{direct: direct}
	left.GetConn = func(string) { left.asked.Store(true) }
	left.GotConn = func(httptrace.GotConnInfo) { left.got.Store(true) }
	c.left = left
	c.Context = httptrace.WithClientTrace(c.Context, &left.ClientTrace)
}

func (c *Call) neverLeft() bool {
	switch left := c.left; {
	case left == nil || !left.asked.Load() || left.got.Load():
		return false
	case left.body != nil: // a single attempt's is watched behind net/http's own Transport too
		return left.body.seal()
	case left.content != nil:
		return left.content.Len() == len(c.Body)
	default:
		return left.direct
	}
}

// watchedBody knows whether anyone has begun to read it, and lets nobody begin too late. A process that was frozen while it
// dialled may find the connection before it finds that its time is over, and whoever has let it send has stopped counting
// on it by then.
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

// late goes by both clocks: one stops while a virtual machine sleeps, and people set the other.
func (b *watchedBody) late(now time.Time) bool {
	return !b.until.IsZero() && (now.After(b.until) || now.Round(0).After(b.until.Round(0)))
}

// Close changes nothing: what was closed unread was not sent.
func (b *watchedBody) Close() error { return nil }

// seal reports whether nothing was read, and sees to it that nothing will be: the request is about to be called unsent.
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
	if c.left != nil {
		c.left.asked.Store(false)
		c.left.got.Store(false)
	}
	c.maybe = c.Class == Write
}

func (c *Call) end(resp *http.Response, err error) {
	if resp != nil {
		c.Status, c.ResponseHeader = resp.StatusCode, resp.Header
	}
	switch {
	case c.Class == Read:
	case err != nil:
		c.maybe = !c.neverLeft()
	default:
		success := resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices
		c.maybe = !success && !refuses(resp.StatusCode)
	}
}
