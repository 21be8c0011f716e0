package djamotest_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// script makes the same calls to whatever answers, and returns what came back.
func script(c *caller) (answers []string) {
	for _, call := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/v1/balance", nil},
		{"POST", "/v1/transactions", transferTo(awa, 5000, "salary of "+koffi)},
		{"POST", "/v1/transactions", transferTo(awa, 5000, "salary of "+koffi)}, // 409
		{"GET", "/v1/transactions?reference=salary+of+%2B2250700000002", nil},
		{"GET", "/v1/transactions/customers/check?msisdn=%2B2250700000001", nil},
		{"POST", "/v1/charges", chargeOf(500, "x")},
		{"GET", "/v1/charges", nil},
		{"GET", "/v1/nothing?token=" + djamotest.DefaultToken, nil},
	} {
		got := c.exchange(c.request(call.method, call.path, call.body))
		answers = append(answers, got.body)
	}
	return answers
}

// record runs the script against a server and stores it.
func record(t *testing.T, dir string, opts ...djamotest.Option) (*djamotest.Server, []string) {
	t.Helper()
	srv, c := newServer(t, append(opts, djamotest.WithManualSettlement())...)
	recorder := djamotest.Record(dir)
	recorder.Next = tripper(c.do)
	c.do = recorder.RoundTrip
	return srv, script(c)
}

type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func files(t *testing.T, dir string) (names []string, all string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		names, all = append(names, e.Name()), all+string(raw)
	}
	return names, all
}

func TestRecord_StoresScrubbedExchangesUnderStableNames(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "recording")
	srv, answers := record(t, dir)
	require.Contains(t, answers[1], awa, "the caller gets what the API said")
	names, all := files(t, dir)
	require.Equal(t, []string{
		"GET_v1_balance.001.json", "GET_v1_charges.001.json", "GET_v1_nothing.001.json", "GET_v1_transactions_customers_check.001.json",
		"GET_v1_transactions_reference.001.json", "POST_v1_charges.001.json",
		"POST_v1_transactions.001.json", "POST_v1_transactions.002.json", "salt",
	}, names)
	for _, secret := range []string{srv.Token, awa, koffi, strings.TrimPrefix(awa, "+"), "Authorization", srv.CompanyID} {
		require.NotContains(t, all, secret)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "POST_v1_transactions.002.json"))
	require.NoError(t, err)
	text := tag.ReplaceAllString(string(raw), "~tag")
	require.True(t, strings.HasPrefix(text, `{
  "request": {
    "method": "POST",
    "path": "/v1/transactions",
    "body": {
      "amount": 5000,
      "description": "Salaire de juin",
      "msisdn": "+225**********~tag",
      "reference": "salary of +225**********~tag",
      "type": "transfer"
    }
  },
  "response": {
    "status": 409,
    "header": {
      "Content-Type": "application/json; charset=utf-8"
    },
    "body": {
      "correlationId": "`), text)

	again := t.TempDir()
	record(t, again)
	secondNames, _ := files(t, again)
	require.Equal(t, names, secondNames)
}

// tag is what tells masked numbers of a recording apart.
var tag = regexp.MustCompile(`~[0-9a-f]{6}`)

func TestRecord_NeverMixesRecordings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	record(t, dir)
	_, before := files(t, dir)
	_, c := newServer(t)
	c.do = djamotest.Record(dir).RoundTrip
	require.ErrorContains(t, c.exchange(c.request("GET", "/v1/balance", nil)).err, "holds a recording already")
	_, after := files(t, dir)
	require.Equal(t, before, after)

	c.do = djamotest.Record(filepath.Join(dir, "GET_v1_balance.001.json")).RoundTrip
	require.ErrorContains(t, c.exchange(c.request("GET", "/v1/balance", nil)).err, "djamotest: cannot record")
}

func TestRecord_OtherThanJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, _ := newAPI(t)
	page := "<p>call +2250700000001 or 0700000001</p>"
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(receiver.Close)
	c := &caller{t: t, api: a, url: receiver.URL, do: djamotest.Record(dir).RoundTrip}
	require.Equal(t, page, c.exchange(c.request("GET", "/v1/balance", nil)).body)
	c.do = djamotest.Replay(dir).RoundTrip
	got := c.exchange(c.request("GET", "/v1/balance", nil))
	require.Equal(t, []any{403, "<p>call +225**********~tag or **********~tag</p>", "text/html", "7"},
		[]any{got.status, tag.ReplaceAllString(got.body, "~tag"), got.header.Get("Content-Type"), got.header.Get("Retry-After")})
}

