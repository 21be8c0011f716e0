package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

const (
	secret    = "the-webhook-secret"
	completed = `{"topic":"transactions/completed","data":{"id":"txn_1","status":"completed","reference":"payroll-2026-06/0042","msisdn":"+2250748710523","updatedAt":"2026-06-30T08:01:00Z"}}`
	paid      = `{"topic":"charges/events","data":{"id":"ch_1","status":"paid","externalId":"order-1"}}`
)

// The tests run the program itself, as a process of its own: this binary, told to be it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_WEBHOOK_RECEIVER") != "" {
		main()
		return
	}
	os.Exit(leaktest.Main(m))
}

type program struct {
	*exec.Cmd
	address   string
	out, logs *output
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func command(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.CommandContext(t.Context(), os.Args[0], args...), out: &output{}, logs: &output{}}
	p.Env = []string{"RUN_WEBHOOK_RECEIVER=1", "DJAMO_WEBHOOK_SECRET=" + secret}
	p.Stdout, p.Stderr = p.out, p.logs
	return p
}

func started(t *testing.T) *program {
	t.Helper()
	p := command(t, "-addr", "127.0.0.1:0")
	listen(t, p)
	return p
}

// listen starts the program and waits until it does.
func listen(t *testing.T, p *program) {
	t.Helper()
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	listening := regexp.MustCompile(`listening address=(\S+) path=/webhooks/djamo`)
	require.Eventually(t, func() bool {
		match := listening.FindStringSubmatch(p.logs.String())
		if match != nil {
			p.address = match[1]
		}
		return match != nil
	}, 5*time.Minute, time.Millisecond)
}

// terminated stops the program and returns its lines.
func (p *program) terminated(t *testing.T) []string {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait(), p.logs)
	return strings.Split(strings.TrimSuffix(p.out.String(), "\n"), "\n")
}

func (p *program) deliver(t *testing.T, method, path, body, signature string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.address+path, strings.NewReader(body))
	require.NoError(t, err)
	if signature != "" {
		r.Header.Set(djamo.SignatureHeader, signature)
	}
	r.Close = true // a connection that is never used would hold up the program's end
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	return answer.StatusCode
}

func (p *program) post(t *testing.T, body string) int {
	t.Helper()
	return p.deliver(t, http.MethodPost, path, body, djamo.SignWebhook([]byte(body), secret))
}

func TestReceiver_PrintsEachEventOnce(t *testing.T) {
	t.Parallel()
	p := started(t)
	for range 3 {
		require.Equal(t, 200, p.post(t, completed))
	}
	require.Equal(t, 200, p.post(t, paid))
	require.Equal(t, 200, p.post(t, `{"topic":"loans/granted","data":17}`))
	lines := p.terminated(t)
	require.Equal(t, []string{
		`{"topic":"transactions/completed","id":"txn_1","status":"completed","reference":"payroll-2026-06/0042"}`,
		`{"topic":"charge/events","id":"ch_1","status":"paid","reference":"order-1"}`,
		`{"topic":"loans/granted","id":"","status":"","reference":""}`,
	}, lines)
}

func TestReceiver_CopiesAtOncePrintOneLine(t *testing.T) {
	t.Parallel()
	p := started(t)
	var sending sync.WaitGroup
	for range 50 {
		sending.Go(func() {
			if code := p.post(t, completed); code != 200 {
				t.Errorf("answered %d", code)
			}
		})
	}
	sending.Wait()
	require.Len(t, p.terminated(t), 1)
}

func TestReceiver_RefusesTheRest(t *testing.T) {
	t.Parallel()
	p := started(t)
	right := djamo.SignWebhook([]byte(completed), secret)
	large := strings.Repeat(" ", 1<<20+1)
	require.Equal(t, 405, p.deliver(t, http.MethodGet, path, "", right))
	require.Equal(t, 404, p.deliver(t, http.MethodPost, "/", completed, right))
	require.Equal(t, 401, p.deliver(t, http.MethodPost, path, completed, ""))
	require.Equal(t, 401, p.deliver(t, http.MethodPost, path, completed, "forged"))
	require.Equal(t, 401, p.deliver(t, http.MethodPost, path, completed, djamo.SignWebhook([]byte(completed), "a guess")))
	require.Equal(t, 401, p.deliver(t, http.MethodPost, path, completed+" ", right))
	require.Equal(t, 413, p.deliver(t, http.MethodPost, path, large, djamo.SignWebhook([]byte(large), secret)))
	require.Equal(t, 400, p.post(t, "not JSON"))
	require.Equal(t, []string{""}, p.terminated(t), "nothing is printed")
	require.NotContains(t, p.logs.String(), secret)
	require.NotContains(t, p.logs.String(), "+2250748710523")
	require.Contains(t, p.logs.String(), "header is missing")
}

