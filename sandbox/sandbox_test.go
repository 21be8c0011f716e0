package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

const (
	controlHost = "127.0.0.1:8481"
	apiHost     = "127.0.0.1:8480"
	payee       = "+2250748710523"
)

// stage is a sandbox without a network.
type stage struct {
	api     *djamotest.API
	box     *sandbox.Sandbox
	control http.Handler
	calls   http.Handler

	attempts int // of the webhook whd_1, when a busy stage was set
}

func newStage(t *testing.T, opts ...sandbox.Option) *stage {
	t.Helper()
	api, err := djamotest.New(djamotest.WithManualSettlement(), djamotest.WithAnswerBodies(4<<10))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	box, err := sandbox.New(api, append([]sandbox.Option{sandbox.WithAPIHosts(apiHost), sandbox.WithControlHosts(controlHost)}, opts...)...)
	require.NoError(t, err)
	return &stage{api: api, box: box, control: box.Control(), calls: box.API()}
}

func send(t *testing.T, to http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w
}

// post makes a call of the fake API.
func (s *stage) post(t *testing.T, path, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://"+apiHost+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.api.Token)
	r.Header.Set("X-Company-Id", s.api.CompanyID)
	r.Header.Set("Content-Type", "application/json")
	w := send(t, s.calls, r)
	require.Less(t, w.Code, 300, w.Body)
}

func (s *stage) transfer(t *testing.T, reference string) {
	t.Helper()
	body := fmt.Sprintf(`{"msisdn":%q,"amount":5000,"reference":%q,"type":"transfer"}`, payee, reference)
	s.post(t, "/v1/transactions", body)
}

func (s *stage) charge(t *testing.T, externalID, urls string) djamotest.Charge {
	t.Helper()
	s.post(t, "/v1/charges", fmt.Sprintf(`{"amount":9000,"externalId":%q,"description":"x"%s}`, externalID, urls))
	ch, ok := s.api.FindCharge(externalID)
	require.True(t, ok)
	return ch
}

// page gets a page as a browser without JavaScript does.
func (s *stage) page(t *testing.T, path string, cookies ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://"+controlHost+path, nil)
	r.Header.Set("Cookie", strings.Join(cookies, "; "))
	return send(t, s.control, r)
}

// submit sends a form as a browser does, and follows where it leads.
func (s *stage) submit(t *testing.T, path string, fields url.Values) (status int, text string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://"+controlHost+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://"+controlHost)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := send(t, s.control, r)
	if w.Code != http.StatusSeeOther {
		return w.Code, w.Body.String()
	}
	then := s.page(t, w.Header().Get("Location"))
	require.Equal(t, http.StatusOK, then.Code)
	return w.Code, then.Body.String()
}

// program makes a call of the control API.
func (s *stage) program(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, "http://"+controlHost+"/control/"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+sandbox.DefaultControlToken)
	r.Header.Set("Content-Type", "application/json")
	w := send(t, s.control, r)
	require.True(t, json.Valid(w.Body.Bytes()) || strings.Contains(path, ".csv"), "no JSON")
	return w.Code, w.Body.String()
}

// hook is a receiver of webhooks that refuses the first one.
func (s *stage) hook(t *testing.T, topic string) {
	t.Helper()
	first := true
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if first { // each URL gets one webhook at a time
			first = false
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, "the receiver's answer")
	}))
	t.Cleanup(receiver.Close)
	s.post(t, "/v1/webhooks", fmt.Sprintf(`{"topic":%q,"url":%q}`, topic, receiver.URL))
}

