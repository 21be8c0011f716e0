package djamotest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// answering is an API that answers every request alike.
func answering(contentType, body string) tripper {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

// through sends one request through a round tripper.
func through(t *testing.T, rt http.RoundTripper, path string, body any) outcome {
	t.Helper()
	method := "GET"
	if body != nil {
		method = "POST"
	}
	c := callerOf(t, rt)
	return c.exchange(c.request(method, path, body))
}

// callerOf sends through a transport what an API would get.
func callerOf(t *testing.T, rt http.RoundTripper) *caller {
	t.Helper()
	a, _ := newAPI(t)
	return &caller{t: t, api: a, url: "https://api.test", do: rt.RoundTrip}
}

func recordOne(t *testing.T, dir, body string) {
	t.Helper()
	recorder := djamotest.Record(dir)
	recorder.Next = answering("application/json", body)
	require.NoError(t, through(t, recorder, "/v1/balance", nil).err)
}

func TestRecord_LeavesNothingSecretBehind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, secret, kept string }{
		{"number", `{"msisdn":2250748710523}`, "2250748710523", `"msisdn"`},
		{"local number", `{"phone":748710523}`, "748710523", `"phone"`},
		{"unnamed number", `{"to":2250748710523}`, "2250748710523", `"to"`},
		{"amount", `{"amount":771234567}`, "+", `771234567`},
		{"key", `{"metadata":{"+2250748710523":"x"}}`, "2250748710523", `"metadata"`},
		{"percent-encoded", `{"url":"https://pay.test/c?customer=%2B2250748710523"}`, "2250748710523", "customer=%2B225*"},
		{"after an encoded space", `{"url":"https://pay.test/c?customer=a%200748710523"}`, "0748710523", "customer=a%20*"},
		{"glued to an underscore", `{"reference":"salary_0748710523_06"}`, "0748710523", "salary_*"},
		{"glued to letters", `{"reference":"to2250748710523x"}`, "2250748710523", `"to*`},
		{"spaced", `{"description":"Awa +225 07 48 71 05 23, May"}`, "48 71", ", May"},
		{"spaced and local", `{"description":"Awa 07 48 71 05 23 or 77 123 45 67, May"}`, "5 67", ", May"},
		{"local in Senegal", `{"description":"Awa 771234567"}`, "771234567", "Awa *"},
		{"UUID", `{"id":"507f1f77-4123-8123-9abc-070012345678"}`, "~", "507f1f77-4123-8123-9abc-070012345678"},
		{"moment", `{"at":"2025-01-28T08:39:08.249Z"}`, "~", "2025-01-28T08:39:08.249Z"},
		{"secret number", `{"access_token":123456789012345}`, "123456789012345", `"access_token": 0`},
		{"below a secret", `{"secret":{"value":"hidden"},"a":1}`, "hidden", `"[secret]"`},
		{"list of secrets", `{"tokens":["hidden"]}`, "hidden", `"[secret]"`},
		{"parameter of a URL", `{"paymentUrl":"https://pay.test/c?id=7&token=hidden"}`, "hidden", "?id=7&token=[secret]"},
		{"the request's token, encoded", `{"u":"https://x.test/?t=` + strings.ReplaceAll(djamotest.DefaultToken, "_", "%5F") + `"}`,
			"djamotest", "?t=[token]"},
		{"another token", `{"message":["djamo_production_civ_abc-DEF is not valid"]}`, "DEF", "[token] is not valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			recordOne(t, dir, tt.body)
			_, all := files(t, dir)
			require.NotContains(t, all, tt.secret)
			require.Contains(t, all, tt.kept)
		})
	}
}

func TestReplay_TellsPeopleApart(t *testing.T) {
	t.Parallel()
	const check = "/v1/transactions/customers/check?msisdn="
	awaToo, stranger := strings.Replace(awa, "0000", "9999", 1), strings.Replace(awa, "0000", "1111", 1) // alike at both ends
	dir := t.TempDir()
	recorder := djamotest.Record(dir)
	recorder.Next = tripper(func(r *http.Request) (*http.Response, error) {
		return answering("application/json", fmt.Sprintf(`{"result":%t}`, r.URL.Query().Get("msisdn") == awa)).RoundTrip(r)
	})
	for _, msisdn := range []string{awa, awaToo} {
		require.NoError(t, through(t, recorder, check+url.QueryEscape(msisdn), nil).err)
	}
	require.NoError(t, through(t, recorder, "/v1/transactions", transferTo(awa, 5000, "salary")).err)

	replay := djamotest.Replay(dir)
	require.Equal(t, `{"result":false}`, through(t, replay, check+url.QueryEscape(awaToo), nil).body)
	require.Equal(t, `{"result":true}`, through(t, replay, check+url.QueryEscape(awa), nil).body)
	require.Error(t, through(t, replay, check+url.QueryEscape(stranger), nil).err)
	require.Error(t, through(t, replay, "/v1/transactions", transferTo(awaToo, 5000, "salary")).err, "the same payment to somebody else")
	require.NoError(t, through(t, replay, "/v1/transactions", transferTo(awa, 5000, "salary")).err)

	again := t.TempDir()
	recordOne(t, again, `{"msisdn":"`+awa+`"}`)
	_, first := files(t, dir)
	_, second := files(t, again)
	require.NotContains(t, first, tag.FindString(second), "a tag says nothing outside its recording")
}

func TestReplay_BrokenJSONAsItCame(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`<html>blocked</html>`, `{"id":"x"`, `{}{}`, `{}]`, `"x"`, `7`} {
		dir := filepath.Join(t.TempDir(), "staging[civ]") // a name that is no pattern
		recordOne(t, dir, body)
		require.Equal(t, body, through(t, djamotest.Replay(dir), "/v1/balance", nil).body)
		recorder := djamotest.Record(dir)
		require.ErrorContains(t, through(t, recorder, "/v1/balance", nil).err, "holds a recording already")
	}
	missing := djamotest.Replay(filepath.Join(t.TempDir(), "nothing"))
	require.Error(t, through(t, missing, "/v1/balance", nil).err)
	require.Equal(t, []string{"GET /v1/balance"}, missing.Unrecorded())
}

func TestReplay_KeepsTheOrderOfMoreThanAThousand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorder, n := djamotest.Record(dir), 0
	recorder.Next = tripper(func(r *http.Request) (*http.Response, error) {
		n++
		return answering("application/json", fmt.Sprint(n)).RoundTrip(r)
	})
	c := callerOf(t, recorder)
	for range 1_002 {
		require.NoError(t, c.exchange(c.request("GET", "/v1/balance", nil)).err)
	}
	c = callerOf(t, djamotest.Replay(dir))
	for i := range 1_002 {
		require.Equal(t, fmt.Sprint(i+1), c.exchange(c.request("GET", "/v1/balance", nil)).body)
	}
}
