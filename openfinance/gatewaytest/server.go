package gatewaytest

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// server is what both gateways stand on: a port of the loopback, and faults that strike.
type server struct {
	handler http.Handler // the gateway itself
	hanging chan struct{}

	mu     sync.Mutex
	faults []*Fault
	http   *http.Server
}

// Start serves on a port of the loopback and returns the URL. Close ends it.
func (s *server) Start() (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on the loopback it is there at once
	if err != nil {
		return "", err
	}
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// Close ends the server and what hangs.
func (s *server) Close() {
	s.mu.Lock()
	select {
	case <-s.hanging:
	default:
		close(s.hanging)
	}
	s.mu.Unlock()
	if s.http != nil {
		_ = s.http.Close()
	}
}

// Inject has a fault strike.
func (s *server) Inject(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault.Count == 0 {
		fault.Count = 1
	}
	s.faults = append(s.faults, &fault)
}

// ClearFaults takes all faults back.
func (s *server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// hang gives no answer until the reader gives up or the server ends.
func (s *server) hang(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.hanging:
	}
	cut(w)
}
