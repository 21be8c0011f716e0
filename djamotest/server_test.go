package djamotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
)

const (
	awa   = "+2250700000001"
	koffi = "+2250700000002"
)

// caller speaks raw HTTP to an API, in process or over TCP, with none of the client's code.
type caller struct {
	t   testing.TB
	do  func(*http.Request) (*http.Response, error)
	url string
	api *djamotest.API
}

// direct calls the handler without a network.
func direct(t testing.TB, api *djamotest.API) *caller {
	return &caller{t: t, api: api, url: "http://djamo.test", do: func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Result(), nil
	}}
}

// newAPI makes an API without a network, and a caller for it.
func newAPI(t testing.TB, opts ...djamotest.Option) (*djamotest.API, *caller) {
	t.Helper()
	leaktest.Check(t)
	api, err := djamotest.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	return api, direct(t, api)
}

// newServer starts a server over TCP, and a caller for it.
func newServer(t testing.TB, opts ...djamotest.Option) (*djamotest.Server, *caller) {
	t.Helper()
	leaktest.Check(t)
	srv := djamotest.NewServer(t, opts...)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return srv, &caller{t: t, api: srv.API, url: srv.URL, do: transport.RoundTrip}
}

// request makes an authorized request; body is JSON text or something to encode, and may be nil.
func (c *caller) request(method, path string, body any) *http.Request {
	c.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(c.t, err)
		reader = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, reader)
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.api.Token)
	r.Header.Set("X-Company-Id", c.api.CompanyID)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

type object = map[string]any

// call sends a request and decodes the answer, numbers kept exact.
func (c *caller) call(method, path string, body any) (int, object) {
	c.t.Helper()
	return c.send(c.request(method, path, body))
}

func (c *caller) send(r *http.Request) (int, object) {
	c.t.Helper()
	resp, err := c.do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	require.Equal(c.t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
	raw, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	out, ok := decode(c.t, raw).(object)
	require.True(c.t, ok, "want an object, got %s", raw)
	return resp.StatusCode, out
}

func decode(t testing.TB, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", raw)
	return v
}

// must sends a request that has to succeed with the given status.
func (c *caller) must(want int, method, path string, body any) object {
	c.t.Helper()
	status, out := c.call(method, path, body)
	require.Equal(c.t, want, status, "%v", out)
	return out
}

// refused sends a request that has to be refused, and returns the messages.
func (c *caller) refused(want int, method, path string, body any) []string {
	c.t.Helper()
	status, out := c.call(method, path, body)
	require.Equal(c.t, want, status, "%v", out)
	return messages(c.t, out)
}

func messages(t testing.TB, envelope object) []string {
	t.Helper()
	if one, ok := envelope["message"].(string); ok {
		return []string{one}
	}
	list, ok := envelope["message"].([]any)
	require.True(t, ok, "%v", envelope)
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.(string)
	}
	return out
}

func transferTo(msisdn string, amount int64, reference string) object {
	return object{"msisdn": msisdn, "amount": amount, "reference": reference, "type": "transfer", "description": "Salaire de juin"}
}

// pay creates a transfer and returns its id.
func (c *caller) pay(msisdn string, amount int64, reference string) string {
	c.t.Helper()
	return c.must(http.StatusCreated, "POST", "/v1/transactions", transferTo(msisdn, amount, reference))["id"].(string)
}

// kinds lists what the ledger says happened, in order.
func kinds(api *djamotest.API) []djamotest.EntryKind {
	var out []djamotest.EntryKind
	for _, e := range api.Ledger() {
		out = append(out, e.Kind)
	}
	return out
}

func number(n int64) json.Number { return json.Number(fmt.Sprint(n)) }

func TestNewServer_AnswersOverTCPUnderABasePath(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t, djamotest.WithBasePath("/gateway/djamo/"), djamotest.WithBalance(1000))
	require.True(t, strings.HasSuffix(srv.URL, "/gateway/djamo"), srv.URL)
	require.Equal(t, object{"balance": number(1000), "currency": "XOF"}, c.must(200, "GET", "/v1/balance", nil))

	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	c.url = "http://" + u.Host
	require.Equal(t, []string{"Cannot GET /v1/balance"}, c.refused(404, "GET", "/v1/balance", nil))
	require.Equal(t, "/gateway/djamo/v1/balance", srv.Requests()[0].Path)
}

func TestServer_Close_TwiceAndStateStaysReadable(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	c.pay(awa, 5000, "ref-1")
	require.NoError(t, srv.Close())
	require.NoError(t, srv.Close())
	require.Len(t, srv.Transactions(), 1)
	require.Error(t, c.exchange(c.request("GET", "/v1/balance", nil)).err)
}

func TestServer_TellsNoSecretsWhenPrinted(t *testing.T) {
	t.Parallel()
	srv, _ := newServer(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{srv, srv.API} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, srv.Token, verb)
			require.NotContains(t, text, srv.WebhookSecret, verb)
		}
	}
}