// A delivery that has begun when SIGTERM comes is handled and answered.
func TestReceiver_SIGTERMDrains(t *testing.T) {
	t.Parallel()
	p := started(t)
	conn, err := net.Dial("tcp", p.address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Minute)))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n%s: %s\r\nContent-Length: %d\r\n\r\n",
		path, djamo.SignatureHeader, djamo.SignWebhook([]byte(completed), secret), len(completed))
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	status, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, status, "100 Continue", "the receiver waits for the body")
	_, err = answers.ReadString('\n')
	require.NoError(t, err)

	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return strings.Contains(p.logs.String(), "stopping") }, 5*time.Minute, time.Millisecond)
	require.Eventually(t, func() bool {
		other, err := net.Dial("tcp", p.address)
		if err == nil {
			_ = other.Close()
		}
		return err != nil
	}, 5*time.Minute, time.Millisecond, "nothing new is taken")

	_, err = io.WriteString(conn, completed)
	require.NoError(t, err)
	answer, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, 200, answer.StatusCode)
	require.NoError(t, p.Wait(), p.logs)
	var printed line
	require.NoError(t, json.Unmarshal([]byte(p.out.String()), &printed))
	require.Equal(t, "txn_1", printed.ID)
}

func TestReceiver_RefusesToStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"no secret":       {nil, "", "DJAMO_WEBHOOK_SECRET is not set"},
		"empty secret":    {nil, "DJAMO_WEBHOOK_SECRET=", "DJAMO_WEBHOOK_SECRET is not set"},
		"white space":     {nil, "DJAMO_WEBHOOK_SECRET=  ", "DJAMO_WEBHOOK_SECRET is not set"},
		"an argument":     {[]string{"stray", "-addr", "0.0.0.0:9"}, "DJAMO_WEBHOOK_SECRET=s", "not understood"},
		"unknown flag":    {[]string{"-port", "1"}, "DJAMO_WEBHOOK_SECRET=s", "flag provided but not defined"},
		"no such address": {[]string{"-addr", "127.0.0.1:http-but-not"}, "DJAMO_WEBHOOK_SECRET=s", "http-but-not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := command(t, tt.args...)
			p.Env = []string{"RUN_WEBHOOK_RECEIVER=1"}
			if tt.env != "" {
				p.Env = append(p.Env, tt.env)
			}
			require.Error(t, p.Run())
			require.Equal(t, 1, p.ProcessState.ExitCode())
			require.Contains(t, p.logs.String(), tt.want)
			require.Empty(t, p.out.String())
		})
	}
	help := command(t, "-h")
	require.NoError(t, help.Run())
	require.Contains(t, help.logs.String(), "127.0.0.1:8080")
}

// A write that fails has Djamo deliver again, and the next one is not held to it.
func TestReceiver_FailedWriteIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	disk := &fullOnce{room: len(`{"topic"`)}
	receiver := newReceiver(secret, disk, slog.New(slog.DiscardHandler))
	for _, want := range []int{http.StatusInternalServerError, http.StatusOK, http.StatusOK} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(completed))
		r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(completed), secret))
		w := httptest.NewRecorder()
		receiver.ServeHTTP(w, r)
		require.Equal(t, want, w.Code)
	}
	require.Equal(t, 1, strings.Count(disk.String(), "txn_1"))
	torn, whole, _ := strings.Cut(disk.String(), "\n")
	require.Equal(t, `{"topic"`, torn)
	require.True(t, json.Valid([]byte(whole)), "the line after a torn one is whole: %s", whole)
}

// fullOnce is a disk that had too little room once.
type fullOnce struct {
	output

	room   int
	failed bool
}

func (f *fullOnce) Write(p []byte) (int, error) {
	if !f.failed {
		f.failed = true
		n, _ := f.output.Write(p[:f.room])
		return n, syscall.ENOSPC
	}
	return f.output.Write(p)
}

func TestReceiver_ReaderOfTheLinesGoesAway(t *testing.T) {
	t.Parallel()
	lines, out, err := os.Pipe()
	require.NoError(t, err)
	p := command(t, "-addr", "127.0.0.1:0")
	p.Stdout = out
	listen(t, p)
	require.NoError(t, out.Close())
	require.NoError(t, lines.Close())
	require.Equal(t, http.StatusInternalServerError, p.post(t, completed))
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait(), p.logs)
}
