package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/nettest"
	"github.com/djamo/djamo-go/sandbox"
)

// box is a sandbox that is being served, with something before its control, or before its API, that misbehaves.
type box struct {
	api          *djamotest.API
	control, dir string
	environment  []string // the environment of commands
	timeout      time.Duration
}

const (
	controlSecret = "control_secret_of_the_test"
	apiSecret     = "at_secret_of_the_test"
)

// newBox serves a sandbox. wrong strikes the requests of a method on their way to the control or, with onAPI, to the API.
func newBox(t *testing.T, onAPI bool, method string, wrong misbehaviour) *box {
	t.Helper()
	api, err := djamotest.New(djamotest.WithToken(apiSecret), djamotest.WithManualSettlement())
	require.NoError(t, err)
	t.Cleanup(func() { api.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	front := func() *httptest.Server {
		server := httptest.NewUnstartedServer(nil)
		server.Config.BaseContext = func(net.Listener) context.Context { return ctx } // whatever hangs ends with the test
		return server
	}
	control, calls := front(), front()
	var listeners [2]net.Listener
	for i := range listeners {
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
	}
	s, err := sandbox.New(api, sandbox.WithControlToken(controlSecret), sandbox.WithControlHosts(control.Listener.Addr().String()),
		sandbox.WithAPIHosts(calls.Listener.Addr().String()))
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listeners[0], listeners[1]) }()
	before := func(next http.Handler, strikes bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strikes && (r.Method == method || method == "") {
				w.Header().Set("Content-Type", "application/json")
				wrong(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	control.Config.Handler, calls.Config.Handler = before(s.Control(), !onAPI), before(s.API(), onAPI)
	control.Start()
	calls.Start()
	t.Cleanup(func() {
		cancel()
		for _, server := range []*httptest.Server{control, calls} {
			server.CloseClientConnections()
			server.Close()
		}
		require.NoError(t, <-served)
	})
	home := t.TempDir()
	b := &box{api: api, control: control.URL, dir: home, timeout: timeoutFor(wrong, method), environment: []string{
		"DJAMO_SANDBOX_TOKEN=" + controlSecret, "DJAMO_SANDBOX_ACCESS_TOKEN=" + apiSecret,
		"XDG_CONFIG_HOME=" + home, "HOME=" + home, "AppData=" + home,
	}}
	if onAPI && isEndless(wrong) { // the control is asked first, and answers
		b.timeout = timeoutFor(wrong, "any")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listeners[1].Addr().String()+"/healthz", nil)
	require.NoError(t, err)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	b.fill(t)
	return b
}

// fill makes a transfer that waits, a charge, an endpoint and a webhook.
func (b *box) fill(t *testing.T) {
	t.Helper()
	for path, body := range map[string]string{
		"/v1/transactions": `{"msisdn":"+2250748710523","amount":50000,"reference":"a/1","type":"transfer"}`,
		"/v1/charges":      `{"amount":9000,"externalId":"c/1"}`,
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+b.api.Token)
		r.Header.Set("X-Company-Id", b.api.CompanyID)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.api.ServeHTTP(w, r)
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
	}
	snapshot, err := b.api.Snapshot()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "account.json"), snapshot, 0o600))
}

// ended is how a command went.
type ended struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// do runs a command to its end.
func (b *box) do(t *testing.T, line string) ended {
	t.Helper()
	flag := "--control"
	if strings.Contains(line, "--from-sandbox") {
		flag, line = "--from-sandbox", strings.Replace(line, " --from-sandbox", "", 1)
	}
	args := append(strings.Fields(strings.ReplaceAll(line, "FILE", filepath.Join(b.dir, "account.json"))), flag, b.control, "--timeout", b.timeout.String())
	return runProgram(t, "", b.environment, args...)
}

// runProgram runs the program to its end, with something on its standard input and this environment alone.
func runProgram(t *testing.T, input string, environment []string, args ...string) ended {
	t.Helper()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env, command.Stdin = environment, strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	began := time.Now()
	_ = command.Run() // the code says how it ended
	return ended{command.ProcessState.ExitCode(), stdout.String(), stderr.String(), time.Since(began)}
}

// echo refuses, and repeats what it was asked with.
func echo(status int) misbehaviour {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"message":"not with \u001b[31m` + r.Header.Get("Authorization") + `"},"message":"` +
			r.Header.Get("Authorization") + ` +2250748710523"}`))
	}
}

// echoed says that everything is done, and repeats what it was asked with.
func echoed(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = w.Write([]byte(`{"done":true,"changes":1,"items":[],"status":"completed","token":"` + r.Header.Get("Authorization") + `"}`))
}

