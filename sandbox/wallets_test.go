package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/sandbox"
)

const aya = "wal_XOF_aya"

// walletStage is a sandbox with a wallet that a consent was given for.
func walletStage(t *testing.T) (*stage, *gatewaytest.Gateway) {
	t.Helper()
	api, err := djamotest.New(djamotest.WithSeed(17))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 17, Now: api.Now})
	t.Cleanup(gateway.Close)
	gateway.AddWallet(aya, 1000)
	gateway.Issue(aya)
	box, err := sandbox.New(api, sandbox.WithAPIHosts(apiHost), sandbox.WithControlHosts(controlHost), sandbox.WithWallets(gateway))
	require.NoError(t, err)
	return &stage{api: api, box: box, control: box.Control(), calls: box.API()}, gateway
}

// readWallet reads a wallet as a program with a consent does.
func (s *stage) readWallet(t *testing.T, c gatewaytest.Consent) (status int, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://"+apiHost+"/v1/djamo/wallets/"+aya+"/transactions", nil)
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("X-Consent-Id", c.ID)
	w := send(t, s.calls, r)
	return w.Code, w.Body.String()
}

func TestWallets_AreReadWithConsentAndMoveWithTheClock(t *testing.T) {
	t.Parallel()
	s, gateway := walletStage(t)
	status, text := s.submit(t, "/wallets/"+aya+"/transaction", url.Values{"amount": {"-7 500"}, "rail": {"wave"}, "back": {"/wallets/" + aya}})
	require.Equal(t, http.StatusSeeOther, status, text)
	require.Contains(t, text, "−7\u202f500\u00a0F")
	require.Contains(t, text, "mobile_money_out")

	status, text = s.submit(t, "/wallets/"+aya+"/consent", nil)
	require.Equal(t, http.StatusSeeOther, status)
	found := regexp.MustCompile(`DJAMO_CONSENT_ID=(\S+)\nDJAMO_CONSENT_TOKEN=(\S+)\nDJAMO_CONSENT_REFRESH_TOKEN=(\S+)</pre>`).FindStringSubmatch(text)
	require.Len(t, found, 4, text)
	consent := gatewaytest.Consent{ID: found[1], Token: found[2], RefreshToken: found[3]}
	status, body := s.readWallet(t, consent)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"amount_minor":-7500`)
	require.Contains(t, body, `"balance_minor":-6500`)

	require.NoError(t, s.api.Advance(time.Hour))
	status, _ = s.readWallet(t, consent)
	require.Equal(t, http.StatusUnauthorized, status, "its token ended with the sandbox's clock")
	r := httptest.NewRequest(http.MethodPost, "http://"+apiHost+"/oauth/token",
		strings.NewReader(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {consent.RefreshToken}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusOK, send(t, s.calls, r).Code)
	_, text = s.program(t, http.MethodGet, "consents/"+consent.ID, "")
	require.NotContains(t, text, consent.Token)
	require.Contains(t, text, `"refreshToken":"crt_`)
	_, text = s.program(t, http.MethodGet, "consents", "")
	require.NotContains(t, text, "cat_", "no token in a list")

	for _, tt := range []struct{ do, state string }{{"expire-token", "active"}, {"expire", "expired"}, {"reissue", "active"}, {"revoke", "revoked"}} {
		status, text = s.program(t, http.MethodPost, "consents/"+consent.ID+"/"+tt.do, "")
		require.Equal(t, http.StatusOK, status, text)
		require.Contains(t, text, `"state":"`+tt.state+`"`, tt.do)
	}
	require.Contains(t, s.page(t, "/consents/"+consent.ID, "lang=fr").Body.String(), "révoqué")

	status, text = s.program(t, http.MethodPost, "wallet-faults/add", `{"kind":"server-error","wallet":"`+aya+`"}`)
	require.Equal(t, http.StatusOK, status, text)
	require.Contains(t, s.page(t, "/wallets").Body.String(), "503")
	require.Contains(t, s.page(t, "/wallets").Body.String(), "/wallet-faults/clear")
	first := gateway.Issue(aya)
	status, _ = s.readWallet(t, first)
	require.Equal(t, http.StatusServiceUnavailable, status)
	status, _ = s.readWallet(t, first)
	require.Equal(t, http.StatusOK, status)
	status, _ = s.program(t, http.MethodPost, "reset", `{"confirm":"reset"}`)
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, gateway.Wallets())
	require.Contains(t, s.page(t, "/wallets").Body.String(), "No wallet has been opened yet.")
}