func TestNew_RefusesSenselessOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		opt  djamotest.Option
		want string
	}{
		{"empty token", djamotest.WithToken(""), "WithToken"},
		{"token with a space", djamotest.WithToken("at_ x"), "WithToken"},
		{"empty company", djamotest.WithCompanyID(""), "WithCompanyID"},
		{"empty secret", djamotest.WithWebhookSecret(""), "WithWebhookSecret"},
		{"relative base path", djamotest.WithBasePath("gateway"), "WithBasePath"},
		{"base path with a wildcard", djamotest.WithBasePath("/{x}"), "WithBasePath"},
		{"base path that climbs", djamotest.WithBasePath("/a/../b"), "WithBasePath"},
		{"base path with a fragment", djamotest.WithBasePath("/a#b"), "WithBasePath"},
		{"base path with a tab", djamotest.WithBasePath("/a\tb"), "WithBasePath"},
		{"negative balance", djamotest.WithBalance(-1), "WithBalance"},
		{"no fee function", djamotest.WithFee(nil), "WithFee"},
		{"no charge fee function", djamotest.WithChargeFee(nil), "WithChargeFee"},
		{"negative settle delay", djamotest.WithSettleAfter(-1), "WithSettleAfter"},
		{"limits upside down", djamotest.WithTransferLimits(10, 5), "WithTransferLimits"},
		{"negative batch size", djamotest.WithMaxBatch(-1), "WithMaxBatch"},
		{"empty pages", djamotest.WithPageSize(0, 10), "WithPageSize"},
		{"negative history", djamotest.WithRequestHistory(-1), "WithRequestHistory"},
		{"no clock", djamotest.WithClock(nil), "WithClock"},
		{"short customer", djamotest.WithCustomers("+225070000"), "WithCustomers"},
		{"no webhook timeout", djamotest.WithWebhookTimeout(0), "WithWebhookTimeout"},
		{"no webhook back-off", djamotest.WithWebhookBackoff(0), "WithWebhookBackoff"},
		{"unknown variant", djamotest.WithVariants("x"), "WithVariants"},
		{"no webhook transport", djamotest.WithWebhookTransport(nil), "WithWebhookTransport"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := djamotest.New(tt.opt)
			require.ErrorContains(t, err, "djamotest: "+tt.want+": ")
			_, err = djamotest.Start(tt.opt)
			require.Error(t, err)
		})
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path     string
		token, company string
		want           int
	}{
		{"right", "/v1/balance", "Bearer " + djamotest.DefaultToken, djamotest.DefaultCompanyID, 200},
		{"company may be missing", "/v1/balance", "Bearer " + djamotest.DefaultToken, "", 200},
		{"no token", "/v1/balance", "", djamotest.DefaultCompanyID, 401},
		{"wrong token", "/v1/balance", "Bearer at_other", djamotest.DefaultCompanyID, 401},
		{"other scheme", "/v1/balance", "Basic " + djamotest.DefaultToken, djamotest.DefaultCompanyID, 401},
		{"unknown path without a token", "/v1/nothing", "", "", 401},
		{"another company", "/v1/balance", "Bearer " + djamotest.DefaultToken, "somebody-else", 403},
		{"charges need a company", "/v1/charges", "Bearer " + djamotest.DefaultToken, "", 400},
		{"charges with a company", "/v1/charges", "Bearer " + djamotest.DefaultToken, djamotest.DefaultCompanyID, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t)
			method, body := "GET", any(nil)
			if tt.name == "charges need a company" {
				method, body = "POST", chargeOf(5, "x")
			}
			r := c.request(method, tt.path, body)
			r.Header = http.Header{}
			if tt.token != "" {
				r.Header.Set("Authorization", tt.token)
			}
			if tt.company != "" {
				r.Header.Set("X-Company-Id", tt.company)
			}
			status, answer := c.send(r)
			require.Equal(t, tt.want, status, "%v", answer)
		})
	}
}

func TestUnknownCalls_Get404InTheEnvelope(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	for _, call := range []string{
		"GET /", "GET /v1", "DELETE /v1/transactions", "PATCH /v1/sub-companies/x", "GET /v1/transactions/", "GET /v2/balance",
		"GET /v1//balance", "GET /v1/transactions/../balance", "PUT /v1/balance",
	} {
		method, path, _ := strings.Cut(call, " ")
		status, body := c.call(method, path, "{}")
		require.Equal(t, 404, status, call)
		require.Equal(t, []string{"Cannot " + call}, messages(t, body))
		require.Equal(t, "Not Found Exception", body["error"])
	}
}

// Whoever asks who answers learns that it is a fake, whatever faults are on, and leaves no trace.
func TestServer_SaysThatItIsAFake(t *testing.T) {
	t.Parallel()
	server := djamotest.NewServer(t, djamotest.WithBasePath("/business"))
	_, err := server.Inject(djamotest.FailBefore(http.StatusServiceUnavailable))
	require.NoError(t, err)
	resp, err := new(http.Client).Head(server.URL + "/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NotEmpty(t, resp.Header.Get(djamotest.FakeHeader))
	require.Empty(t, server.Requests())
	resp, err = new(http.Client).Get(server.URL + "/v1/balance")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Empty(t, resp.Header.Get(djamotest.FakeHeader), "every other answer is the real API's")
}
