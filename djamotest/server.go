package djamotest

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is an [API] listening on the loopback interface.
type Server struct {
	*API
	// URL is the base URL for a client, base path included, without a slash at the end.
	URL string

	http    *http.Server
	address string
	serving sync.WaitGroup // accept loops
	open    sync.WaitGroup // connections
	once    sync.Once

	connMu   sync.Mutex // guards what follows
	conns    map[net.Conn]http.ConnState
	listener net.Listener // nil while connections are refused
	closed   bool
}

// NewServer starts a server that belongs to a test: it is closed when the test ends, and steering methods that are misused
// fail the test where they were called. An option with an invalid value stops the test. The test also
// fails if something keeps the server from ending, such as a function given to an option that does not return.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := Start(append([]Option{WithSeed(1)}, opts...)...)
	if err != nil {
		t.Fatalf("%s", err)
	}
	s.test.bind(t)
	t.Cleanup(func() {
		t.Helper()
		s.closeOrReport(t)
	})
	return s
}

// Start starts a server outside tests, on a free port of the loopback interface unless [WithAddress] names another. Close it
// when done.
func Start(opts ...Option) (*Server, error) {
	a, err := New(opts...)
	if err != nil {
		return nil, err
	}
	a.remote = true
	s := &Server{API: a, address: a.cfg.address, conns: make(map[net.Conn]http.ConnState)}
	s.http = &http.Server{
		Handler:           a,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are expected here
		ConnState:         s.track,
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	s.URL = "http://" + s.address + a.cfg.basePath
	return s, nil
}

// listen opens the port, the same one every time, and starts to accept.
func (s *Server) listen() error {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("djamotest: cannot listen on %s: %w; choose another address, or end the program that holds it", s.address, err)
	}
	s.address, s.listener = listener.Addr().String(), listener
	s.serving.Go(func() { _ = s.http.Serve(listener) })
	return nil
}

// track keeps account of the connections, so that Refuse can close the idle ones and Close can wait for all.
func (s *Server) track(conn net.Conn, state http.ConnState) {
	s.connMu.Lock()
	defer s.connMu.Unlock()
	switch state {
	case http.StateNew:
		s.open.Add(1)
		s.conns[conn] = state
	case http.StateClosed, http.StateHijacked:
		delete(s.conns, conn)
		s.open.Done()
	default:
		s.conns[conn] = state
	}
}

// Refuse makes the machine refuse connections to the server ("connection refused"), as if it were down: nothing a client
// sends from now on leaves. Requests that are being answered get their answer. See [Server.Resume].
func (s *Server) Refuse() error {
	t := s.test.tb()
	t.Helper()
	s.connMu.Lock()
	if s.listener == nil || s.closed {
		s.connMu.Unlock()
		return misuse(t, "Refuse: the server refuses connections already; call Resume first")
	}
	err := s.listener.Close()
	s.listener = nil
	for conn, state := range s.conns {
		if state != http.StateActive {
			_ = conn.Close()
		}
	}
	s.connMu.Unlock()
	s.http.SetKeepAlivesEnabled(false) // what is active now closes after its answer
	return err
}

// Resume undoes [Server.Refuse], on the same address.
func (s *Server) Resume() error {
	t := s.test.tb()
	t.Helper()
	s.http.SetKeepAlivesEnabled(true)
	s.connMu.Lock()
	defer s.connMu.Unlock()
	if s.listener != nil || s.closed {
		return misuse(t, "Resume: the server does not refuse connections; call Refuse first")
	}
	if err := s.listen(); err != nil {
		return misuse(t, "Resume: %s", strings.TrimPrefix(err.Error(), "djamotest: "))
	}
	return nil
}

// Close stops listening, cuts every connection, and returns when all that the server started has ended. What it holds can
// still be inspected. Closing twice is harmless.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		s.connMu.Lock()
		s.closed = true
		s.connMu.Unlock()
		s.stop()
		err = errors.Join(s.http.Close(), s.API.Close()) // connections first, or an answer nobody reads could hold up the end
		s.serving.Wait()
		s.open.Wait()
	})
	return err
}

// closeOrReport closes the server, and after a time limit it reports what is still running instead of waiting for ever.
func (s *Server) closeOrReport(t testing.TB) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Close() // what it reports is that a listener was closed before
	}()
	timer := time.NewTimer(s.cfg.closeWithin)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		t.Errorf("djamotest: the server has not ended %s after Close: %s; "+
			"does a function given to an option, or a webhook's round tripper, not return?",
			s.cfg.closeWithin, s.activity())
	}
}

// activity says what is still running. It waits for no lock, since the holder of one may be what does not end.
func (s *Server) activity() string {
	var busy []string
	if s.connMu.TryLock() {
		busy = append(busy, fmt.Sprintf("%d connections open", len(s.conns)))
		s.connMu.Unlock()
	}
	busy = append(busy, fmt.Sprintf("%d requests being answered, %d webhooks being sent, %d webhook connections open",
		s.answering.Load(), s.posting.Load(), s.posts.count()))
	return strings.Join(busy, ", ")
}

// String keeps the token and the secret out of logs and failure messages.
func (s *Server) String() string { return "djamotest.Server at " + s.URL }

// GoString does the same for %#v.
func (s *Server) GoString() string { return s.String() }
