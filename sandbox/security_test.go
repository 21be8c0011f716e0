package sandbox_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

func TestSecurity_OnlyItsOwnNamesAreAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.WithControlHosts("Box.local:80"))
	for host, want := range map[string]int{
		controlHost: 200, "box.local:80": 200, "box.local": 200, "BOX.LOCAL": 200,
		"evil.example": 421, "evil.example:8481": 421, "127.0.0.1": 421, "127.0.0.1:8480": 421, "localhost:8481": 421, "": 421,
		"127.0.0.1:8481.evil.example": 421,
	} {
		for _, path := range []string{"/", "/healthz", "/control/state", "/assets/live.js", "/pay/x", "/events"} {
			r := httptest.NewRequest(http.MethodGet, "http://x"+path, nil)
			r.Host = host
			if want == 200 && path != "/" {
				continue
			}
			w := send(t, s.control, r)
			require.Equal(t, want, w.Code, "%s %s", host, path)
			require.NotEmpty(t, w.Header().Get("Content-Security-Policy"))
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://evil.example/v1/balance", nil)
	r.Header.Set("Authorization", "Bearer "+s.api.Token)
	require.Equal(t, http.StatusMisdirectedRequest, send(t, s.calls, r).Code, "the API too: its token is public")
	require.Empty(t, s.api.Requests())
}

func TestSecurity_FormsComeFromItsOwnPages(t *testing.T) {
	t.Parallel()
	s := busyStage(t)
	tests := []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"its own page", map[string]string{"Sec-Fetch-Site": "same-origin"}, 303},
		{"its own page, an old browser", map[string]string{"Origin": "http://" + controlHost}, 303},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		{"another port", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"}, 403},
		{"another site, an old browser", map[string]string{"Origin": "https://evil.example"}, 403},
		{"a sandboxed frame", map[string]string{"Origin": "null"}, 403},
		{"no browser, such as a webhook", nil, 403},
		{"no browser with the token", map[string]string{"Authorization": "Bearer " + sandbox.DefaultControlToken}, 403},
	}
	for _, path := range []string{"/transfers/settle-all", "/reset", "/preferences", "/login", "/snapshots/load", "/pay/x"} {
		for _, tt := range tests {
			r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+path, strings.NewReader("confirm=reset&lang=fr&token=x&do=x"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for name, value := range tt.headers {
				r.Header.Set(name, value)
			}
			got := send(t, s.control, r).Code
			if tt.want == 403 {
				require.Equal(t, 403, got, "%s: %s", path, tt.name)
			} else {
				require.NotEqual(t, 403, got, "%s: %s", path, tt.name)
			}
		}
	}
}

func TestSecurity_ProgramsNeedTheToken(t *testing.T) {
	t.Parallel()
	s := busyStage(t)
	for name, headers := range map[string]map[string]string{
		"none": {}, "wrong": {"Authorization": "Bearer wrong"}, "the API's": {"Authorization": "Bearer " + s.api.Token},
		"a session": {"Cookie": "djamo_sandbox=x"},
	} {
		for _, path := range []string{"POST /control/reset", "GET /control/state", "GET /control/snapshot", "POST /control/nothing"} {
			method, target, _ := strings.Cut(path, " ")
			r := httptest.NewRequest(method, "http://"+controlHost+target, strings.NewReader(`{"confirm":"reset"}`))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			for header, value := range headers {
				r.Header.Set(header, value)
			}
			require.Equal(t, http.StatusUnauthorized, send(t, s.control, r).Code, "%s: %s", name, path)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+"/control/reset", strings.NewReader(`{"confirm":"reset"}`))
	r.Header.Set("Authorization", "Bearer "+sandbox.DefaultControlToken)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := send(t, s.control, r)
	require.Equal(t, http.StatusForbidden, w.Code, "another site's page that knows the public token")
	require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	require.Len(t, s.api.Transactions(), 2)
}

func TestSecurity_PagesAskForATokenThatIsNotPublic(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-our-own-0123456789"
	s := busyStage(t, sandbox.WithControlToken(token))
	require.Equal(t, http.StatusUnauthorized, s.page(t, "/").Code)
	require.NotContains(t, s.page(t, "/").Body.String(), "Balance")
	status, _ := s.submit(t, "/reset", url.Values{"confirm": {"reset"}})
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, http.StatusUnauthorized, s.page(t, "/events").Code)
	status, _ = s.submit(t, "/login", url.Values{"token": {"wrong"}})
	require.Equal(t, http.StatusUnauthorized, status)

	r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+"/login", strings.NewReader("token="+token))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := send(t, s.control, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	cookie := w.Result().Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.False(t, cookie.Secure, "it is http, and Safari would not keep it")
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	require.NotContains(t, cookie.Value, token)
	require.Equal(t, http.StatusOK, s.page(t, "/", cookie.Name+"="+cookie.Value).Code)
	ch, _ := s.api.FindCharge("c/1")
	require.Equal(t, http.StatusOK, s.page(t, "/pay/"+ch.ID).Code, "a customer has no token")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", s.box, s.box, s.box), token)

	for _, bad := range []string{"", "short", "with a blank in it 0123456789"} {
		_, err := sandbox.New(s.api, sandbox.WithControlToken(bad))
		require.ErrorContains(t, err, "WithControlToken", bad)
	}
}

func TestServe_RefusesPublicTokensBeyondTheLoopback(t *testing.T) {
	t.Parallel()
	serve := func(apiAt, controlAt string, api *djamotest.API, opts ...sandbox.Option) error {
		box, err := sandbox.New(api, opts...)
		require.NoError(t, err)
		first, err := net.Listen("tcp", apiAt)
		require.NoError(t, err)
		second, err := net.Listen("tcp", controlAt)
		require.NoError(t, err)
		return box.Serve(t.Context(), first, second)
	}
	api, err := djamotest.New()
	require.NoError(t, err)
	defer api.Close()
	require.ErrorContains(t, serve("127.0.0.1:0", "0.0.0.0:0", api), "WithControlToken")
	err = serve("0.0.0.0:0", "127.0.0.1:0", api)
	require.ErrorContains(t, err, "djamotest.WithToken")
	require.NotContains(t, err.Error(), djamotest.DefaultToken)
}

func TestOrigins_OpenTheAPIOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.WithOrigins("http://localhost:3000"))
	preflight := func(to http.Handler, host, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodOptions, "http://"+host+"/v1/transactions", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		return send(t, to, r)
	}
	w := preflight(s.calls, apiHost, "http://localhost:3000")
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, "http://localhost:3000", w.Header().Get("Access-Control-Allow-Origin"))
	require.Empty(t, preflight(s.calls, apiHost, "http://evil.example").Header().Get("Access-Control-Allow-Origin"))
	require.Empty(t, preflight(s.control, controlHost, "http://localhost:3000").Header().Get("Access-Control-Allow-Origin"))
	for _, bad := range []string{"*", "localhost:3000", "http://localhost:3000/", "null"} {
		_, err := sandbox.New(s.api, sandbox.WithOrigins(bad))
		require.ErrorContains(t, err, "WithOrigins", bad)
	}
}

