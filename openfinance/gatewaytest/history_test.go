package gatewaytest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A gateway that programs read, and log in to, for weeks keeps the latest of what they did and no more.
func TestHistory_OfWeeksIsBounded(t *testing.T) {
	t.Parallel()
	const kept, calls = 50, 500
	g := New(Options{History: kept, ReuseRevokes: true})
	g.AddWallet("wal_1", 0)
	g.Add("wal_1", map[string]any{"amount_minor": 500})
	consent := g.Issue("wal_1")
	read := func(wallet, query string) int {
		r := httptest.NewRequest(http.MethodGet, "/v1/djamo/wallets/"+wallet+"/transactions?"+query, nil)
		r.Header.Set("Authorization", "Bearer "+consent.Token)
		r.Header.Set("X-Consent-Id", consent.ID)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Code
	}
	refresh := func(token string) int {
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Code
	}

	for i := range calls {
		require.Equal(t, http.StatusForbidden, read(fmt.Sprintf("wal_of_nobody_%d", i), ""))
	}
	require.Equal(t, http.StatusGone, read("wal_1", "since_cursor="+strings.Repeat("x", 100_000)))
	require.Equal(t, http.StatusGone, read("wal_1", "since_cursor="+cursor{At: -1}.String()), "a cursor that was made up")
	for i := range kept - 2 {
		require.Equal(t, http.StatusOK, read("wal_1", fmt.Sprintf("limit=%d", i+1)))
	}
	requests := g.Requests()
	require.Len(t, requests, kept)
	require.Equal(t, calls+kept, g.Reads(), "those that are forgotten count")
	require.Equal(t, http.StatusGone, requests[0].Status, "the oldest of those that are kept is first")
	require.Len(t, requests[0].Cursor, 1<<10)
	require.Equal(t, http.StatusOK, requests[kept-1].Status)
	require.Empty(t, g.inFlight)
	require.Len(t, g.most, 1, "wallets that there are not leave nothing")
	require.Equal(t, 1, g.MostInFlight("wal_1"))

	used := ""
	for range calls {
		tokens, ok := g.Tokens(consent.ID)
		require.True(t, ok)
		require.Equal(t, http.StatusOK, refresh(tokens.RefreshToken))
		used = tokens.RefreshToken
	}
	require.Len(t, g.used.values, kept)
	require.Len(t, g.tokens, 1)
	require.Len(t, g.refresh, 1)
	require.Equal(t, http.StatusBadRequest, refresh(used))
	require.Equal(t, 1, g.DoubleRedemptions(), "a token that came twice is still known as one that was used")

	g.Clear()
	require.Empty(t, g.Requests())
	require.Empty(t, g.used.values)
}

func TestHistory_OfLoginsIsBounded(t *testing.T) {
	t.Parallel()
	const kept, calls = 50, 500
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	m := NewMyCAC(MyCACOptions{History: kept, Now: func() time.Time { return now }})
	m.AddHolder(Holder{Username: "awa", PasswordHash: "hash", Device: "phone", Accounts: []string{"acc_1"}})
	m.AddAccount("acc_1", "DJF", 0, 1_000)
	post := func(path, token, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, myCACRoot+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		return w
	}
	login := func() (session string) {
		answer := post("login", "", `{"username":"awa","password":"hash","device_fingerprint":"phone"}`)
		require.Equal(t, http.StatusOK, answer.Code, answer.Body)
		challenge, _, _ := strings.Cut(strings.SplitN(answer.Body.String(), `"challenge_id":"`, 2)[1], `"`)
		post("login", "", `{"username":"awa","password":"hash","device_fingerprint":"phone"}`) // a code that nobody types
		m.challenges.values[challenge].code = "000000"
		answer = post("login/confirm", "", `{"challenge_id":"`+challenge+`","otp":"000000"}`)
		require.Equal(t, http.StatusOK, answer.Code, answer.Body)
		session, _, _ = strings.Cut(strings.SplitN(answer.Body.String(), `"access_token":"`, 2)[1], `"`)
		return session
	}
	m.Inject(Fault{Kind: StepUpAsked, Count: calls})
	session := ""
	for range calls {
		session = login()
		require.Equal(t, http.StatusForbidden, post("balance", session, `{"account_id":"acc_1"}`).Code)
	}
	require.Equal(t, http.StatusOK, post("balance", session, `{"account_id":"acc_1"}`).Code, "the latest session is there")
	require.LessOrEqual(t, len(m.challenges.values), kept)
	require.LessOrEqual(t, len(m.sessions.values), kept)
	require.LessOrEqual(t, len(m.stepUps.values), kept)
	require.Len(t, m.Requests(), kept)
	require.Equal(t, myCACRoot+"balance", m.Requests()[kept-1].Path)
}