// Whatever answers in the place of a sandbox: a command ends in its time, with the code that says what to do, says nothing on
// standard output but what a sandbox has said, and shows no token.
func TestSandboxServers_ThatLieHangAndBreak(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent on to another host", r.Method, r.URL.Path)
	}))
	t.Cleanup(elsewhere.Close)
	redirect := func(status int) misbehaviour {
		return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
		}
	}
	json := func(status int, body string) misbehaviour { return plays(status, "application/json", body) }
	const unknown = "it may have been carried out\nNext, type: djamo sandbox status --control http://127.0.0.1:"
	wrongs := []struct {
		name         string
		wrong        misbehaviour
		read, change int // the codes of commands that only read, and of those that change something
		says         string
		brief        bool // one that every command is tried with
	}{
		{"hang", hang, 8, 4, "has not answered within [0-9ms]+", true},
		{"drip", drip, 8, 4, "has not answered within [0-9ms]+", false},
		{"cut", cut, 8, 4, "broke off", false},
		{"half", carriedOut(nil), 8, 4, "broke off", true},
		{"page", plays(200, "text/html", webPage), 1, 4, "there is no sandbox at", true},
		{"text", plays(200, "text/plain", "OK"), 1, 4, "there is no sandbox at", false},
		{"null", json(200, "null"), 1, 4, "there is no sandbox at", false},
		{"empty", json(200, ""), 1, 4, "there is no sandbox at", false},
		{"204", json(204, ""), 1, 4, "there is no sandbox at", false},
		{"a list", json(200, "[]"), 1, 4, "does not say that this was done", false},
		{"nothing said", json(200, "{}"), 1, 4, "does not say that this was done", true},
		{"not done", json(200, `{"done":false,"status":"pending","format":"another"}`), 1, 4, "does not say that this was done", true},
		{"flood", flood, 1, 4, "larger than 64 MiB", false},
		{"301", redirect(301), 1, 1, "goes by another name: it answered 301", false},
		{"307", redirect(307), 1, 1, "goes by another name: it answered 307", false},
		{"308", redirect(308), 1, 1, "goes by another name: it answered 308", true},
		{"500 of a proxy", plays(500, "text/html", webPage), 1, 4, "it answered 500", false},
		{"500", json(500, `{"error":{"message":"oops"}}`), 1, 4, "the sandbox refused: 500 oops", false},
		{"404 of a proxy", plays(404, "text/html", webPage), 1, 1, "it answered 404", true},
		{"403 of a firewall", plays(403, "text/html", webPage), 6, 6, "it answered 403", false},
		{"401", plays(401, "text/html", webPage), 6, 6, "it answered 401", false},
		{"429", json(429, "{}"), 8, 8, "it answered 429", false},
		{"a refusal that repeats the token", echo(400), 64, 64, `refused: 400 not with \[31mBearer \*\*\*`, true},
		{"a refusal that repeats the token", echo(503), 1, 4, `refused: 503 not with \[31mBearer \*\*\*`, false},
	}
	reads := []string{"sandbox status", "sandbox fault list", "sandbox customers", "sandbox snapshot save"}
	changes := []string{
		"sandbox settle", "sandbox settle a/1", "sandbox fail a/1 account-closed", "sandbox pay c/1", "sandbox cancel c/1", "sandbox expire c/1",
		"sandbox advance 90s", "sandbox reset", "sandbox fault add lose-reply", "sandbox fault clear", "sandbox customers +2250748710523",
		"sandbox customers --everybody", "sandbox snapshot load FILE",
	}
	for _, wrong := range wrongs {
		for i, line := range append(append([]string{}, reads...), changes...) {
			code := wrong.change
			if i < len(reads) {
				code = wrong.read
			}
			first := i == 0 || i == len(reads)
			if !first && !wrong.brief || wrong.name == "flood" && line == "sandbox snapshot save" {
				continue
			}
			t.Run(wrong.name+" "+line, func(t *testing.T) {
				t.Parallel()
				b := newBox(t, false, "", wrong.wrong)
				got := b.do(t, line)
				require.Equal(t, code, got.code, got.stderr)
				require.Regexp(t, wrong.says, got.stderr)
				if code == 4 {
					require.Contains(t, got.stderr, unknown)
				}
				got.isClean(t)
			})
		}
	}
}

// isClean fails the test for a command that took too long, said data although it failed, or showed what nobody must see.
func (e ended) isClean(t *testing.T) {
	t.Helper()
	require.Less(t, e.took, 5*time.Minute)
	if e.code != 0 {
		require.Empty(t, e.stdout, "data only when it is certain")
	}
	for _, secret := range []string{controlSecret, apiSecret, "2250748710523", "\x1b", "panic", "goroutine "} {
		require.NotContains(t, e.stdout+e.stderr, secret)
	}
}

