package lang

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/nettest"
)

// A proxy that is at fault is named in French as well, and its password is not.
func TestFrench_D15_NamesTheProxy(t *testing.T) {
	t.Parallel()
	answering := func(answer string) string {
		return nettest.Serve(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4<<10))
			_, _ = io.WriteString(conn, answer)
		})
	}
	asks := answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	forbids := answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	for proxy, want := range map[string]string{
		asks: "le proxy " + asks + " a refusé la connexion à l'API : 407 Proxy Authentication Required : " +
			"vérifiez le nom d'utilisateur et le mot de passe du proxy",
		forbids:       "le proxy " + forbids + " a refusé la connexion à l'API : 403 Forbidden : demandez à ceux qui le gèrent d'autoriser l'hôte de l'API",
		"127.0.0.1:1": "le proxy 127.0.0.1:1 n'a pas établi la connexion à l'API : vérifiez son adresse (",
		"":            "l'adresse du proxy est illisible : regardez HTTPS_PROXY et HTTP_PROXY",
	} {
		own := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("paie", "motdepasse"), Host: proxy})}
		if proxy == "" {
			own.Proxy = func(*http.Request) (*url.URL, error) { return nil, io.ErrNoProgress }
		}
		t.Cleanup(own.CloseIdleConnections)
		client, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithHTTPClient(&http.Client{Transport: own}),
			djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1}))
		require.NoError(t, err)
		_, err = client.Balance.Get(t.Context())
		require.Contains(t, French.Error(err), want)
		require.NotContains(t, French.Error(err), "motdepasse")
		require.Contains(t, French.Error(fmt.Errorf("reading the balance: %w", err)), want, "in another error")
	}
}
