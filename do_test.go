package djamo_test

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What Do cannot decode into is refused before anything is sent, not after.
func TestDo_OutMustBeAPointer(t *testing.T) {
	t.Parallel()
	requests := 0
	client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
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
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusNoContent, ""))
	out := map[string]string{"kept": "as it is"}
	require.NoError(t, client.Do(t.Context(), http.MethodDelete, "/v1/x", nil, &out))
	require.Equal(t, map[string]string{"kept": "as it is"}, out)
	for name, err := range map[string]error{
		"object": clienttest.Second(client.Transactions.Get(t.Context(), "txn_1")),
		"page":   clienttest.Second(client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{})),
		"lookup": clienttest.Second(client.Transactions.GetByReference(t.Context(), "r")),
		"write":  clienttest.Second(client.Charges.Refund(t.Context(), "ch_1")),
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
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(&http.Client{Jar: oneCookie{}, Transport: clienttest.RoundTripper(func(req *http.Request) (*http.Response, error) {
			seen = append(seen, req.Header.Get("Cookie")+" "+req.Header.Get("Authorization")+" "+req.Header.Get("X-Note"))
			return httpmock.NewStringResponse(http.StatusServiceUnavailable, ""), nil
		})}))
		require.NoError(t, err)
		_, err = client.Balance.Get(t.Context(), djamo.WithHeader("X-Note", "n"))
		require.ErrorIs(t, err, djamo.ErrServer)
		require.Equal(t, []string{"lb=1 Bearer at_x n", "lb=1 Bearer at_x n", "lb=1 Bearer at_x n", "lb=1 Bearer at_x n"}, seen)
	})
}

// Whatever path Do is given, the request stays on the host and below the path of the base URL, or is not sent at all.
func FuzzDo(f *testing.F) {
	for _, seed := range []string{"/v1/x?a=b", "/..", "/v1/%2e%2e/x", `/v1\..\x`, "//evil.example/x", "https://evil.example", "/%252e%252e", "/a/./b", "/é?q=ü", "/;x", "/@evil.example", "/v1/x\x00", "/.%2e", "?", "/#"} {
		f.Add("GET", seed)
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
			if req.URL.Scheme != "https" || req.URL.Host != "gateway.example" || req.URL.User != nil || req.Host != "" && req.Host != "gateway.example" {
				t.Errorf("%q went to %s", target, req.URL)
			}
			for _, sent := range []string{req.URL.Path, strings.ReplaceAll(req.URL.Path, `\`, "/")} {
				if clean := path.Clean(sent); clean != "/djamo" && !strings.HasPrefix(clean, "/djamo/") {
					t.Errorf("%q went to %s", target, sent)
				}
			}
			if strings.ContainsAny(req.URL.RequestURI(), "\r\n\x00") {
				t.Errorf("%q breaks the request's first line: %q", target, req.URL.RequestURI())
			}
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})
		if err := client.Do(t.Context(), method, target, nil, nil); err == nil {
			t.Fatalf("%q is no success", target)
		}
	})
}

// Whatever an id is, it arrives as one segment, byte for byte, or is not sent at all.
func FuzzID(f *testing.F) {
	for _, seed := range []string{"ch_1", "", ".", "..", "a/b", "%2e%2e", "%", "a?b", "a#b", "é", "\xff", "{id}", "+225", " ", `\`, "a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		sent := ""
		client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
			sent = req.URL.Path
			if strings.Count(req.URL.EscapedPath(), "/") != strings.Count("/djamo/v1/charges/x/refund", "/") || req.URL.RawQuery != "" || req.URL.Fragment != "" {
				t.Errorf("%q went to %s", id, req.URL)
			}
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})
		_, err := client.Charges.Refund(t.Context(), id)
		_, refused := errors.AsType[*djamo.ValidationError](err)
		switch {
		case sent == "" && !refused:
			t.Fatalf("%q was not sent and not refused: %v", id, err)
		case sent != "" && sent != "/djamo/v1/charges/"+id+"/refund":
			t.Fatalf("%q arrived as %q", id, sent)
		}
	})
}

// An object in an envelope is what is in it: nothing of the envelope's own, such as its status, gets into the result.
func TestDecode_NothingOfTheEnvelope(t *testing.T) {
	t.Parallel()
	whole := &djamo.Transaction{ID: "txn_1", Reference: "r", Amount: 5}
	for body, want := range map[string]*djamo.Transaction{
		`{"id":"txn_1","reference":"r","amount":5}`:                                                                                  whole,
		`{"data":{"id":"txn_1","reference":"r","amount":5}}`:                                                                         whole,
		`{"status":"completed","message":"ok","data":{"id":"txn_1","reference":"r","amount":5}}`:                                     whole,
		`{"id":null,"status":"completed","data":{"id":"txn_1","reference":"r","amount":5}}`:                                          whole,
		`{"data":{"id":"txn_1","reference":"r","amount":5},"amount":9,"fee":9,"createdAt":"2023-05-10T12:19:12Z","type":"transfer"}`: whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":{"status":"completed"}}`:                                                    whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":null}`:                                                                      whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":[]}`:                                                                        whole,
		`{"data":{"status":"completed"}}`:                                                                                            nil,
		`{"amount":5,"data":{"id":"txn_1","amount":"five"}}`:                                                                         nil,
		`{"status":"completed","data":{"data":{"id":"txn_1"}}}`:                                                                      nil,
		`{"status":"completed","message":"ok","data":[]}`:                                                                            nil,
		`{"status":"completed","data":{"id":""},"message":"gone"}`:                                                                   nil,
	} {
		tx, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.Get(t.Context(), "txn_1")
		if want == nil {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want, tx, body)
	}
}

// A status that may be the request's says nothing of the customer.
func TestCustomers_Check_NeedsItsOwnFields(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*djamo.CustomerCheck{
		`{"status":"success","message":"ok","data":{"result":false}}`:          {},
		`{"status":"success","message":"ok","data":{"result":true}}`:           {HasAccount: true},
		`{"status":"success","data":{"kycStatus":"VERIFIED"}}`:                 {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"status":"VERIFIED","msisdn":"+2250748710523"}`:                      {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"status":"error","message":"customer not found"}`:                    nil,
		`{"status":"PENDING","message":null}`:                                  nil,
		`{"status":"Error"}`:                                                   nil,
		`{"status":"ok"}`:                                                      nil,
		`{"status":"VERIFIED","success":false}`:                                nil,
		`{"status":"VERIFIED","statusCode":404}`:                               nil,
		`{"status":"VERIFIED","error":"Not Found"}`:                            nil,
		`{"status":"success","data":{}}`:                                       nil,
		`{"status":"VERIFIED","data":null}`:                                    nil,
		`{"status":"success","data":{"status":"error","message":"not found"}}`: nil,
	} {
		check, err := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN})
		if want == nil {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want, check, body)
	}
}