func TestCheckout_EndsInTheCallersRedirectURL(t *testing.T) {
	t.Parallel()
	urls := `,"onCompletedRedirectionUrl":"https://shop.example/done?cart=7&x=\"><script>",` +
		`"onCanceledRedirectionUrl":"https://shop.example/gone"`
	for do, want := range map[string]string{"pay": "https://shop.example/done?cart=7", "cancel": "https://shop.example/gone"} {
		s := newStage(t)
		ch := s.charge(t, "order/1", urls)
		require.Equal(t, "http://"+controlHost+"/pay/"+ch.ID, ch.PaymentURL)
		u, err := url.Parse(ch.PaymentURL)
		require.NoError(t, err)
		first := s.page(t, u.Path)
		require.Equal(t, http.StatusOK, first.Code)
		require.NotContains(t, first.Body.String(), "http-equiv")
		require.NotContains(t, first.Body.String(), "<script", "a checkout needs none")
		status, text := s.submit(t, u.Path, url.Values{"do": {do}})
		require.Equal(t, http.StatusSeeOther, status)
		require.Contains(t, text, `<meta http-equiv="refresh" content="1; url=`+want, do)
		require.NotContains(t, text, "><script>")
		now, _ := s.api.FindCharge(ch.ID)
		require.Equal(t, map[string]string{"pay": djamotest.ChargePaid, "cancel": djamotest.ChargeCancelled}[do], now.Status)
		status, text = s.submit(t, u.Path, url.Values{"do": {"pay"}})
		require.Equal(t, http.StatusSeeOther, status, "twice is no error, and pays once")
		require.Contains(t, text, want)
		s.api.AssertBalanced(t)
	}
	s := newStage(t)
	ch := s.charge(t, "order/2", "")
	_, text := s.submit(t, "/pay/"+ch.ID, url.Values{"do": {"pay"}})
	require.Contains(t, text, "named no page to go back to")
	require.Equal(t, http.StatusNotFound, s.page(t, "/pay/order%2F2").Code, "by its id alone")
}

