package djamo_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What Do cannot decode into is refused before anything is sent, not after.
func TestDo_OutMustBeAPointer(t *testing.T) {
	t.Parallel()
	requests := 0
	client := through(t, func(*http.Request) (*http.Response, error) {
		requests++
		return httpmock.NewStringResponse(http.StatusOK, `{"id":"x"}`), nil
	})
	type object struct{ ID string }
	for _, out := range []any{object{}, (*object)(nil), map[string]string{}, "", 5, func() {}} {
		require.ErrorIs(t, client.Do(t.Context(), http.MethodPost, "/v1/x", nil, out), djamo.ErrInvalidRequest)
	}
	require.Zero(t, requests)
	var whole object
	require.NoError(t, client.Do(t.Context(), http.MethodPost, "/v1/x", nil, &whole))
	require.Equal(t, "x", whole.ID)
	require.NoError(t, client.Do(t.Context(), http.MethodPost, "/v1/x", nil, nil))
}

// A 204 has nothing to decode. Where a method of this package needs an object it is still none.
func TestDo_NoContent(t *testing.T) {
	t.Parallel()
	client := mocked(t, httpmock.NewStringResponder(http.StatusNoContent, ""))
	out := map[string]string{"kept": "as it is"}
	require.NoError(t, client.Do(t.Context(), http.MethodDelete, "/v1/x", nil, &out))
	require.Equal(t, map[string]string{"kept": "as it is"}, out)
	for name, err := range map[string]error{
		"object": second(client.Transactions.Get(t.Context(), "txn_1")),
		"page":   second(client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{})),
		"lookup": second(client.Transactions.GetByReference(t.Context(), "r")),
		"write":  second(client.Charges.Refund(t.Context(), "ch_1")),
	} {
		require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, name)
	}
}

type oneCookie struct{}

func (oneCookie) SetCookies(*url.URL, []*http.Cookie) {}
func (oneCookie) Cookies(*url.URL) []*http.Cookie     { return []*http.Cookie{{Name: "lb", Value: "1"}} }

// net/http writes a jar's cookies into the headers of a request: a repeated one starts without them.
func TestCallersJar_CookiesDoNotPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(baseURL), djamo.WithHTTPClient(&http.Client{Jar: oneCookie{}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			seen = append(seen, req.Header.Get("Cookie")+" "+req.Header.Get("Authorization")+" "+req.Header.Get("X-Note"))
			return httpmock.NewStringResponse(http.StatusServiceUnavailable, ""), nil
		})}))
		require.NoError(t, err)
		_, err = client.Balance.Get(t.Context(), djamo.WithHeader("X-Note", "n"))
		require.ErrorIs(t, err, djamo.ErrServer)
		require.Equal(t, []string{"lb=1 Bearer at_x n", "lb=1 Bearer at_x n", "lb=1 Bearer at_x n", "lb=1 Bearer at_x n"}, seen)
	})
}
