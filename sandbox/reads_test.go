package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// A program reads over the control API whatever the pages show.
func TestReads_TellAProgramWhatPagesShow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "r/1")
	ch := s.charge(t, "order/7", "")
	s.post(t, "/v1/webhooks", `{"topic":"charge/events","url":"http://127.0.0.1:9/hooks"}`)
	require.NoError(t, s.api.Pay("order/7"))
	require.NoError(t, s.api.AddCustomer(payee))
	status, text := s.program(t, http.MethodPost, "faults/add", `{"kind":"lose-reply","on":"POST /v1/transactions"}`)
	require.Equal(t, http.StatusOK, status, text)
	require.NotEmpty(t, s.api.WebhookDeliveries())
	delivery := s.api.WebhookDeliveries()[0]

	for path, wants := range map[string][]string{
		"state":                            {`"transfers":1`, `"charges":1`},
		"transfers":                        {`"total":1`, `"reference":"r/1"`, `******23`},
		"transfers?reveal=true":            {payee},
		"transfers?name=r%2F1":             {`"total":1`, `"reference":"r/1"`},
		"transfers?status=completed":       {`"items":[]`},
		"transfers/r%2F1":                  {`"status":"pending"`},
		"charges":                          {`"externalId":"order/7"`},
		"charges/" + ch.ID:                 {`"status":"paid"`},
		"ledger?limit=1":                   {`"more":true`},
		"requests":                         {`"total":3`},
		"requests/1":                       {`"path":"/v1/transactions"`, `"ledger":[{`},
		"webhooks":                         {`"topic":"charge/events"`},
		"webhooks/" + delivery.ID:          {`"topic":"charge/events"`},
		"webhook-endpoints":                {`"url":"http://127.0.0.1:9/hooks"`},
		"faults":                           {`"name":"reply lost"`, `"left":-1`},
		"customers":                        {`"everybodyHasAccount":false`, `******23`},
		"customers?reveal=true":            {payee},
		"ledger?before=1&after=0&limit=50": {`"items":[]`},
	} {
		status, text := s.program(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status, "%s: %s", path, text)
		for _, want := range wants {
			require.Contains(t, text, want, path)
		}
		if !strings.Contains(path, "reveal") {
			require.NotContains(t, text, payee, path)
		}
	}
	for path, want := range map[string]string{
		"transfers/r%2F9": "r/9", "charges/order-9": "order-9", "requests/99": "99", "requests/first": "first", "webhooks/whd_99": "whd_99",
	} {
		status, text := s.program(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusNotFound, status, "%s: %s", path, text)
		require.Contains(t, text, want, path)
	}
	for _, query := range []string{"limit=0", "limit=-1", "limit=many", "before=-1", "after=1.5", "after=99999999999999999999"} {
		status, text := s.program(t, http.MethodGet, "transfers?"+query, "")
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", query, text)
	}
}

// A phone number in a text is hidden as well, until it is asked for.
func TestReads_TextsHideNumbersToo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.post(t, "/v1/charges", fmt.Sprintf(`{"amount":9000,"externalId":"o/1","description":"call %s","metadata":{"phone":%q}}`, payee, payee))
	s.post(t, "/v1/charges", fmt.Sprintf(`{"amount":9000,"externalId":"o/2","metadata":{"phone":%s}}`, payee[1:]))
	s.post(t, "/v1/transactions", fmt.Sprintf(
		`{"msisdn":%q,"amount":5000,"reference":"r/1","description":"for %s","type":"transfer"}`, payee, payee))
	require.NoError(t, s.api.Reject("r/1", "no account "+payee))
	require.NoError(t, s.api.Fail(payee, "limited "+payee))
	for _, path := range []string{"charges", "charges/o%2F1", "charges/o%2F2", "transfers", "transfers/r%2F1", "customers"} {
		status, text := s.program(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status, text)
		require.NotContains(t, text, payee[1:], path)
		status, text = s.program(t, http.MethodGet, path+"?reveal=true", "")
		require.Equal(t, http.StatusOK, status, text)
		require.Contains(t, text, payee[1:], path)
	}
	_, text := s.program(t, http.MethodGet, "charges/o%2F1", "")
	require.Contains(t, text, `"metadata":{"phone":"+22507******23"}`)
	_, text = s.program(t, http.MethodGet, "charges/o%2F2", "")
	require.NotContains(t, text, "metadata", "masked it would be no JSON")
	for _, path := range []string{"/transfers", "/charges", "/customers"} {
		require.NotContains(t, s.page(t, path).Body.String(), payee[1:], path)
	}
}