func TestActions_AreDoneByFormsAndByPrograms(t *testing.T) {
	t.Parallel()
	status := func(reference, want string) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) {
			t.Helper()
			require.Equal(t, want, s.api.FindTransfers(reference)[0].Status)
		}
	}
	charge := func(want string) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) {
			t.Helper()
			ch, _ := s.api.FindCharge("c/1")
			require.Equal(t, want, ch.Status)
		}
	}
	tests := []struct {
		name   string
		path   func(*stage) string
		fields map[string]string
		after  func(*testing.T, *stage)
	}{
		{"settle", byTransfer("settle"), nil, status("r/1", djamotest.StatusCompleted)},
		{"settle by reference", at("transfers/r%2F1/settle"), nil, status("r/1", djamotest.StatusCompleted)},
		{"fail", byTransfer("fail"), map[string]string{"reason": "limited"}, status("r/1", djamotest.StatusFailed)},
		{"settle all", at("transfers/settle-all"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			require.Zero(t, s.api.Counts().Pending)
		}},
		{"pay", at("charges/c%2F1/pay"), nil, charge(djamotest.ChargePaid)},
		{"cancel", at("charges/c%2F1/cancel"), nil, charge(djamotest.ChargeCancelled)},
		{"expire", at("charges/c%2F1/expire"), nil, charge(djamotest.ChargeDropped)},
		{"deliver", at("webhooks/deliver"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			require.Zero(t, s.api.Counts().Waiting)
		}},
		{"redeliver", at("webhooks/whd_1/redeliver"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			d, _ := s.api.FindDelivery("whd_1")
			require.True(t, d.Delivered)
			require.Len(t, d.Attempts, s.attempts+1)
		}},
		{"edit and send", at("webhooks/whd_1/redeliver"), map[string]string{"body": `{"a":1}`}, func(t *testing.T, s *stage) {
			t.Helper()
			d := s.api.DeliveryPage(djamotest.Page{Limit: 1}).Items[0]
			require.Equal(t, `{"a":1}`, string(d.Body))
			require.True(t, d.Delivered)
		}},
		{"add a fault", at("faults/add"), map[string]string{
			"kind": "fail-before", "status": "503", "on": "POST /v1/transactions", "times": "2", "after": "1", "percent": "50", "for": "1h",
		}, func(t *testing.T, s *stage) {
			t.Helper()
			f := s.api.Faults()[1]
			require.Equal(t, []any{"503 before processing", 2, 1, 500}, []any{f.Name, f.Left, f.Passing, f.PerMille})
		}},
		{"remove a fault", at("faults/fault_1/remove"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			require.Empty(t, s.api.Faults())
		}},
		{"clear faults", at("faults/clear"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			require.Empty(t, s.api.Faults())
		}},
		{"add customers", at("customers/add"), map[string]string{"msisdns": "+2250700000003\r\n +2250700000004"}, func(t *testing.T, s *stage) {
			t.Helper()
			named, _ := s.api.Customers()
			require.Len(t, named, 3)
		}},
		{"remove a customer", at("customers/remove"), map[string]string{"msisdn": payee}, func(t *testing.T, s *stage) {
			t.Helper()
			named, everybody := s.api.Customers()
			require.Empty(t, named)
			require.False(t, everybody)
		}},
		{"everybody", at("customers/everybody"), nil, func(t *testing.T, s *stage) {
			t.Helper()
			_, everybody := s.api.Customers()
			require.True(t, everybody)
		}},
		{"make a number fail", at("customers/fail"), map[string]string{"msisdn": payee, "reason": "limited"}, func(t *testing.T, s *stage) {
			t.Helper()
			require.NoError(t, s.api.Succeed(payee))
		}},
		{"advance", at("clock/advance"), map[string]string{"by": "90m"}, charge(djamotest.ChargeDropped)},
		{"settle automatically", at("clock/settlement"), map[string]string{"mode": "automatic", "after": "0"},
			status("r/1", djamotest.StatusCompleted)},
		{"settle manually", at("clock/settlement"), map[string]string{"mode": "manual"}, status("r/1", djamotest.StatusPending)},
		{"set the balance", at("balance/set"), map[string]string{"balance": "12 345 678"}, func(t *testing.T, s *stage) {
			t.Helper()
			require.EqualValues(t, 12_345_678, s.api.Balance())
		}},
		{"reset", at("reset"), map[string]string{"confirm": "reset"}, func(t *testing.T, s *stage) {
			t.Helper()
			require.Empty(t, s.api.Transactions())
		}},
	}
	for _, tt := range tests {
		for _, way := range []string{"form", "program"} {
			t.Run(tt.name+" by "+way, func(t *testing.T) {
				t.Parallel()
				s := busyStage(t)
				if way == "form" {
					fields := url.Values{"back": {"/faults"}}
					for name, value := range tt.fields {
						fields.Set(name, value)
					}
					status, text := s.submit(t, "/"+tt.path(s), fields)
					require.Equal(t, http.StatusSeeOther, status, text)
					require.Contains(t, text, `class="done"`)
				} else {
					body, err := json.Marshal(tt.fields)
					require.NoError(t, err)
					if tt.fields == nil {
						body = nil
					}
					status, text := s.program(t, http.MethodPost, tt.path(s), string(body))
					require.Equal(t, http.StatusOK, status, text)
					require.NotContains(t, text, payee, "masked")
				}
				tt.after(t, s)
				s.api.AssertBalanced(t)
			})
		}
	}
}

