// Package nettest serves tests what hangs, lies and breaks. Only tests import it.
package nettest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Serve plays a server on a free port of 127.0.0.1 until the test ends, and returns its address. Each connection is handed to the
// function, and closed when that returns. A function that waits for the other side ends with it, at the latest with the test.
func Serve(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(t.Context(), func() { _ = conn.Close() })
			go func() {
				defer stop()
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// Handle serves a handler until the test ends. The contexts of requests that hang then end, so that nothing waits for them.
func Handle(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	t.Cleanup(func() {
		cancel()
		server.CloseClientConnections()
		server.Close()
	})
	return server
}
