package djamotest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Server is an [API] listening on the loopback interface.
type Server struct {
	*API
	// URL is the base URL for a client, base path included, without a slash at the end.
	URL string

	http   *http.Server
	served chan struct{}  // closed when the accept loop has ended
	conns  sync.WaitGroup // open connections
	once   sync.Once
}

// NewServer starts a server that belongs to a test: it is closed when the test ends, and steering methods that are misused
// fail the test where they were called. An option with a senseless value stops the test.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := Start(opts...)
	if err != nil {
		t.Fatalf("%s", err)
	}
	s.test.bind(t)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Start starts a server outside tests, on a free port of the loopback interface. Close it when done.
func Start(opts ...Option) (*Server, error) {
	a, err := New(opts...)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("djamotest: cannot listen on the loopback interface: %w", err)
	}
	s := &Server{API: a, URL: "http://" + listener.Addr().String() + a.cfg.basePath, served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           a,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are business as usual here
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.conns.Done()
			}
		},
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// Close stops listening, cuts every connection, and returns when all that the server started has ended. What it holds can
// still be inspected. Closing twice is harmless.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		err = s.API.Close()
		if closing := s.http.Close(); err == nil {
			err = closing
		}
		<-s.served
		s.conns.Wait()
	})
	return err
}

// String keeps the token and the secret out of logs and failure messages.
func (s *Server) String() string { return "djamotest.Server at " + s.URL }

// GoString does the same for %#v.
func (s *Server) GoString() string { return s.String() }
