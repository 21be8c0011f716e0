package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

// Serve answers on both listeners until ctx ends or one of them fails, and closes them. It refuses to serve beyond the
// loopback interface with a public token. When it returns, no request is being answered. Serve once.
func (s *Sandbox) Serve(ctx context.Context, apiListener, controlListener net.Listener) error {
	defer func() { _, _ = apiListener.Close(), controlListener.Close() }()
	if err := s.checkTokens(apiListener.Addr(), controlListener.Addr()); err != nil {
		return err
	}
	if err := s.api.BarWebhooks(apiListener.Addr(), controlListener.Addr()); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.mu.Lock()
	s.apiHosts = append(s.apiHosts, hostsOf(apiListener.Addr())...)
	s.controlHosts = append(s.controlHosts, hostsOf(controlListener.Addr())...)
	s.apiURL = "http://" + s.apiHosts[0]
	control := "http://" + s.controlHosts[0]
	s.mu.Unlock()
	s.payAt(control)

	ended := make(chan error, 2)
	servers := []*http.Server{serverFor(s.API()), serverFor(s.Control())}
	for i, listener := range []net.Listener{apiListener, controlListener} {
		go func() { ended <- servers[i].Serve(listener) }()
	}
	var err error
	running := 2
	select {
	case <-ctx.Done():
	case err = <-ended:
		running--
	}
	s.ending.Do(func() { close(s.done) })
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, server := range servers {
		if server.Shutdown(grace) != nil {
			_ = server.Close()
		}
	}
	for range running {
		<-ended //nolint:errcheck // it was shut down
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

func serverFor(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), // connections that faults cut are business as usual
	}
}

func (s *Sandbox) checkTokens(apiAddr, controlAddr net.Addr) error {
	if !onLoopback(controlAddr) && s.token == DefaultControlToken {
		return fmt.Errorf(
			"sandbox: the control would listen on %s, which others can reach, with a token that is public; "+
				"give WithControlToken a random one, or listen on 127.0.0.1", controlAddr,
		)
	}
	if !onLoopback(apiAddr) && s.api.Token == djamotest.DefaultToken {
		return fmt.Errorf(
			"sandbox: the API would listen on %s, which others can reach, with a token that is public; "+
				"give djamotest.WithToken a random one, or listen on 127.0.0.1", apiAddr,
		)
	}
	return nil
}

func onLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// hostsOf is the names of a listener. One on every address is known by those of the loopback interface; its other names are
// the caller's to add.
func hostsOf(addr net.Addr) []string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return nil
	}
	names := []string{host}
	if tcp, ok := addr.(*net.TCPAddr); ok && (tcp.IP.IsLoopback() || tcp.IP.IsUnspecified()) {
		names = []string{"127.0.0.1", "localhost", "::1"}
		if tcp.IP.IsLoopback() && host != "127.0.0.1" {
			names = []string{host, "127.0.0.1", "localhost"}
		}
	}
	var hosts []string
	for _, name := range names {
		hosts = append(hosts, namesOf(net.JoinHostPort(name, port))...)
	}
	return hosts
}
