package consent_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
)

func TestOAuth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   consent.Tokens
		is     error
		open   bool // whether the exchange was carried out is not known
	}{
		{200, `{"access_token":"a","refresh_token":"r","expires_in":1800}`, consent.Tokens{Token: "a", RefreshToken: "r", Lifetime: 30 * time.Minute}, nil, false},
		{200, `{"access_token":"a","expires_in":"60"}`, consent.Tokens{Token: "a", Lifetime: time.Minute}, nil, false},
		{200, `{"access_token":"a"}`, consent.Tokens{Token: "a"}, nil, false},
		{200, `{"access_token":"a","expires_in":90.5}`, consent.Tokens{Token: "a", Lifetime: 90 * time.Second}, nil, false},
		{200, `{"access_token":"a","expires_in":3.6e3}`, consent.Tokens{Token: "a"}, nil, false},
		{200, `{"access_token":"a","expires_in":9000000000000000000}`, consent.Tokens{Token: "a", Lifetime: 10 * 365 * 24 * time.Hour}, nil, false},
		{200, `{"access_token":"a","expires_in":-5}`, consent.Tokens{Token: "a"}, nil, false},
		{200, `{"access_token":"a","expires_in":"NaN"}`, consent.Tokens{Token: "a"}, nil, false},
		{200, "\ufeff" + `{"access_token":"a","refresh_token":"r"}`, consent.Tokens{Token: "a", RefreshToken: "r"}, nil, false},
		{201, `{"access_token":"a","refresh_token":"r"}`, consent.Tokens{Token: "a", RefreshToken: "r"}, nil, false},
		{202, `{}`, consent.Tokens{}, nil, true},
		{204, ``, consent.Tokens{}, nil, true},
		{200, `{"access_token":"a\nX-Other: b"}`, consent.Tokens{}, nil, true},
		{200, `{"access_token":"é"}`, consent.Tokens{}, nil, true},
		{200, `{"access_token":"a","refresh_token":"r r"}`, consent.Tokens{}, nil, true},
		{200, `{"access_token":""}`, consent.Tokens{}, nil, true},
		{200, `<html>`, consent.Tokens{}, nil, true},
		{400, `{"error":"invalid_grant"}`, consent.Tokens{}, consent.ErrRefused, false},
		{400, `{"error":{"code":"invalid_grant","message":"no"}}`, consent.Tokens{}, consent.ErrRefused, false},
		{400, `{"code":"E17","error":"invalid_grant"}`, consent.Tokens{}, consent.ErrRefused, false},
		{400, `{"code":"invalid_grant","error":"E17"}`, consent.Tokens{}, consent.ErrRefused, false},
		{400, `{"error":{"code":"invalid_client"}}`, consent.Tokens{}, consent.ErrNotSent, false},
		{400, `{"error":{"message":"no"}}`, consent.Tokens{}, nil, true},
		{401, `{"error":"invalid_client"}`, consent.Tokens{}, consent.ErrNotSent, false},
		{429, `{}`, consent.Tokens{}, consent.ErrNotSent, false},
		{403, `<html>`, consent.Tokens{}, nil, true},
		{500, `{"error":"invalid_grant"}`, consent.Tokens{}, nil, true},
		{302, ``, consent.Tokens{}, nil, true},
	} {
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			if r.ParseForm() != nil || r.PostForm.Get("grant_type") != "refresh_token" || r.PostForm.Get("refresh_token") != "r0" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		}))
		tokens, err := (&consent.OAuth{TokenURL: server.URL}).Exchange(t.Context(), "r0")
		server.Close()
		require.Equal(t, 1, requests, test.body)
		require.Equal(t, test.want, tokens)
		switch {
		case test.is != nil:
			require.ErrorIs(t, err, test.is, test.body)
		case test.open:
			require.Error(t, err, test.body)
			require.NotErrorIs(t, err, consent.ErrRefused)
			require.NotErrorIs(t, err, consent.ErrNotSent)
		default:
			require.NoError(t, err)
		}
	}
	_, err := (&consent.OAuth{TokenURL: "http://127.0.0.1:1/secret"}).Exchange(t.Context(), "r0")
	require.ErrorIs(t, err, consent.ErrNotSent)
	require.NotContains(t, err.Error(), "secret")
}

// frozen is a connection that is there after a while, whatever the deadline of the request is.
type frozen time.Duration

func (f frozen) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(f)) //nolint:forbidigo // in a bubble
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) == 0 {
		return nil, fmt.Errorf("%d bytes were sent: %w", len(body), err)
	}
	return httptest.NewRecorder().Result(), nil
}

// A process that stood still while it connected sends no token afterwards: another process may have exchanged it.
func TestOAuth_SendsNothingAfterItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			stands time.Duration
			want   string
		}{{9 * time.Second, "no access_token"}, {11 * time.Second, "no answer came"}, {24 * time.Hour, "no answer came"}} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			server := &consent.OAuth{TokenURL: "http://gateway.example/token", HTTPClient: &http.Client{Transport: frozen(row.stands)}}
			_, err := server.Exchange(ctx, "r0")
			cancel()
			require.ErrorContains(t, err, row.want, row.stands)
		}
	})
}