// A snapshot goes out and in again, by a program and by a page, and brings the account back as it was.
func TestReads_SnapshotsComeBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.transfer(t, "r/1")
	status, saved := s.program(t, http.MethodGet, "snapshot", "")
	require.Equal(t, http.StatusOK, status)
	download := s.page(t, "/snapshots/download")
	require.Contains(t, download.Body.String(), `"reference":"r/1"`)
	require.Contains(t, download.Header().Get("Content-Disposition"), "djamo-sandbox.json")

	s.transfer(t, "r/2")
	status, text := s.program(t, http.MethodPost, "snapshot", saved)
	require.Equal(t, http.StatusOK, status, text)
	var state struct{ Transfers, Pending int }
	require.NoError(t, json.Unmarshal([]byte(text), &state))
	require.Equal(t, struct{ Transfers, Pending int }{1, 1}, state)
	require.Empty(t, s.api.FindTransfers("r/2"))
	s.api.AssertBalanced(t)
}

// What a browser needs beside pages is there, and nothing else of the program's files.
func TestReads_Assets(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.WithLanguage("fr"))
	for name, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8"} {
		w := s.page(t, "/assets/"+name)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, kind, w.Header().Get("Content-Type"))
	}
	for _, name := range []string{"layout.html", "nothing.css", "..%2fpage.go"} {
		require.Equal(t, http.StatusNotFound, s.page(t, "/assets/"+name).Code, name)
	}
	require.Contains(t, s.page(t, "/").Body.String(), `<html lang="fr">`, "a browser that asks for no language")
	status, text := s.submit(t, "/preferences", url.Values{"lang": {"en"}, "reveal": {"yes"}, "back": {"/transfers"}})
	require.Equal(t, http.StatusSeeOther, status)
	require.Contains(t, text, "Transferts", "the cookie is the browser's to send") //nolint:misspell // French
	_, err := sandbox.New(s.api, sandbox.WithLanguage("de"))
	require.ErrorContains(t, err, `"de" is neither en nor fr`)
	_, err = sandbox.New(nil)
	require.ErrorContains(t, err, "needs an API")
	_, err = sandbox.New(s.api, sandbox.WithAPIHosts("sandbox.local"))
	require.ErrorContains(t, err, "no name with a port")
	require.Equal(t, "sandbox.Sandbox", s.box.String(), "without its token")
	require.Equal(t, djamotest.DefaultToken, s.api.Token)
}

// A batch that was refused has a message for each of its payments, and each of its lines in the ledger has all of them: a page shows
// how they begin.
func TestPages_LongReasonsAreShort(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var payments []string
	for i := range 50 {
		payments = append(payments, fmt.Sprintf(`{"msisdn":%q,"amount":5000,"reference":"r/%d","%s":"x"}`, payee, i, payee))
	}
	r := httptest.NewRequest(http.MethodPost, "http://"+apiHost+"/v1/transactions/batch", strings.NewReader(
		`{"transactions":[`+strings.Join(payments, ",")+`]}`))
	r.Header.Set("Authorization", "Bearer "+s.api.Token)
	r.Header.Set("X-Company-Id", s.api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, send(t, s.calls, r).Code)
	for _, path := range []string{"/ledger", "/requests/1"} {
		text := s.page(t, path).Body.String()
		require.Contains(t, text, "property transactions.0.", path)
		require.Contains(t, text, "should not exist; property …", path)
		require.NotContains(t, text, payee[4:], path)
		require.Less(t, len(text), 100_000, path)
	}
}
