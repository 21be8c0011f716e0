package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/nettest"
)

// misbehaviour is how something between the program and the API goes wrong.
type misbehaviour func(w http.ResponseWriter, r *http.Request, api http.Handler)

func plays(status int, contentType, body string) misbehaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func cut(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

func hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() }

// drip begins an answer and never ends it.
func drip(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	for tick := time.NewTicker(20 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
		_, _ = w.Write([]byte(" "))
		_ = http.NewResponseController(w).Flush()
	}
}

// flood is an answer without an end.
func flood(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = w.Write([]byte(`{"data":"`))
	for block := bytes.Repeat([]byte("x"), 1<<20); r.Context().Err() == nil; {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// carriedOut has the API do what it is asked for, and changes what it says. Without a change half of it is lost.
func carriedOut(change func(answer string) string) misbehaviour {
	return func(w http.ResponseWriter, r *http.Request, api http.Handler) {
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, r)
		w.Header().Set(djamotest.FakeHeader, answer.Header().Get(djamotest.FakeHeader))
		said := answer.Body.String()
		if change == nil {
			w.Header().Set("Content-Length", strconv.Itoa(len(said)))
			said = said[:len(said)/2]
		} else {
			said = change(said)
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write([]byte(said))
	}
}

func rewritten(old, with string) misbehaviour {
	return carriedOut(func(said string) string { return regexp.MustCompile(old).ReplaceAllString(said, with) })
}

// once goes wrong the first time and well after that.
func once(wrong misbehaviour) misbehaviour {
	var done atomic.Bool
	return func(w http.ResponseWriter, r *http.Request, api http.Handler) {
		if done.Swap(true) {
			api.ServeHTTP(w, r)
			return
		}
		wrong(w, r, api)
	}
}

const (
	createIt = "transfers create --to +2250748710523 --amount 50000 --reference b/1 --yes --max-total 50000"
	refundIt = "charges refund CHARGE --yes --max-total 9000"
	batchIt  = "batch create FILE --yes --max-total 50000"
	newHook  = "webhooks create --topic charge/events --url https://example.com/hooks"
	planIt   = "payroll plan FILE"
	runIt    = "payroll run FILE --yes --progress none"

	webPage = "<html>Welcome to the network of the hotel: sign in</html>"
)

// Whatever answers, a command ends in its time, with the code that says what to do, and in one sentence; and it pays once.
func TestServers_ThatLieHangAndBreak(t *testing.T) {
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
	page, gone := plays(200, "text/html", webPage), plays(500, "text/html", "<html>oops</html>")
	const unknown = "it may have been carried out"
	tests := []struct {
		name    string
		method  string // the requests that go wrong; all of them when empty
		wrong   misbehaviour
		command string
		code    int
		says    string
		sent    int // transfers and refunds at the API afterwards
	}{
		{"hang", "", hang, "balance", 8, "no answer within", 0},
		{"hang", "", hang, "transfers get --reference a/1", 8, "no answer within", 0},
		{"hang", "", hang, createIt, 8, "does not say whether it is a sandbox", 0},
		{"hang", "GET", hang, createIt, 8, "no answer within", 0},
		{"hang", "GET", hang, planIt, 1, "nothing was sent: .*no answer within", 0},
		{"hang", "POST", hang, newHook, 4, unknown, 0},
		{"hang", "POST", hang, batchIt, 4, unknown + ".*\nNext, type: djamo batch get sent_", 0},
		{"drip", "", drip, "charges list", 8, "no answer within", 0},
		{"cut", "", cut, "balance", 8, "the connection ended before the whole answer was there", 0},
		{"cut", "", cut, createIt, 8, "nothing was sent: .* does not say whether it is a sandbox", 0},
		{"cut", "", cut, runIt, 1, "nothing was sent: .* does not say whether it is a sandbox", 0},
		{"cut", "POST", cut, "sub-companies create --name Soro --logo-url https://example.com/l.png", 4, unknown, 0},
		{"half", "", carriedOut(nil), "transfers list", 8, "the connection ended before the whole answer was there", 0},
		{"half", "POST", carriedOut(nil), createIt, 0, "", 1},
		{"half", "POST", carriedOut(nil), runIt, 0, "", 1},
		{"half", "POST", carriedOut(nil), refundIt, 4, "do not refund again", 1},
		{"half", "POST", carriedOut(nil), batchIt, 4, unknown, 1},
		{"page", "", page, "balance", 1, "it is a web page", 0},
		{"page", "", page, "webhooks list", 1, "it is a web page", 0},
		{"page", "", page, "balance --lang fr", 1, "la réponse n'est pas celle de Djamo", 0},
		{"page", "", page, createIt, 64, "does not say that it is a sandbox", 0},
		{"page", "POST", page, refundIt, 4, "do not refund again", 0},
		{"text", "", plays(200, "text/plain", "OK"), "balance", 1, "cannot be read", 0},
		{"null", "", plays(200, "application/json", "null"), "transfers get txn_1", 1, "cannot be read", 0},
		{"empty", "", plays(200, "application/json", ""), "balance", 1, `it is empty\): unexpected answer: nothing`, 0},
		{"204", "", plays(204, "", ""), "charges get c1", 1, "it is empty", 0},
		{"flood", "", flood, "sub-companies list", 1, "larger than the limit", 0},
		{"flood", "POST", flood, newHook, 4, unknown, 0},
		{"redirect", "", redirect(301), "balance", 1, "redirect refused: it leads to another host", 0},
		{"redirect", "GET", redirect(302), createIt, 1, "redirect refused: it leads to another host", 0},
		{"redirect", "POST", redirect(307), newHook, 1, "307", 0},
		{"redirect", "POST", redirect(308), batchIt, 1, "308", 0},
		{"500, then well", "", once(gone), "balance", 0, "", 0},
		{"500, then well", "POST", once(gone), newHook, 4, unknown, 0},
		{"500, and done", "POST", once(carriedOut(func(string) string { return "{}" })), createIt, 0, "", 1},
		{"another reference", "POST", rewritten(`"reference":"[^"]*"`, `"reference":"x/1"`), createIt, 0, "", 1},
		{"another reference", "POST", rewritten(`"reference":"[^"]*"`, `"reference":"x/1"`), batchIt, 4, `does not name 1 of 1 payments`, 1},
		{"another amount", "POST", rewritten(`"amount":\d+`, `"amount":1`), createIt, 0, "", 1},
		{"another amount", "POST", rewritten(`"amount":\d+`, `"amount":1`), batchIt, 4, `does not name 1 of 1 payments`, 1},
		{"another amount", "", rewritten(`"amount":\d+`, `"amount":1`), createIt, 4, "do not pay again under another reference", 1},
		{"404 of a proxy", "", plays(404, "text/html", webPage), "transfers settle a/1", 1, "unexpected answer", 0},
		{"429", "", plays(429, "application/json", "{}"), "balance", 8, "429", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.method+" "+tt.command, func(t *testing.T) {
			t.Parallel()
			code, said, sent := behind(t, tt.method, tt.wrong, tt.command)
			require.Equal(t, tt.code, code, said)
			require.Regexp(t, tt.says, said)
			require.Equal(t, tt.sent, sent, said)
		})
	}
}

// timeoutFor is how long a command waits for one answer: not long where none comes, and for the others as long as a busy machine may
// take. Where some requests are answered and others are not, it must be enough for the first.
func timeoutFor(wrong misbehaviour, method string) time.Duration {
	switch {
	case !isEndless(wrong):
		return time.Minute
	case method == "":
		return 500 * time.Millisecond
	default:
		return 3 * time.Second
	}
}

// isEndless reports whether what goes wrong is that no answer comes to its end.
func isEndless(wrong misbehaviour) bool {
	pointer := reflect.ValueOf(wrong).Pointer()
	return pointer == reflect.ValueOf(misbehaviour(hang)).Pointer() || pointer == reflect.ValueOf(misbehaviour(drip)).Pointer()
}

// behind runs a command behind something that misbehaves, and returns how it ended and what it has sent.
func behind(t *testing.T, method string, wrong misbehaviour, line string) (code int, said string, sent int) {
	t.Helper()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	api := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	ask := func(path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+api.Token)
		r.Header.Set("X-Company-Id", api.CompanyID)
		r.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Client{}).Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusCreated, resp.StatusCode)
	}
	ask("/v1/charges", `{"amount":9000,"externalId":"c/1"}`)
	require.NoError(t, api.Pay("c/1"))
	charge, _ := api.FindCharge("c/1")
	front := nettest.Handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || method == "" {
			w.Header().Set("Content-Type", "application/json")
			wrong(w, r, api)
			return
		}
		api.ServeHTTP(w, r)
	}))
	home := t.TempDir()
	file := filepath.Join(home, "june.csv")
	require.NoError(t, os.WriteFile(file, []byte("msisdn,amount,reference,description\n+2250748710523,10000,f/1,Juin\n"), 0o600))
	args := strings.Fields(strings.NewReplacer("CHARGE", charge.ID, "FILE", file).Replace(line))
	bound := "--timeout"
	if args[0] == "payroll" {
		bound = "--send-timeout"
	}
	args = append(args, bound, timeoutFor(wrong, method).String())
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env = []string{
		"DJAMO_ACCESS_TOKEN=" + api.Token, "DJAMO_API_URL=" + front.URL, "DJAMO_COMPANY_ID=" + api.CompanyID,
		"XDG_CONFIG_HOME=" + home, "HOME=" + home, "AppData=" + home,
	}
	text, _ := command.CombinedOutput() // the code says how it ended
	charge, _ = api.FindCharge("c/1")
	sent = len(api.Transactions())
	if charge.Refunded > 0 {
		sent++
	}
	return command.ProcessState.ExitCode(), string(text), sent
}
