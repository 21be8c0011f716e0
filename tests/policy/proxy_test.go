package policy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/nettest"
	"github.com/stretchr/testify/require"
)

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

// refusingProxy answers CONNECT with a text, and counts.
func refusingProxy(t *testing.T, answer string) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	return nettest.Serve(t, func(conn net.Conn) {
		asked.Add(1)
		_, _ = conn.Read(make([]byte, 4<<10))
		_, _ = io.WriteString(conn, answer)
	}), asked
}

// A proxy that opens no tunnel is named as the proxy, with its status and never its password. It is no answer of the API,
// and nothing has left.
func TestPolicy_D15_ProxyThatRefusesIsNamed(t *testing.T) {
	t.Parallel()
	page := "\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>at_secret no</html>\r\n"
	answers := map[string]struct{ answer, want string }{
		"407":             {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"" + page, "407 Proxy Authentication Required"},
		"403":             {"HTTP/1.1 403 Forbidden" + page, "403 Forbidden"},
		"404":             {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "404 Not Found"},
		"409":             {"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}", "409 Conflict"},
		"502":             {"HTTP/1.1 502 Bad Gateway" + page, "502 Bad Gateway"},
		"503":             {"HTTP/1.0 503 Service Unavailable" + page, "503 Service Unavailable"},
		"its own words":   {"HTTP/1.1 502 Gateway is on holiday" + page, ""},
		"no words at all": {"HTTP/1.1 502 " + page, ""},
		"400":             {"HTTP/1.1 400 Bad Request" + page, "400 Bad Request"},
		"401":             {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic" + page, "401 Unauthorized"},
		"422":             {"HTTP/1.1 422 Unprocessable Entity" + page, "422 Unprocessable Entity"},
		"429":             {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600" + page, "429 Too Many Requests"},
		"500":             {"HTTP/1.1 500 Internal Server Error" + page, "500 Internal Server Error"},
		"a portal":        {"HTTP/1.1 302 Found\r\nLocation: http://login.hotel/?next=api" + page, "302 Found"},
		"511":             {"HTTP/1.1 511 Network Authentication Required" + page, "511 Network Authentication Required"},
		"in chunks":       {"HTTP/1.1 407 Proxy Authentication Required\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno!\r\n0\r\n\r\n", "407 Proxy"},
		"without length":  {"HTTP/1.0 403 Forbidden\r\n\r\n<html>", "403 Forbidden"},
		"half an answer":  {"HTTP/1.1 200 Conn", ""},
		"only a byte":     {"H", ""},
		"nothing":         {"", ""},
		"no HTTP":         {"SSH-2.0-OpenSSH\r\n", ""},
	}
	calls := map[string]func(context.Context, *djamo.Client) error{
		"read":    func(ctx context.Context, c *djamo.Client) error { return clienttest.Second(c.Balance.Get(ctx)) },
		"payment": clienttest.Create,
		"single": func(ctx context.Context, c *djamo.Client) error {
			return clienttest.Second(c.Transactions.Create(ctx, clienttest.Payment, djamo.WithSingleAttempt()))
		},
		"without body": func(ctx context.Context, c *djamo.Client) error { return c.Do(ctx, http.MethodPost, "/v1/x", nil, nil) },
	}
	for name, tt := range answers {
		for callName, call := range calls {
			t.Run(name+"/"+callName, func(t *testing.T) {
				t.Parallel()
				address, asked := refusingProxy(t, tt.answer)
				own := &http.Transport{Proxy: http.ProxyURL(mustURL(t, "http://paie:motdepasse@"+address))}
				t.Cleanup(own.CloseIdleConnections)
				client, err := djamo.NewClient("at_secret", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithHTTPClient(&http.Client{Transport: own}),
					djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1, QuietPeriod: 1}))
				require.NoError(t, err)
				err = call(t.Context(), client)
				require.ErrorContains(t, err, "the proxy "+address)
				require.ErrorContains(t, err, tt.want)
				require.NotContains(t, err.Error(), "motdepasse")
				require.NotContains(t, err.Error(), "paie:")
				require.NotContains(t, err.Error(), "at_secret")
				require.Nil(t, clienttest.AnswerOf(err), "it is no answer of the API")
				for _, verdict := range []error{
					djamo.ErrOutcomeUnknown, djamo.ErrForbidden, djamo.ErrBlocked, djamo.ErrNotFound, djamo.ErrServer, djamo.ErrDuplicateReference,
				} {
					require.NotErrorIs(t, err, verdict)
				}
				require.Positive(t, asked.Load())
			})
		}
	}
}