func TestReplay_AnswersAsRecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv, answers := record(t, dir)
	require.NoError(t, srv.Close())
	replay := djamotest.Replay(dir).FailTest(t)
	c := &caller{t: t, api: srv.API, url: "https://elsewhere.test", do: replay.RoundTrip}
	for i, got := range script(c) {
		want := answers[i]
		for _, secret := range []string{awa, koffi} {
			want = strings.ReplaceAll(want, secret, secret[:4]+"**********~tag")
		}
		require.Equal(t, decode(t, []byte(want)), decode(t, []byte(tag.ReplaceAllString(got, "~tag"))))
	}
	c.must(200, "GET", "/v1/balance", nil) // a read may be repeated
	require.Empty(t, replay.Unrecorded())
}

func TestReplay_FailsLoudlyOnAnythingUnrecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv, _ := record(t, dir)
	tests := []struct {
		name, method, path string
		body               any
		want               string
	}{
		{"another call", "GET", "/v1/webhooks", nil, "nothing was recorded for GET /v1/webhooks; record it with Record"},
		{"another query", "GET", "/v1/charges?limit=3", nil, "only other requests, or fewer, were recorded for GET /v1/charges"},
		{"another body", "POST", "/v1/transactions", transferTo(koffi, 1, "r"), "only other requests"},
		{"the list is no lookup", "GET", "/v1/transactions", nil, "nothing was recorded for GET /v1/transactions;"},
		{"one write too many", "POST", "/v1/charges", chargeOf(500, "x"), "only other requests, or fewer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			replay := djamotest.Replay(dir).FailTest(s)
			c := &caller{t: t, api: srv.API, url: srv.URL, do: replay.RoundTrip}
			got := c.exchange(c.request(tt.method, tt.path, tt.body))
			if tt.name == "one write too many" {
				require.Equal(t, 201, got.status)
				got = c.exchange(c.request(tt.method, tt.path, tt.body))
			}
			require.ErrorContains(t, got.err, tt.want)
			require.Equal(t, []string{got.err.Error()}, s.failures)
			require.Len(t, replay.Unrecorded(), 1)
			require.NotContains(t, replay.Unrecorded()[0], koffi)
		})
	}
	for _, broken := range []string{`{`, `{}`, `{"request":{"method":"GET","path":"/"},"response":{"status":200},"more":1}`,
		`{"request":{"method":"GET","path":"/"},"response":{"status":200}}{}`,
		`{"request":{"method":"GET","path":"/"},"response":{"status":99999}}`} {
		bad := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(bad, "GET.001.json"), []byte(broken), 0o600))
		c := &caller{t: t, api: srv.API, url: srv.URL, do: djamotest.Replay(bad).RoundTrip}
		require.ErrorContains(t, c.exchange(c.request("GET", "/v1/balance", nil)).err, "is no recorded exchange")
	}
	c := &caller{t: t, api: srv.API, url: srv.URL, do: djamotest.Replay(t.TempDir()).RoundTrip}
	require.ErrorContains(t, c.exchange(c.request("GET", "/v1/balance", nil)).err, "holds no recording")
}

