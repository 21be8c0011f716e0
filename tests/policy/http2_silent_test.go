package policy_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// swallowingNet is a network inside a bubble, with a router that can forget the connections that are open: what either end
// still writes is swallowed, and nobody is told. Connections that are made later work.
type swallowingNet struct {
	accept chan net.Conn
	closed chan struct{} // when the server is: a connection may still be asked for
	mu     sync.Mutex
	open   []*atomic.Bool // of every connection: the router has forgotten it
	dialed atomic.Int64
	oneWay bool // only what the server writes is swallowed: pings arrive, and what answers them does not
}

func (n *swallowingNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, left := net.Pipe()
	right, server := net.Pipe()
	forgotten := new(atomic.Bool)
	n.mu.Lock()
	n.open = append(n.open, forgotten)
	n.dialed.Add(1)
	n.mu.Unlock()
	carry := func(to, from net.Conn, swallowed bool) {
		defer to.Close()
		buffer := make([]byte, 32<<10)
		for {
			size, err := from.Read(buffer)
			if err == nil && !(swallowed && forgotten.Load()) {
				_, err = to.Write(buffer[:size])
			}
			if err != nil {
				return
			}
		}
	}
	go carry(right, left, !n.oneWay)
	go carry(left, right, true)
	var err error
	select {
	case n.accept <- server:
		return client, nil
	case <-n.closed:
		err = net.ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, client.Close(), server.Close())
}

// swallow makes the router forget what is open.
func (n *swallowingNet) swallow() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, forgotten := range n.open {
		forgotten.Store(true)
	}
}

// Accept, Close and Addr make it the server's listener.
func (n *swallowingNet) Accept() (net.Conn, error) {
	select {
	case conn := <-n.accept:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}
func (n *swallowingNet) Close() error   { close(n.closed); return nil }
func (n *swallowingNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// silentAPI pays over HTTP/2, and loses the connection before or after one payment.
type silentAPI struct {
	network *swallowingNet
	mu      sync.Mutex
	paid    []map[string]any
	oneWay  bool
	loseAt  string // "before" or "after": when the next payment's connection is swallowed
	protos  []string
}

func (a *silentAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.protos = append(a.protos, r.Proto)
	if r.Method == http.MethodGet {
		writeJSON(w, map[string]any{
			"count": len(a.paid), "limit": 100, "cursor": map[string]any{"prev": nil, "next": nil}, "data": append([]map[string]any{}, a.paid...),
		})
		return
	}
	lose := a.loseAt
	a.loseAt = ""
	if lose == "before" {
		a.network.swallow()
		return
	}
	var payment map[string]any
	_ = json.Unmarshal(body, &payment)
	payment["id"], payment["status"], payment["createdAt"] = "txn_1", "pending", time.Now().Format(time.RFC3339)
	a.paid = append(a.paid, payment)
	if lose == "after" {
		a.network.swallow()
	}
	writeJSON(w, payment)
}

// start serves inside the bubble and makes http.DefaultTransport dial in, as long as the test runs.
func (a *silentAPI) start(t *testing.T, lent *httptest.Server) {
	t.Helper()
	a.network = &swallowingNet{accept: make(chan net.Conn), closed: make(chan struct{}), oneWay: a.oneWay}
	server := &http.Server{Handler: a, TLSConfig: &tls.Config{Certificates: lent.TLS.Certificates, NextProtos: []string{"h2"}}}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.ServeTLS(a.network, "", "")
	}()
	replaced := http.DefaultTransport.(*http.Transport).Clone()
	replaced.Proxy, replaced.DialContext = nil, a.network.dial
	replaced.TLSClientConfig = &tls.Config{RootCAs: lent.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	standard := http.DefaultTransport
	http.DefaultTransport = replaced
	t.Cleanup(func() {
		http.DefaultTransport = standard
		_ = server.Close()
		<-stopped
	})
}

// A client that is given no transport pings connections over HTTP/2 that have gone silent, and gives up those that do not
// answer: over HTTP/2 a time-out alone would leave the dead connection for the next request, and the next.
//
//nolint:paralleltest // it replaces http.DefaultTransport
func TestPolicy_D14_SilentHTTP2ConnectionIsGivenUp(t *testing.T) {
	lent := httptest.NewUnstartedServer(http.NotFoundHandler()) // lends its certificate
	lent.EnableHTTP2 = true
	lent.StartTLS()
	t.Cleanup(lent.Close)
	builders := map[string][]djamo.Option{
		"no http.Client":                     nil,
		"an http.Client without a Transport": {djamo.WithHTTPClient(&http.Client{Timeout: time.Hour})},
		"a short timeout":                    {djamo.WithTimeout(3 * time.Second)},
	}
	calls := map[string]struct {
		loseAt string
		call   func(context.Context, *djamo.Client) error
		paid   int
	}{
		"read": {"", func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.ListPage(ctx, djamo.TransactionListParams{}))
		}, 0},
		"payment": {"", clienttest.Create, 1},
		"payments at once": {"", func(ctx context.Context, c *djamo.Client) error {
			errs := make(chan error)
			for i := range 5 {
				go func() {
					payment := clienttest.Payment
					payment.Reference = fmt.Sprint("at once/", i)
					errs <- clienttest.Second(c.Transactions.Create(ctx, payment))
				}()
			}
			return errors.Join(<-errs, <-errs, <-errs, <-errs, <-errs)
		}, 5},
		"payment lost on its way":      {"before", clienttest.Create, 1},
		"payment whose answer is lost": {"after", clienttest.Create, 1},
	}
	for built, opts := range builders {
		for name, tt := range calls {
			for way, oneWay := range map[string]bool{"": false, "/one way": true} {
				if built != "no http.Client" && oneWay {
					continue
				}
				t.Run(built+"/"+name+way, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						api := &silentAPI{oneWay: oneWay}
						api.start(t, lent)
						base, err := djamo.NewClient("at_x", append([]djamo.Option{djamo.WithBaseURL("https://example.com")}, opts...)...)
						require.NoError(t, err)
						client, err := base.Clone(djamo.WithCompanyID("c")) // shares the connections
						require.NoError(t, err)
						_, err = base.Transactions.ListPage(t.Context(), djamo.TransactionListParams{})
						require.NoError(t, err)
						if api.loseAt = tt.loseAt; tt.loseAt == "" {
							api.network.swallow()
						}
						require.NoError(t, tt.call(t.Context(), client))
						require.Len(t, api.paid, tt.paid, "nothing is paid twice")
						for _, proto := range api.protos {
							require.Equal(t, "HTTP/2.0", proto)
						}
						require.GreaterOrEqual(t, api.network.dialed.Load(), int64(2), "a new connection was made")
					})
				})
			}
		}
	}
}

// A transport of the caller's is used as it is.
func TestPolicy_D14_CallersTransportIsLeftAlone(t *testing.T) {
	t.Parallel()
	own := &http.Transport{}
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("http://127.0.0.1:1"), djamo.WithHTTPClient(&http.Client{Transport: own}),
		djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	require.Error(t, err)
	require.Nil(t, own.HTTP2)
	require.Nil(t, own.OnProxyConnectResponse)
}

func writeJSON(w http.ResponseWriter, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		raw = []byte(err.Error())
	}
	_, _ = w.Write(raw)
}
