package transport

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTransport_FollowsTenRedirectsOfAReadAndNoMore(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]string{10: "", 11: "djamo: GET /v1/balance: redirect refused: more than 10 in a row"} {
		sent := 0
		transport := sending(3, nil, func(r *http.Request) (*http.Response, error) {
			if sent++; sent == most {
				return answer(http.StatusOK, "{}"), nil
			}
			resp := answer(http.StatusFound, "")
			resp.Header.Set("Location", r.URL.String())
			return resp, nil
		})
		err := transport.Do(t.Context(), &Call{Method: http.MethodGet, Path: "/v1/balance", Class: Read})
		if want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
		require.Equal(t, 10, sent, "and it is not tried again")
	}
}

// A redirect carries neither a write nor a token elsewhere, and what is refused once is not tried again.
func TestTransport_RefusesOtherRedirects(t *testing.T) {
	t.Parallel()
	errPolicy := errors.New("not from here")
	refuses := func(*http.Request, []*http.Request) error { return errPolicy }
	for _, row := range []struct {
		method, location string
		policy           func(*http.Request, []*http.Request) error
		want             string // "" where it is followed
	}{
		{"GET", "https://gateway.example/elsewhere", nil, ""},
		{"HEAD", "https://gateway.example/elsewhere", nil, ""},
		{"GET", "http://gateway.example/elsewhere", nil, "redirect refused: it leads to another host, http://gateway.example"},
		{"GET", "https://gateway.example:8443/elsewhere", nil, "redirect refused: it leads to another host, https://gateway.example:8443"},
		{"GET", "https://evil.example/elsewhere", nil, "redirect refused: it leads to another host, https://evil.example"},
		{"GET", "https://gateway.example/elsewhere", refuses, "redirect refused: not from here"},
	} {
		sent := 0
		base := roundTripper(func(r *http.Request) (*http.Response, error) {
			if sent++; r.URL.Path == "/elsewhere" {
				return answer(http.StatusOK, ""), nil
			}
			resp := answer(http.StatusFound, "")
			resp.Header.Set("Location", row.location)
			return resp, nil
		})
		transport := New(Config{Name: "djamo", BaseURL: "https://gateway.example", HTTPClient: &http.Client{Transport: base, CheckRedirect: row.policy}, Timeout: time.Minute,
			MaxResponseBytes: 1 << 10, Retry: Retry{MaxAttempts: 3, MinWait: 1, MaxWait: 1}})
		call := &Call{Method: row.method, Path: "/v1/balance", Class: Read}
		err := transport.Do(t.Context(), call)
		if row.want == "" {
			require.NoError(t, err, row.location)
			require.Equal(t, http.StatusOK, call.Status)
			require.Equal(t, 2, sent)
			continue
		}
		require.EqualError(t, err, "djamo: GET /v1/balance: "+row.want)
		require.ErrorIs(t, err, errRedirect)
		require.Equal(t, row.policy != nil, errors.Is(err, errPolicy))
		require.Equal(t, 1, sent)
	}
}