// trigger, events and listen call a sandbox too, and trigger its API.
func TestSandboxServers_EventsOfLiars(t *testing.T) {
	t.Parallel()
	const made, unknown = "trigger transactions/completed", "it may have been carried out"
	liar := func(body string) misbehaviour { return plays(200, "application/json", body) }
	const list, listen = "events list --from-sandbox --output jsonl", "listen --from-sandbox"
	const again, edit = "events resend whd_1 --from-sandbox", "events resend whd_1 --edit --from-sandbox"
	for _, tt := range []struct {
		name    string
		onAPI   bool
		method  string
		wrong   misbehaviour
		command string
		code    int
		says    string
	}{
		{"hang", false, "", hang, made, 8, "has not answered within [0-9ms]+"},
		{"page", false, "", plays(200, "text/html", webPage), made, 1, "its answer cannot be read"},
		{"another JSON", false, "", liar(`{"status":"ok"}`), made, 1, "does not say where its API is"},
		{"its API is elsewhere", false, "", liar(`{"changes":1,"api":"https://api.example.com"}`), made, 64, "which is another machine: nothing was done"},
		{"its API is no address", false, "", liar(`{"changes":1,"api":"javascript://127.0.0.1"}`), made, 64, "nothing was done"},
		{"hang", true, "", hang, made, 4, "has not answered within [0-9ms]+; " + unknown},
		{"half", true, "", carriedOut(nil), made, 4, unknown},
		{"cut", true, "", cut, "trigger charge/events", 4, unknown},
		{"page", true, "", plays(201, "text/html", webPage), made, 4, unknown},
		{"nothing said", true, "", liar("{}"), "trigger charge/events", 4, unknown},
		{"500", true, "", plays(500, "text/html", webPage), made, 4, unknown},
		{"404 of a proxy", true, "", plays(404, "text/html", webPage), made, 1, "goes by another name"},
		{"a refusal that repeats the token", true, "", echo(400), made, 64, `refused: 400 not with \[31mBearer \*\*\*`},
		{"429", true, "", plays(429, "application/json", "{}"), made, 8, "it answered 429"},
		{"hang", false, "POST", hang, made, 4, unknown},
		{"not settled", false, "POST", rewritten(`"status":"completed"`, `"status":"pending"`), made, 4, "does not say that this was done"},
		{"not failed", false, "POST", liar("{}"), "trigger transactions/failed", 4, "does not say that this was done"},
		{"not paid", false, "POST", liar(`{"status":"due"}`), "trigger charge/events", 4, "does not say that this was done"},
		{"hang", false, "", hang, list, 8, "has not answered within [0-9ms]+"},
		{"half", false, "", carriedOut(nil), list, 8, "broke off"},
		{"page", false, "", plays(200, "text/html", webPage), list, 1, "its answer cannot be read"},
		{"nothing said", false, "", liar("{}"), list, 1, "there is no sandbox there"},
		{"a refusal that repeats the token", false, "", echo(400), list, 64, `Bearer \*\*\*`},
		{"hang", false, "", hang, listen, 8, "has not answered within [0-9ms]+"},
		{"cut", false, "", cut, listen, 8, "broke off"},
		{"page", false, "", plays(200, "text/html", webPage), listen, 1, "its answer cannot be read"},
		{"nothing said", false, "", liar("{}"), listen, 1, "there is no sandbox there"},
		{"401", false, "", plays(401, "text/html", webPage), listen, 6, "it answered 401"},
		{"hang", false, "", hang, again, 4, "has not answered within [0-9ms]+; " + unknown},
		{"another event", false, "", liar(`{"id":"whd_2","delivered":true}`), again, 4, "does not have this event; " + unknown},
		{"page", false, "", plays(200, "text/html", webPage), again, 4, unknown},
		{"hang", false, "", hang, edit, 8, "has not answered within [0-9ms]+"},
		{"another event", false, "", liar(`{"id":"whd_2"}`), edit, 1, "does not have this event"},
	} {
		t.Run(tt.name+" "+tt.method+" "+tt.command, func(t *testing.T) {
			t.Parallel()
			got := newBox(t, tt.onAPI, tt.method, tt.wrong).do(t, tt.command)
			require.Equal(t, tt.code, got.code, got.stderr)
			require.Regexp(t, tt.says, got.stderr)
			require.NotContains(t, got.stderr, "Ready", "it is said when it is so")
			got.isClean(t)
		})
	}
}