func TestForms_LeadBackToThisServerOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for back, want := range map[string]string{
		"/transfers?status=pending": "/transfers?done=done.advanced&status=pending", "https://evil.example/": "/?done=done.advanced",
		"//evil.example/": "/?done=done.advanced", `/\evil.example`: "/?done=done.advanced", "javascript:alert(1)": "/?done=done.advanced",
		"/%2F/evil.example": "/?done=done.advanced", "": "/?done=done.advanced",
	} {
		form := url.Values{"by": {"1s"}, "back": {back}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+"/clock/advance", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		require.Equal(t, want, send(t, s.control, r).Header().Get("Location"), back)
	}
}

func TestLedger_AsCSV(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 1100 {
		s.transfer(t, fmt.Sprintf("=HYPERLINK(%d)", i))
	}
	raw := s.page(t, "/ledger.csv").Body.String()
	require.True(t, strings.HasPrefix(raw, "\ufeffnumber,at,"))
	require.NotContains(t, raw, payee)
	lines, err := csv.NewReader(strings.NewReader(raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1101)
	require.Equal(t, []string{"1", "'=HYPERLINK(0)", "'+22507******23", "1100", "'=HYPERLINK(1099)"},
		[]string{lines[1][0], lines[1][3], lines[1][6], lines[1100][0], lines[1100][3]})
	require.Contains(t, s.page(t, "/ledger.csv", "lang=fr").Body.String(), "number;at;")
	status, revealed := s.program(t, http.MethodGet, "ledger.csv?reveal=true", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, revealed, payee)
}

func TestSnapshots_GoThroughAFile(t *testing.T) {
	t.Parallel()
	s := busyStage(t)
	saved := s.page(t, "/snapshots/download")
	require.Contains(t, saved.Header().Get("Content-Disposition"), "attachment")
	require.NotContains(t, saved.Body.String(), s.api.Token)
	s.api.Reset()
	upload := func(content string) (int, string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("file", "account.json")
		require.NoError(t, err)
		_, err = part.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, form.Close())
		r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+"/snapshots/load", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := send(t, s.control, r)
		return w.Code, w.Body.String()
	}
	status, text := upload(strings.Replace(saved.Body.String(), `"version":1`, `"version":2`, 1))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, "nothing was changed")
	require.Empty(t, s.api.Transactions())
	status, text = upload(saved.Body.String())
	require.Equal(t, http.StatusSeeOther, status, text)
	require.Len(t, s.api.Transactions(), 2)
	s.api.AssertBalanced(t)
}

func BenchmarkPage_100000Transfers(b *testing.B) {
	api, err := djamotest.New(djamotest.WithBalance(1 << 50))
	require.NoError(b, err)
	defer api.Close()
	box, err := sandbox.New(api, sandbox.WithAPIHosts(apiHost), sandbox.WithControlHosts(controlHost))
	require.NoError(b, err)
	for i := range 100_000 {
		r := httptest.NewRequest(http.MethodPost, "/v1/transactions",
			strings.NewReader(fmt.Sprintf(`{"msisdn":%q,"amount":5000,"reference":"r/%d","type":"transfer"}`, payee, i)))
		r.Header.Set("Authorization", "Bearer "+api.Token)
		r.Header.Set("Content-Type", "application/json")
		api.ServeHTTP(httptest.NewRecorder(), r)
	}
	control := box.Control()
	for _, path := range []string{"/", "/transfers", "/transfers?status=failed", "/ledger", "/requests"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				control.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+controlHost+path, nil))
				require.Equal(b, http.StatusOK, w.Code)
			}
		})
	}
}