func TestWallets_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, gateway := walletStage(t)
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"wallets/add", `{"id":"../x"}`, 400, "no name for a wallet"},
		{"wallets/add", `{"id":""}`, 400, "no name for a wallet"},
		{"wallets/add", `{"id":"a","opening":-1}`, 400, "opening"},
		{"wallets/add", `{"id":"a","days":367}`, 400, "days"},
		{"wallets/add", `{"id":"` + aya + `"}`, 409, "open already"},
		{"wallets/nobody/transaction", `{"amount":1}`, 404, "nobody"},
		{"wallets/" + aya + "/transaction", `{"amount":0}`, 400, "amount"},
		{"wallets/" + aya + "/transaction", `{}`, 400, "amount"},
		{"wallets/" + aya + "/transaction", `{"amount":1000000000001}`, 400, "amount"},
		{"wallets/" + aya + "/transaction", `{"amount":1.5}`, 400, "amount"},
		{"wallets/nobody/consent", "", 404, "nobody"},
		{"consents/nobody/revoke", "", 404, "nobody"},
		{"wallet-faults/add", `{"kind":"drift"}`, 400, "cursor-lost"},
		{"wallet-faults/add", `{"kind":"hang","wallet":"nobody"}`, 404, "nobody"},
		{"wallet-faults/add", `{"kind":"hang","times":0}`, 400, "times"},
		{"wallet-faults/add", `{"kind":"hang","after":-1}`, 400, "after"},
		{"wallet-faults/add", `{"kind":"rate-limit","retryAfter":"soon"}`, 400, "retryAfter"},
	} {
		status, text := s.program(t, http.MethodPost, tt.path, tt.body)
		require.Equal(t, tt.status, status, "%s %s: %s", tt.path, tt.body, text)
		require.Contains(t, text, tt.want, tt.path)
	}
	require.Len(t, gateway.Wallets(), 1, "nothing was half done")
	require.Empty(t, gateway.Faults())
	for _, path := range []string{"/wallets/nobody", "/consents/nobody"} {
		require.Equal(t, http.StatusNotFound, s.page(t, path).Code, path)
	}
	for _, path := range []string{"wallets/nobody", "consents/nobody"} {
		status, _ := s.program(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusNotFound, status, path)
	}
	status, _ := s.program(t, http.MethodGet, "wallets/"+aya+"?before=x", "")
	require.Equal(t, http.StatusBadRequest, status)
	_, err := sandbox.New(s.api, sandbox.WithWallets(nil))
	require.ErrorContains(t, err, "WithWallets")
}

// A sandbox without wallets shows none, and says how to have some.
func TestWallets_MayBeMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NotContains(t, s.page(t, "/").Body.String(), `href="/wallets"`)
	require.Equal(t, http.StatusNotFound, s.page(t, "/wallets").Code)
	for method, path := range map[string]string{http.MethodGet: "wallets", http.MethodPost: "wallets/add"} {
		status, text := s.program(t, method, path, "")
		require.Equal(t, http.StatusNotFound, status)
		require.Contains(t, text, "WithWallets")
	}
	r := httptest.NewRequest(http.MethodGet, "http://"+apiHost+"/v1/djamo/wallets/x/balance", nil)
	require.Equal(t, http.StatusUnauthorized, send(t, s.calls, r).Code, "a call of the fake API as any other")
}

func TestWallets_ThePagesFollowThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := walletStage(t)
		page := listen(t, s.control, "")
		synctest.Wait()
		before := len(page.events())
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble
		status, _ := s.readWallet(t, gatewaytest.Consent{})
		require.Equal(t, http.StatusForbidden, status)
		synctest.Wait()
		require.Len(t, page.events(), before+1)
		state := func(after string) (changes int64) {
			_, text := s.program(t, http.MethodGet, "changes"+after, "")
			var v struct {
				Changes int64 `json:"changes"`
			}
			require.NoError(t, json.Unmarshal([]byte(text), &v))
			return v.Changes
		}
		now := state("")
		started := time.Now()
		require.Equal(t, now, state("?after="+jsonOf(t, now)), "nothing happened")
		require.Equal(t, 25*time.Second, time.Since(started))
	})
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func TestWallets_TheFeedIsPaged(t *testing.T) {
	t.Parallel()
	s, _ := walletStage(t)
	status, text := s.program(t, http.MethodPost, "wallets/add", `{"id":"wal_XOF_kofi","days":60}`)
	require.Equal(t, http.StatusOK, status, text)
	first := s.page(t, "/wallets/wal_XOF_kofi").Body.String()
	older := regexp.MustCompile(`href="\?before=(\d+)"`).FindStringSubmatch(first)
	require.Len(t, older, 2)
	require.Equal(t, 50, strings.Count(first, "<tr id="))
	second := s.page(t, "/wallets/wal_XOF_kofi?before="+older[1]).Body.String()
	require.NotContains(t, second, "data-live")
	require.Contains(t, second, "Newest")
	_, text = s.program(t, http.MethodGet, "wallets/wal_XOF_kofi?limit=1", "")
	require.Contains(t, text, `"more":true`)
}
