package wallet_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

func client(t *testing.T, options wallet.Options) *wallet.Client {
	t.Helper()
	c, err := wallet.NewClient(options)
	require.NoError(t, err)
	return c
}

func TestClient_ReadsWhatTheGatewayHas(t *testing.T) {
	t.Parallel()
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 1, MaxPage: 7})
	url, err := gateway.Start()
	require.NoError(t, err)
	defer gateway.Close()
	gateway.AddWallet("wal_1", 500)
	count := gateway.Live("wal_1", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 10, false)
	issued := gateway.Issue("wal_1")
	access := wallet.Access{ConsentID: issued.ID, Token: issued.Token}
	c := client(t, wallet.Options{URL: url})
	seen := 0
	for item, err := range c.Transactions(t.Context(), access, wallet.PageParams{WalletID: "wal_1"}) {
		require.NoError(t, err)
		require.Empty(t, item.Reason)
		seen++
	}
	require.Equal(t, count, seen)
	balance, err := c.Balance(t.Context(), access, "wal_1")
	require.NoError(t, err)
	require.Equal(t, gateway.Balance("wal_1"), balance.Amount)
	coffres, err := c.Coffres(t.Context(), access, "wal_1")
	require.NoError(t, err)
	require.NotEmpty(t, coffres)
	cards, err := c.Cards(t.Context(), access, "wal_1")
	require.NoError(t, err)
	require.Equal(t, "visa", cards[0].Scheme)
	profile, err := c.Profile(t.Context(), access, "wal_1")
	require.NoError(t, err)
	require.Equal(t, "verified", profile.VerificationStatus)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", profile, *profile, profile, profile), "Awa")
}

// A gateway whose cursors lead back has no end, and who reads from it must hear of it. So does who ranges over it once more.
func TestClient_CursorsThatLeadBackEnd(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]map[string]string{
		"to the first page":   {"": "a", "a": "b", "b": "c", "c": "a"},
		"to a page behind it": {"": "a", "a": "b", "b": "c", "c": "d", "d": "e", "e": "d"},
		"to where it began":   {"": "a", "a": "b", "b": "c", "c": "d", "d": "e", "e": "f", "f": "g", "g": "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reads := atomic.Int64{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if reads.Add(1) > 100 {
					panic(http.ErrAbortHandler)
				}
				_, _ = fmt.Fprintf(w, `{"wallet_id":"w","items":[{"id":"t","ts":"2026-05-28T09:14:02Z","amount_minor":1}],"next_cursor":%q}`,
					next[r.URL.Query().Get("since_cursor")])
			}))
			defer server.Close()
			feed := client(t, wallet.Options{URL: server.URL, MaxAttempts: 1}).Transactions(t.Context(), wallet.Access{}, wallet.PageParams{WalletID: "w"})
			for range 2 {
				var last error
				for _, err := range feed {
					last = err
				}
				require.ErrorIs(t, last, wallet.ErrPage)
			}
		})
	}
}

func TestClient_SaysWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   error
	}{
		{403, `{"code":"consent_revoked"}`, wallet.ErrConsentRevoked},
		{401, `{"error":"consent_revoked"}`, wallet.ErrConsentRevoked},
		{403, `{"error":{"code":"consent_expired"}}`, wallet.ErrConsentExpired},
		{401, `{"code":"invalid_token"}`, wallet.ErrInvalidToken},
		{409, `{"code":"mutation_during_pagination"}`, wallet.ErrMutation},
		{400, `{"error":"mutation_during_pagination"}`, wallet.ErrMutation},
		{410, `{"code":"invalid_cursor"}`, wallet.ErrInvalidCursor},
		{410, `{"code":410,"error":"invalid_cursor"}`, wallet.ErrInvalidCursor},
		{403, `{"code":"E1007","error":"consent_revoked"}`, wallet.ErrConsentRevoked},
		{401, `{"error":"invalid_token","code":"consent_unknown"}`, wallet.ErrInvalidToken},
		{403, `{"error":{"code":7,"error":"consent_expired"}}`, wallet.ErrConsentExpired},
		{403, `{"code":["consent_revoked"],"error":null}`, nil},
		{400, `{"code":"cursor_token_mismatch"}`, wallet.ErrInvalidCursor},
		{429, `{}`, wallet.ErrRateLimited},
		{403, `<html>consent_revoked</html>`, nil},
		{403, `{"code":"not_yours"}`, nil},
		{500, `{"code":"consent_revoked"}`, nil},
		{404, `{"code":"consent_revoked"}`, nil},
		{302, ``, nil},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
		}))
		_, err := client(t, wallet.Options{URL: server.URL, MaxAttempts: 1}).Page(t.Context(), wallet.Access{ConsentID: "c", Token: "t"}, wallet.PageParams{WalletID: "w"})
		server.Close()
		var answer *wallet.Error
		require.ErrorAs(t, err, &answer, test.body)
		for _, kind := range []error{
			wallet.ErrConsentRevoked, wallet.ErrConsentExpired, wallet.ErrInvalidToken, wallet.ErrMutation, wallet.ErrInvalidCursor, wallet.ErrRateLimited,
		} {
			require.Equal(t, errors.Is(test.want, kind), answer.Is(kind), "%d %s", test.status, test.body)
		}
		if test.status == 429 {
			require.Equal(t, time.Hour, answer.RetryAfter)
		}
	}
}

func TestClient_KeepsSecretsToItself(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var breaks atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if breaks.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"code":"%s %s"}`, r.Header.Get("Authorization"), r.Header.Get("X-Consent-Id"))
	}))
	defer server.Close()
	access := wallet.Access{ConsentID: "con_private", Token: "cat_private"}
	c := client(t, wallet.Options{URL: server.URL, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	_, err := c.Page(t.Context(), access, wallet.PageParams{WalletID: "w"})
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), log.String(), fmt.Sprintf("%v %+v %#v", access, access, access)} {
		require.NotContains(t, text, "private")
	}
	breaks.Store(true)
	_, err = c.Page(t.Context(), access, wallet.PageParams{WalletID: "w"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "private")
}

func TestNewClient_Refuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "gateway", "ftp://gateway", "http://gateway.example", "https://user:secret@gateway.example", "https://gateway.example?x=1",
		"http://127.0.0.1.example", "http://127.example:8090", "http://localhost.example", "http://[::ffff:10.0.0.1]",
	} {
		_, err := wallet.NewClient(wallet.Options{URL: url})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestClient_AWalletIDReachesOneSegmentOnly(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths = append(paths, r.URL.EscapedPath()) }))
	defer server.Close()
	c := client(t, wallet.Options{URL: server.URL, MaxAttempts: 1})
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a?b=c", "a#b"} {
		_, err := c.Page(t.Context(), wallet.Access{ConsentID: "con_1", Token: "cat_1"}, wallet.PageParams{WalletID: id})
		require.Error(t, err)
	}
	require.Equal(t, []string{
		"/v1/djamo/wallets/..%2Fx/transactions", "/v1/djamo/wallets/a%2Fb/transactions", "/v1/djamo/wallets/a%3Fb=c/transactions", "/v1/djamo/wallets/a%23b/transactions",
	}, paths)
}
