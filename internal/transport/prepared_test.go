package transport

import (
	"context"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/redact"
)

// What is made from the prepared request is what net/http makes from the whole URL.
func TestPrepared_MakesTheRequestThatNetHTTPMakes(t *testing.T) {
	t.Parallel()
	for base, paths := range map[string]map[string]bool{
		"https://api.example.com": {
			"/v1/transactions": true, "/v1/transactions/txn_1-2.3~4": true, "/v1/x?limit=100&cursor=a%2Bb+c": true, "/v1/a/../b": true, "": true,
			"/v1/a%20b": false, "/v1/é": false, "/v1/x?": false, "/v1/x?a=b?c": false, "/v1/x#y": false, "/v1/a+b": false, "/v1/x?a=é": false,
			"//host/x": true, "/v1/x?a:b": false, "/v1/a b": false,
		},
		"http://127.0.0.1:8080/djamo":   {"/v1/transactions?limit=1": true},
		"https://user:pass@host/a b":    {"/v1/x": false},
		"https://user:pass@host/a":      {"/v1/x": true},
		"https://api.example.com:/":     {"/v1/x": true},
		"https://host/a%2Fb":            {"/v1/x": false},
		"https://host/x?y=z":            {"/v1/x": false},
		"https://host/x#y":              {"/v1/x": false},
		"https://host\x7f":              {"/v1/x": false},
		"http://[fe80::1%25en0]:80/v1/": {"x": true},
	} {
		p := prepare(&Config{BaseURL: base, Credential: NewCredential(nil)}, nil)
		for path, prepared := range paths {
			ctx := context.WithValue(t.Context(), callKey{}, &Call{})
			got := p.to(ctx, http.MethodPost, path)
			require.Equal(t, prepared, got != nil, base+path)
			want, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, nil)
			if !prepared {
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want.URL, got.URL)
			want.Header, want.URL, got.Header, got.URL = nil, nil, nil, nil
			require.Equal(t, want, got)
			require.Same(t, ctx, got.Context())
		}
	}
}

// FuzzPrepared compares any path and query.
func FuzzPrepared(f *testing.F) {
	for _, path := range []string{"/v1/x", "/v1/x?a=b%20c", "/%2e%2e/", "//x/y", "/x?y?z", "/:80"} {
		f.Add(path)
	}
	p := prepare(&Config{BaseURL: "https://host/api", Credential: NewCredential(nil)}, nil)
	f.Fuzz(func(t *testing.T, path string) {
		if got := p.to(t.Context(), http.MethodGet, "/"+path); got != nil {
			want, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://host/api/"+path, nil)
			require.NoError(t, err)
			require.Equal(t, want.URL, got.URL)
			require.Equal(t, want.Host, got.Host)
		}
	})
}

// Headers are shared where nobody but net/http sees them, and only there.
func TestPrepared_SharesHeadersWithNobodyElse(t *testing.T) {
	t.Parallel()
	credential := NewCredential(http.Header{"Authorization": {"Bearer token"}}, redact.Secret{Name: "token", Value: "token"})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		config Config
		call   Call
		shared bool
	}{
		"own pool":                 {Config{OwnPool: true, HTTPClient: &http.Client{}}, Call{}, true},
		"own pool, with a body":    {Config{OwnPool: true, HTTPClient: &http.Client{}}, Call{Body: []byte("{}")}, true},
		"own headers":              {Config{OwnPool: true, HTTPClient: &http.Client{}}, Call{Header: http.Header{"X-Trace": {"1"}}}, false},
		"own credential":           {Config{OwnPool: true, HTTPClient: &http.Client{}}, Call{Credential: NewCredential(nil)}, false},
		"a RoundTripper":           {Config{HTTPClient: &http.Client{}}, Call{}, false},
		"no client":                {Config{OwnPool: true}, Call{}, false},
		"cookies":                  {Config{OwnPool: true, HTTPClient: &http.Client{Jar: jar}}, Call{}, false},
		"a rule of redirects":      {Config{OwnPool: true, HTTPClient: &http.Client{CheckRedirect: noRedirect}}, Call{Body: []byte("{}")}, false},
		"a RoundTripper, own body": {Config{HTTPClient: &http.Client{}}, Call{Body: []byte("{}")}, false},
	} {
		row.config.BaseURL, row.config.Credential, row.config.UserAgent = "https://host", credential, "test"
		sender := New(row.config)
		request := func() *http.Request {
			req, err := sender.newRequest(t.Context(), &row.call)
			require.NoError(t, err)
			return req
		}
		first, second := request(), request()
		require.Equal(t, first.Header, second.Header, name)
		want := http.Header{"Accept": {"application/json"}, "User-Agent": {"test"}}
		if row.call.Credential == nil {
			want.Set("Authorization", "Bearer token")
		}
		if row.call.Body != nil {
			want.Set("Content-Type", "application/json")
		}
		maps.Copy(want, row.call.Header)
		require.Equal(t, want, first.Header, name)
		first.Header.Set("X-Added", "1")
		require.Equal(t, row.shared, second.Header.Get("X-Added") == "1", name)
	}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
