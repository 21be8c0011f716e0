package djamotest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// Transport is a round tripper that reaches the API without a network, whatever host a request names. It behaves as
// net/http's own does where a client could notice: tracing, lost and truncated answers, cancellation. Use it in
// testing/synctest bubbles, which real connections would keep from moving their clock. The API must be closed inside the
// bubble.
func (a *API) Transport() http.RoundTripper { return transport{a} }

type transport struct{ api *API }

// planKey carries a plan that was made before the request left.
type planKey struct{}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	closeBody := sync.OnceFunc(func() {
		if r.Body != nil {
			_ = r.Body.Close()
		}
	})
	if err := context.Cause(r.Context()); err != nil {
		closeBody()
		return nil, err
	}
	if r.URL == nil {
		closeBody()
		return nil, errors.New("djamotest: the request has no URL")
	}
	r, asked := withDefaults(r), r
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	now := t.api.Now().UnixNano()
	p := t.api.planFor(r, now, true)
	if p.dial != nil {
		closeBody()
		return nil, refused(trace, r.URL.Host)
	}
	ctx, cancel := context.WithCancel(r.Context())
	w := &pipeWriter{header: make(http.Header), ready: make(chan struct{}), cancel: cancel, bodyless: r.Method == http.MethodHead}
	w.reader, w.writer = io.Pipe()
	arrived := serverSide(context.WithValue(ctx, planKey{}, p), r)
	announce(trace)
	go func() {
		defer cancel()
		defer closeBody()
		defer w.finish()
		giveUp := func() { // a body that blocks, and an answer nobody reads, end with the request's context or the API
			closeBody()
			_ = w.reader.Close()
		}
		defer context.AfterFunc(t.api.life, giveUp)()
		defer context.AfterFunc(ctx, giveUp)()
		t.api.ServeHTTP(w, arrived)
	}()
	select {
	case <-w.ready:
	case <-r.Context().Done():
		_ = w.reader.Close()
		return nil, context.Cause(r.Context())
	}
	if w.failure != nil {
		return nil, w.failure
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return w.response(asked), nil
}

// withDefaults is a request with what net/http puts in where its maker left something out.
func withDefaults(r *http.Request) *http.Request {
	if r.Method != "" && r.URL.Path != "" {
		return r
	}
	r = r.Clone(r.Context())
	r.Method = cmp.Or(r.Method, http.MethodGet)
	r.URL.Path = cmp.Or(r.URL.Path, "/")
	return r
}

// refused is the error of a dial that finds nobody listening.
func refused(trace *httptrace.ClientTrace, host string) error {
	err := &net.OpError{Op: "dial", Net: "tcp", Addr: address(host), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if trace != nil && trace.ConnectStart != nil {
		trace.ConnectStart("tcp", host)
	}
	if trace != nil && trace.ConnectDone != nil {
		trace.ConnectDone("tcp", host, err)
	}
	return err
}

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// announce tells a trace that the request has left.
func announce(trace *httptrace.ClientTrace) {
	if trace == nil {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// serverSide is a request as a server sees it.
func serverSide(ctx context.Context, r *http.Request) *http.Request {
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Header = make(http.Header, len(r.Header))
	for name, values := range r.Header { // as they are read from a connection
		name = http.CanonicalHeaderKey(name)
		in.Header[name] = append(in.Header[name], values...)
	}
	switch {
	case in.Body == nil:
		in.Body = http.NoBody
	case in.ContentLength == 0 && in.Body != http.NoBody:
		in.ContentLength = -1 // how a server says that the length is unknown, which a client says by 0
	}
	return in
}

// pipeWriter is the server's end of an exchange without a network.
type pipeWriter struct {
	header  http.Header
	status  int
	ready   chan struct{} // closed when the status is there, or failure is set
	once    sync.Once
	failure error
	reader  *io.PipeReader
	writer  *io.PipeWriter
	cancel  context.CancelFunc
	want    int64
	written int64

	bodyless bool // the answer to HEAD
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status = status
		w.want = -1
		if n, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64); err == nil {
			w.want = n
		}
		w.header = w.header.Clone() // what the caller gets is no longer the handler's
		close(w.ready)
	})
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.written += int64(len(b))
	if w.bodyless {
		return len(b), nil
	}
	return w.writer.Write(b)
}

// Flush has nothing to do: every write is delivered at once.
func (w *pipeWriter) Flush() {}

// cut ends the exchange as a closed or reset connection does.
func (w *pipeWriter) cut(reset bool) {
	err := io.EOF
	if reset {
		err = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	w.once.Do(func() {
		w.failure = err
		close(w.ready)
	})
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	_ = w.writer.CloseWithError(err)
}

// finish ends an exchange whose handler has returned.
func (w *pipeWriter) finish() {
	w.WriteHeader(http.StatusOK)
	if w.failure == nil && w.want >= 0 && w.written < w.want {
		_ = w.writer.CloseWithError(io.ErrUnexpectedEOF)
	}
	_ = w.writer.Close()
}

func (w *pipeWriter) response(r *http.Request) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, ContentLength: w.want, Request: r,
		Body: &pipeBody{PipeReader: w.reader, ctx: r.Context(), cancel: w.cancel},
	}
}

// pipeBody is the caller's end: a reader that ends when the caller's context does.
type pipeBody struct {
	*io.PipeReader
	ctx    context.Context // the request's: its end is the body's
	cancel context.CancelFunc
}

func (b *pipeBody) Read(p []byte) (int, error) {
	stop := context.AfterFunc(b.ctx, func() { _ = b.PipeReader.CloseWithError(context.Cause(b.ctx)) })
	defer stop()
	n, err := b.PipeReader.Read(p)
	if cause := context.Cause(b.ctx); err != nil && !errors.Is(err, io.EOF) && cause != nil {
		err = cause // as in net/http: a caller that gave up gets its own cause
	}
	return n, err
}

func (b *pipeBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