// An answer that repeats the token is shown without it.
func TestSandboxServers_AnAnswerShowsNoToken(t *testing.T) {
	t.Parallel()
	got := newBox(t, false, "", echoed).do(t, "sandbox status")
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stdout, `"token":"Bearer ***"`)
	got.isClean(t)
}

// login keeps an account only when its token was tried, and whoami asks nobody.
func TestLoginServers_ThatLieHangAndBreak(t *testing.T) {
	t.Parallel()
	const token = "at_secret_of_the_test"
	json := func(status int, body string) misbehaviour { return plays(status, "application/json", body) }
	const login = "login --url URL --token-stdin --plaintext --timeout TIMEOUT"
	for _, tt := range []struct {
		name  string
		wrong misbehaviour
		line  string
		code  int
		says  string
	}{
		{"well", once(func(w http.ResponseWriter, r *http.Request, api http.Handler) { api.ServeHTTP(w, r) }), login, 0, "is kept"},
		{"hang", hang, login, 8, "nothing was kept.*no answer within"},
		{"drip", drip, login, 8, "nothing was kept.*no answer within"},
		{"cut", cut, login, 8, "nothing was kept"},
		{"half", carriedOut(nil), login, 8, "nothing was kept"},
		{"page", plays(200, "text/html", webPage), login, 1, "it is a web page"},
		{"text", plays(200, "text/plain", "OK"), login, 1, "cannot be read"},
		{"null", json(200, "null"), login, 1, "cannot be read"},
		{"empty", json(200, ""), login, 1, "it is empty"},
		{"204", json(204, ""), login, 1, "it is empty"},
		{"nothing said", json(200, "{}"), login, 1, "nothing was kept"},
		{"nothing said", json(200, `{"data":{}}`), login, 1, "nothing was kept"},
		{"no amount", json(200, `{"data":{"balance":"lots"}}`), login, 1, "nothing was kept"},
		{"flood", flood, login, 1, "larger than the limit"},
		{"redirect", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, login, 1, "redirect refused"},
		{"500", plays(500, "text/html", "<html>oops</html>"), login, 1, "nothing was kept"},
		{"404 of a proxy", plays(404, "text/html", webPage), login, 7, "nothing was kept"},
		{"401", json(401, `{"statusCode":401,"message":"Unauthorized"}`), login, 6, "nothing was kept"},
		{"403 of a firewall", plays(403, "text/html", webPage), login, 6, "nothing was kept"},
		{"429", json(429, "{}"), login, 8, "429"},
		{"a refusal that repeats the token", echo(400), login, 5, "nothing was kept"},
		{"hang", hang, "whoami", 64, "no account"},
		{"hang", hang, "logout", 64, "no profile in use"},
		{"hang", hang, "profiles list", 0, "no profiles yet"},
	} {
		t.Run(tt.name+" "+tt.line, func(t *testing.T) {
			t.Parallel()
			api := djamotest.NewServer(t, djamotest.WithToken(token))
			var asked atomic.Int32
			var breaks atomic.Bool
			front := nettest.Handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if breaks.Load() {
					panic(http.ErrAbortHandler)
				}
				asked.Add(1)
				tt.wrong(w, r, api)
			}))
			home := t.TempDir()
			environment := []string{"XDG_CONFIG_HOME=" + home, "HOME=" + home, "AppData=" + home}
			got := runProgram(t, token+"\n", environment, strings.Fields(strings.NewReplacer("URL", front.URL, "TIMEOUT",
				timeoutFor(tt.wrong, "").String()).Replace(tt.line))...)
			require.Equal(t, tt.code, got.code, got.stderr)
			require.Regexp(t, tt.says, got.stderr)
			got.isClean(t)
			kept, err := filepath.Glob(filepath.Join(home, "djamo", "*"))
			require.NoError(t, err)
			if !strings.HasPrefix(tt.line, "login") {
				require.Zero(t, asked.Load())
			}
			if tt.name != "well" {
				require.Empty(t, kept, "nothing was kept")
				return
			}
			breaks.Store(true) // what was there before does not answer any more: whoami needs nobody
			who := runProgram(t, "", environment, "whoami", "--output", "json")
			require.Zero(t, who.code, who.stderr)
			require.Contains(t, who.stdout, `"token":"file"`)
			who.isClean(t)
			require.Equal(t, 8, runProgram(t, "", environment, "balance", "--timeout", "400ms").code)
			out := runProgram(t, "", environment, "logout")
			require.Zero(t, out.code, out.stderr)
			out.isClean(t)
		})
	}
}