func TestDrift_ListsWhatChanged(t *testing.T) {
	t.Parallel()
	stored, same, shaped := t.TempDir(), t.TempDir(), t.TempDir()
	record(t, stored)
	record(t, same, djamotest.WithSeed(99), djamotest.WithBalance(77_777))
	record(t, shaped, djamotest.WithVariants(djamotest.SecondTimestamps, djamotest.MessageString))

	none, err := djamotest.Drift(stored, same)
	require.NoError(t, err)
	require.Empty(t, none, "ids, times and amounts are no drift")

	changes, err := djamotest.Drift(stored, shaped)
	require.NoError(t, err)
	require.Contains(t, texts(changes), "POST /v1/transactions 409: timestamp changed type from timestamp to timestamp in seconds")
	require.Contains(t, texts(changes), "GET /v1/nothing 404: timestamp changed type from timestamp to timestamp in seconds")
	require.Contains(t, texts(changes),
		"GET /v1/transactions?reference 200: data[].createdAt changed type from timestamp to timestamp in seconds")
	require.Contains(t, texts(changes), "POST /v1/charges 201: createdAt changed type from timestamp to timestamp in seconds")

	altered := t.TempDir()
	names, _ := files(t, stored)
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(stored, name))
		require.NoError(t, err)
		text := string(raw)
		switch name {
		case "GET_v1_balance.001.json":
			text = strings.Replace(text, `"balance": 100000000`, `"balance": "100000000", "blocked": 0.5`, 1)
		case "POST_v1_transactions.001.json":
			text = strings.Replace(text, `"totalAmount": 5050,`, ``, 1)
			require.NotContains(t, text, "totalAmount")
		case "GET_v1_transactions_customers_check.001.json":
			text = strings.Replace(text, `"result": true`, `"result": null`, 1)
		case "GET_v1_nothing.001.json":
			text = strings.Replace(text, "application/json", "application/problem+json", 1)
		case "GET_v1_charges.001.json":
			text = strings.Replace(text, `"status": 200`, `"status": 206`, 1)
		}
		require.NoError(t, os.WriteFile(filepath.Join(altered, name), []byte(text), 0o600))
	}
	changes, err = djamotest.Drift(stored, altered)
	require.NoError(t, err)
	require.Equal(t, []string{
		"GET /v1/balance 200: balance changed type from integer to string",
		"GET /v1/balance 200: blocked appeared as fraction",
		"GET /v1/charges 200 answer vanished",
		"GET /v1/charges 206 answer appeared",
		"GET /v1/nothing 404: (content type) changed type from application/json to application/problem+json",
		"GET /v1/transactions/customers/check 200: result changed type from boolean to null",
		"POST /v1/transactions 201: totalAmount vanished, was integer",
	}, texts(changes))

	_, err = djamotest.Drift(stored, t.TempDir())
	require.ErrorContains(t, err, "holds no recording")
}

func texts(changes []djamotest.DriftChange) (out []string) {
	for _, c := range changes {
		out = append(out, c.String())
	}
	return out
}

func TestRecord_BrokenAnswersAreNotStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv, c := newServer(t)
	recorder := djamotest.Record(dir)
	c.do = recorder.RoundTrip
	for _, fault := range []djamotest.Fault{djamotest.TruncateReply(), djamotest.LoseReply()} {
		_, err := srv.Inject(fault, djamotest.OneShot())
		require.NoError(t, err)
		require.Error(t, c.exchange(c.request("POST", "/v1/webhooks", object{"topic": "charge/events", "url": hook})).err)
	}
	c.must(200, "GET", "/v1/balance", nil)
	names, _ := files(t, dir)
	require.Equal(t, []string{"GET_v1_balance.001.json", "salt"}, names)
}

// A compressed answer would be stored as it is, phone numbers and all, and be no text.
func TestRecord_CompressedAnswers(t *testing.T) {
	t.Parallel()
	_, c := newAPI(t)
	always := false
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !always && !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			return
		}
		w.Header().Set("Content-Encoding", map[bool]string{true: "br", false: "gzip"}[always])
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, `{"msisdn":"`+awa+`"}`)
		_ = packed.Close()
	}))
	t.Cleanup(receiver.Close)
	dir := t.TempDir()
	recorder := djamotest.Record(dir)
	recorder.Next = &http.Transport{}
	t.Cleanup(recorder.Next.(*http.Transport).CloseIdleConnections)
	c.url, c.do = receiver.URL, recorder.RoundTrip
	r := c.request("GET", "/v1/balance", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	require.JSONEq(t, `{"msisdn":"`+awa+`"}`, c.exchange(r).body)
	require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"), "the caller's request is the caller's")
	_, all := files(t, dir)
	require.Contains(t, all, `"msisdn": "+225**********~`)

	always = true
	require.ErrorContains(t, c.exchange(c.request("GET", "/v1/balance", nil)).err, "compressed (br)")
}