func at(path string) func(*stage) string { return func(*stage) string { return path } }

func byTransfer(do string) func(*stage) string {
	return func(s *stage) string { return "transfers/" + s.api.FindTransfers("r/1")[0].ID + "/" + do }
}

// busyStage has one of everything.
func busyStage(t *testing.T, opts ...sandbox.Option) *stage {
	t.Helper()
	s := newStage(t, opts...)
	s.hook(t, djamotest.TopicTransactionsStarted)
	s.transfer(t, "r/1")
	s.transfer(t, "<script>alert('r/2')</script>")
	s.charge(t, "c/1", "")
	s.api.DeliverNow()
	d, _ := s.api.FindDelivery("whd_1")
	s.attempts = len(d.Attempts) // two, where it went out by itself just before
	require.NoError(t, s.api.AddCustomer(payee))
	_, err := s.api.Inject(djamotest.LoseReply(), djamotest.On("POST /v1/charges/*/refund"))
	require.NoError(t, err)
	return s
}

func TestActions_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path, body string
		status     int
		want       string
	}{
		{"transfers/nobody/settle", "", 404, "nobody"},
		{"transfers/r%2F1/fail", `{}`, 400, "reason"},
		{"transfers/r%2F1/fail", `{"why":"x"}`, 400, `\"why\" is not known here; known are: reason`},
		{"charges/nobody/pay", "", 404, "nobody"},
		{"webhooks/whd_99/redeliver", "", 404, "whd_99"},
		{"webhooks/whd_1/redeliver", `{"body":""}`, 409, "must not be empty"},
		{"faults/add", `{"kind":"meteor"}`, 400, "lose-reply"},
		{"faults/add", `{"kind":"fail-before"}`, 400, "status"},
		{"faults/add", `{"kind":"fail-before","status":200}`, 400, "status"},
		{"faults/add", `{"kind":"slow-body"}`, 400, "duration"},
		{"faults/add", `{"kind":"lose-reply","percent":0}`, 400, "percent"},
		{"faults/add", `{"kind":"lose-reply","times":"many"}`, 400, "times"},
		{"faults/add", `{"kind":"lose-reply","for":"0s"}`, 400, "for"},
		{"faults/add", `{"kind":"lose-reply","on":"/v1/nothing"}`, 400, "no such call"},
		{"faults/fault_9/remove", "", 404, "fault_9"},
		{"customers/add", `{"msisdns":[]}`, 400, "msisdns"},
		{"customers/add", `{"msisdns":["0700000009"]}`, 409, "E.164"},
		{"customers/remove", `{"msisdn":"+2250700000009"}`, 409, "+22507******09"},
		{"clock/advance", `{"by":"soon"}`, 400, "30s, 5m or 2h"},
		{"clock/advance", `{}`, 400, "by"},
		{"clock/settlement", `{"mode":"sometimes"}`, 400, "automatic nor manual"},
		{"balance/set", `{"balance":"1.5"}`, 400, "balance"},
		{"balance/set", `{"balance":-1}`, 400, "balance"},
		{"reset", `{}`, 400, "confirm"},
		{"reset", `{"confirm":{"a":1}}`, 400, "confirm"},
		{"reset", `{"confirm":"reset"} {}`, 400, "follows"},
		{"reset", `[`, 400, "could not be read"},
		{"snapshot", `{"format":"djamotest","version":9}`, 400, "version 9"},
		{"nothing", ``, 404, "no call"},
	}
	s := busyStage(t)
	for _, tt := range tests {
		status, text := s.program(t, http.MethodPost, tt.path, tt.body)
		require.Equal(t, tt.status, status, "%s %s: %s", tt.path, tt.body, text)
		require.Contains(t, text, tt.want, tt.path)
	}
	require.NoError(t, s.api.Settle("r/1"))
	status, text := s.program(t, http.MethodPost, "transfers/r%2F1/settle", "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, text, "completed already")
	require.Len(t, s.api.Faults(), 1, "nothing was half done")

	status, text = s.submit(t, "/clock/advance", url.Values{"by": {"soon"}, "back": {"/clock?x=1"}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, text, `href="/clock?x=1"`, "the way back")
}

func TestPages_ShowEverythingWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := busyStage(t)
	require.NoError(t, s.api.Fail(payee, "limited"))
	for path, want := range map[string]string{
		"/": "DJAMO_ACCESS_TOKEN=at_test_djamotest", "/transfers": "r/1", "/transfers?status=pending": "r/1", "/transfers?name=r/1": "r/1",
		"/charges": "c/1", "/ledger": "charge accepted", "/requests": "POST /v1/transactions", "/requests/2": "Bearer $DJAMO_ACCESS_TOKEN",
		"/webhooks": "transactions/started", "/webhooks/whd_1": "the receiver&#39;s answer", "/faults": "POST /v1/charges/*/refund",
		"/customers": "22507******23", "/clock": "1m", "/snapshots": "multipart/form-data",
	} {
		w := s.page(t, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		text := w.Body.String()
		require.Contains(t, text, want, path)
		require.NotContains(t, text, strings.TrimPrefix(payee, "+"), path)
		require.NotContains(t, text, "<script>alert", path)
		require.NotContains(t, text, "ZgotmplZ", path)
		require.Equal(t, 1, strings.Count(text, "<script"), path)
		require.Empty(t, handlers(text), path)
		require.NotContains(t, text, "<style", path)
		require.NotContains(t, text, ` style="`, path)
		require.NotContains(t, text, "Bearer "+s.api.Token, path)
		french := s.page(t, path, "lang=fr").Body.String()
		require.Contains(t, french, `<html lang="fr">`, path)
		require.NotContains(t, french, "Sandbox time", path)
		revealed := s.page(t, path, "reveal=yes").Body.String()
		if path == "/customers" || path == "/transfers" || path == "/requests/2" {
			require.Contains(t, strings.ReplaceAll(revealed, "&#43;", "+"), payee, path)
		}
	}
	require.Contains(t, s.page(t, "/transfers").Body.String(), "&lt;script&gt;")
	require.Equal(t, 1, strings.Count(s.page(t, "/clock").Body.String(), `<a href="/customers"`), "each page is named once")
	require.Equal(t, http.StatusNotFound, s.page(t, "/nothing").Code)
	require.Equal(t, http.StatusNotFound, s.page(t, "/requests/99").Code)
	require.Equal(t, http.StatusNotFound, s.page(t, "/webhooks/whd_99").Code)
	require.Equal(t, http.StatusBadRequest, s.page(t, "/transfers?before=x").Code)
	id := regexp.MustCompile(`value="(#[0-9a-f]{16})"`).FindStringSubmatch(s.page(t, "/customers").Body.String())
	require.Len(t, id, 2)
	status, text := s.submit(t, "/customers/succeed", url.Values{"msisdn": {id[1]}})
	require.Equal(t, http.StatusSeeOther, status, text)
	require.Error(t, s.api.Succeed(payee), "it was undone already")
	rows := s.page(t, "/transfers?rows=1").Body.String()
	require.True(t, strings.HasPrefix(rows, "<tr"), rows)
}

// handlers are attributes that would run a script.
func handlers(text string) []string {
	var found []string
	for word := range strings.FieldsSeq(text) {
		if strings.HasPrefix(word, "onclick=") || strings.HasPrefix(word, "onload=") || strings.HasPrefix(word, "onerror=") {
			found = append(found, word)
		}
	}
	return found
}

func TestServe_AnswersOnTwoListenersAndRefusesItsOwnWebhooks(t *testing.T) {
	t.Parallel()
	api, err := djamotest.New(djamotest.WithManualSettlement())
	require.NoError(t, err)
	box, err := sandbox.New(api)
	require.NoError(t, err)
	listeners := make([]net.Listener, 2)
	for i := range listeners {
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- box.Serve(ctx, listeners[0], listeners[1]) }()
	control := listeners[1].Addr().String()
	_, port, err := net.SplitHostPort(control)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://localhost:" + port + "/healthz")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	stream, err := client.Get("http://" + control + "/events")
	require.NoError(t, err)

	s := &stage{api: api, box: box}
	r, err := http.NewRequest(http.MethodPost, "http://"+listeners[0].Addr().String()+"/v1/webhooks",
		strings.NewReader(`{"topic":"transactions/started","url":"http://`+control+`/reset"}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+api.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err = client.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	s.calls = api
	s.transfer(t, "r/1")
	api.DeliverNow()
	require.Contains(t, api.WebhookDeliveries()[0].Attempts[0].Error, "an address of this server itself")
	ch := s.charge(t, "c/1", "")
	require.Equal(t, "http://"+control+"/pay/"+ch.ID, ch.PaymentURL)

	cancel()
	require.NoError(t, <-ended)
	_, err = io.Copy(io.Discard, stream.Body)
	require.NoError(t, err, "streams end with the sandbox")
	require.NoError(t, stream.Body.Close())
	require.NoError(t, api.Close())
}