// The client's own connections, and those behind a RoundTripper that is not net/http's, name the proxy as well. An address
// of a proxy that cannot be read is not shown, and nothing has left either.
//
//nolint:paralleltest // it replaces http.DefaultTransport
func TestPolicy_D15_EveryTransportNamesTheProxy(t *testing.T) {
	address, _ := refusingProxy(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	proxied := http.DefaultTransport.(*http.Transport).Clone()
	proxied.Proxy = http.ProxyURL(mustURL(t, "http://paie:motdepasse@"+address))
	absent := proxied.Clone()
	absent.Proxy = http.ProxyURL(mustURL(t, "http://paie:motdepasse@127.0.0.1:1")) // where nobody listens
	unreadable := proxied.Clone()
	unreadable.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, errors.New(`invalid proxy address "http://paie:motdepasse@:x"`)
	}
	for name, tt := range map[string]struct {
		standard http.RoundTripper
		client   *http.Client
		want     string
	}{
		"default":              {proxied, nil, "the proxy " + address + " refused the connection to the API: 407"},
		"default, absent":      {absent, nil, "the proxy 127.0.0.1:1 made no connection to the API: "},
		"without a Transport":  {proxied, &http.Client{}, "the proxy " + address + " refused the connection to the API: 407"},
		"around net/http's":    {http.DefaultTransport, &http.Client{Transport: clienttest.RoundTripper(proxied.RoundTrip)}, "the proxy " + address + " refused the connection to the API: 407"},
		"unreadable":           {unreadable, nil, "the address of the proxy cannot be read"},
		"unreadable, caller's": {http.DefaultTransport, &http.Client{Transport: unreadable}, "the address of the proxy cannot be read"},
		"unreadable, behind what vouches": {http.DefaultTransport, &http.Client{Transport: vouching{vouching{unreadable}}},
			"the address of the proxy cannot be read"},
	} {
		for callName, call := range map[string]clienttest.Call{
			"payment": clienttest.Create,
			"read":    func(ctx context.Context, c *djamo.Client) error { return clienttest.Second(c.Balance.Get(ctx)) },
		} {
			t.Run(fmt.Sprint(name, "/", callName), func(t *testing.T) {
				standard := http.DefaultTransport
				http.DefaultTransport = tt.standard
				opts := []djamo.Option{djamo.WithEnvironment(djamo.StagingCIV), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1, QuietPeriod: 1})}
				if tt.client != nil {
					opts = append(opts, djamo.WithHTTPClient(tt.client))
				}
				client, err := djamo.NewClient("at_secret", opts...)
				http.DefaultTransport = standard
				require.NoError(t, err)
				err = call(t.Context(), client)
				require.ErrorContains(t, err, tt.want)
				require.NotContains(t, err.Error(), "motdepasse")
				require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.Nil(t, clienttest.AnswerOf(err))
			})
		}
	}
}

// A program may name its proxy after it made the client and before it sends: net/http looks once, and must not before.
//
//nolint:paralleltest // it replaces http.DefaultTransport
func TestPolicy_D15_AProxyIsAskedForWhenItIsNeeded(t *testing.T) {
	address, _ := refusingProxy(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	var environment *url.URL
	once := sync.OnceValue(func() *url.URL { return environment })
	standard := http.DefaultTransport
	proxied := standard.(*http.Transport).Clone()
	proxied.Proxy = func(*http.Request) (*url.URL, error) { return once(), nil }
	http.DefaultTransport = proxied
	client, err := djamo.NewClient("at_secret", djamo.WithBaseURL("https://127.0.0.1:1"), djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
	http.DefaultTransport = standard
	require.NoError(t, err)
	environment = mustURL(t, "http://"+address)
	_, err = client.Balance.Get(t.Context())
	require.ErrorContains(t, err, "the proxy "+address+" refused the connection to the API: 407")
}

// vouching hands requests on as they are, as a Throttle and a Transport of package djamootel do.
type vouching struct{ http.RoundTripper }

func (v vouching) SendsThrough() http.RoundTripper { return v.RoundTripper }

// Proxies of other kinds: SOCKS, which says no in its own way, one behind TLS, one that is not there, and one that has no name.
func TestPolicy_D15_OtherKindsOfProxiesAreNamed(t *testing.T) {
	t.Parallel()
	socks := func(answers ...string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, answer := range answers {
				_, _ = conn.Read(make([]byte, 4<<10))
				_, _ = io.WriteString(conn, answer)
			}
		}
	}
	const nobody = "127.0.0.1:1" // no system gives that port to whoever asks for any
	for name, row := range map[string]struct {
		scheme string
		serve  func(net.Conn) // nil: nobody listens
		want   string
	}{
		"SOCKS, not allowed":       {"socks5", socks("\x05\x02", "\x01\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"), "made no connection to the API"},
		"SOCKS, unreachable":       {"socks5h", socks("\x05\x00", "\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"), "made no connection to the API"},
		"SOCKS, a wrong password":  {"socks5", socks("\x05\x02", "\x01\x01"), "made no connection to the API"},
		"SOCKS, no way to log in":  {"socks5", socks("\x05\xff"), "made no connection to the API"},
		"HTTP spoken to TLS":       {"https", socks("HTTP/1.1 400 Bad Request\r\n\r\n"), "made no connection to the API"},
		"nobody listens":           {"http", nil, "made no connection to the API"},
		"nobody listens for SOCKS": {"socks5", nil, "made no connection to the API"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := nobody
			if row.serve != nil {
				address = nettest.Serve(t, row.serve)
			}
			own := &http.Transport{Proxy: http.ProxyURL(mustURL(t, row.scheme+"://paie:motdepasse@"+address))}
			t.Cleanup(own.CloseIdleConnections)
			client, err := djamo.NewClient("at_secret", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithHTTPClient(&http.Client{Transport: own}),
				djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1, QuietPeriod: 1}))
			require.NoError(t, err)
			err = clienttest.Create(t.Context(), client)
			require.ErrorContains(t, err, "the proxy "+address)
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, err.Error(), "motdepasse")
			require.NotContains(t, err.Error(), "at_secret")
			require.NotErrorIs(t, err, djamo.ErrOutcomeUnknown, "nothing has left")
			require.Nil(t, clienttest.AnswerOf(err))
		})
	}
}
