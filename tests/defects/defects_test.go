package defects_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/nettest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Each test here is named after a defect found in other Go SDKs. None of them may come back in this one. 10 to 12
// concern webhooks and stand in webhook_test.go.

// 1: net/http resends a POST by itself on a stale connection when an idempotency header is set.
func TestDefect01_NoHeaderMakesNetHTTPResend(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	address := nettest.Serve(t, func(conn net.Conn) { answerOnceThenHangUp(conn, &posts) })
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("http://"+address))
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context()) // leaves a connection that the server is about to drop
	require.NoError(t, err)
	_, err = client.Batches.Create(t.Context(), clienttest.BatchParams(""))
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
	require.EqualValues(t, 1, posts.Load())

	for _, name := range []string{"Idempotency-Key", "x-idempotency-key", "Authorization", "host"} {
		_, err := client.Balance.Get(t.Context(), djamo.WithHeader(name, "x"))
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, name)
	}
}

// answerOnceThenHangUp answers the first request of a connection and drops it on the second, having read it.
func answerOnceThenHangUp(conn net.Conn, posts *atomic.Int32) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if req.Method == http.MethodPost {
			posts.Add(1)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"balance\":1}")
	}
}

// 2: unprotected writes retried. TestPolicy_Unkeyed has every fault; here it is once in words.
func TestDefect02_UnprotectedWritesAreNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, []clienttest.Fault{clienttest.ServerErrBefore}, nil)
		_, err := api.Client().Charges.Refund(t.Context(), "ch_1")
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
		require.Equal(t, "POST", api.Sequence())
	})
}

// 3: a redirect that re-posts an empty body and reports success.
func TestDefect03_RedirectedWriteIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{307, 308} {
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			http.Redirect(w, r, "/elsewhere", status)
		}))
		t.Cleanup(server.Close)
		client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL))
		require.NoError(t, err)
		_, err = client.Transactions.Create(t.Context(), clienttest.Payment)
		require.Equal(t, status, clienttest.AnswerOf(err).StatusCode)
		require.EqualValues(t, 1, requests.Load())
	}
}

// 3b: a redirect of a read must not carry the token to another host.
func TestDefect03_ReadIsNotRedirectedToAnotherHost(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	require.ErrorContains(t, err, "another host")
	require.False(t, reached.Load())
}

// 4: sleeping through a cancelled context. TestPolicy_CancelAtEveryInstant has every instant.
func TestDefect04_CancelledContextEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, nil, clienttest.Times(4, clienttest.LimitedAnHour))
		client := api.Client()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := client.Balance.Get(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 50*time.Millisecond, time.Since(start))
	})
}

// 5: a method that posts to another resource's path: every endpoint has its row.
func TestDefect05_EveryEndpointHasItsOwnPath(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, row := range clienttest.Endpoints(t) {
		service, _, _ := strings.Cut(row.Name, ".")
		root, _, _ := strings.Cut(strings.TrimPrefix(row.Path, "/v1/"), "/")
		root, _, _ = strings.Cut(root, "?")
		if other, ok := seen[root]; ok && root != "transactions" {
			require.Equal(t, other, service, row.Path)
		}
		seen[root] = service
	}
	require.Len(t, seen, 5, "transactions, balance, sub-companies, charges, webhooks")
}

// 6: a per-attempt timeout that is never retried; unescaped ids; an error dump that prints the key.
func TestDefect06_TimeoutRetried_IDsEscaped_KeyHidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := clienttest.NewScriptedAPI(t, nil, []clienttest.Fault{clienttest.StalledAfter})
		_, err := api.Client(djamo.WithTimeout(time.Second)).Transactions.Get(t.Context(), "txn_1")
		require.NoError(t, err)
		require.Equal(t, "GET GET", api.Sequence())
	})
	var path atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.URL.EscapedPath())
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_secret_token", djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	for _, id := range []string{"../charges/ch_1", "a/b", `a\b`, "..", "a\nb", ""} {
		_, err := client.Transactions.Get(t.Context(), id)
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, id)
	}
	require.Nil(t, path.Load(), "nothing was sent")
	for id, want := range map[string]string{"%2e%2e": "%252e%252e", "a?b": "a%3Fb", "a#b": "a%23b", "é x": "%C3%A9%20x"} {
		_, err := client.Transactions.Get(t.Context(), id)
		require.Error(t, err)
		require.Equal(t, "/v1/transactions/"+want, path.Load())
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "at_secret_token")
	}
}

// 7: panic on a plain &http.Client{} with retries on.
func TestDefect07_PlainHTTPClientWorks(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"balance":7}`)
	}))
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{}),
		djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Millisecond}))
	require.NoError(t, err)
	balance, err := client.Balance.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(7), balance.Balance)
}

// 8: (nil, nil) on 404.
func TestDefect08_NilComesWithAnError(t *testing.T) {
	t.Parallel()
	for _, row := range clienttest.Endpoints(t) {
		_, err := row.Call(t.Context(), clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusNotFound, `{"statusCode":404,"message":"no such thing"}`)))
		require.ErrorIs(t, err, djamo.ErrNotFound, row.Name)
	}
}

// 9: an iterator that loops for ever when the server ignores the page parameter.
func TestDefect09_RepeatedCursorEndsTheListing(t *testing.T) {
	t.Parallel()
	for cycle := 1; cycle <= 9; cycle++ {
		requests := 0
		client := clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
			requests++
			return httpmock.NewStringResponse(http.StatusOK, fmt.Sprintf(`{"cursor":{"next":"c%d"},"data":[{"id":"txn_1"}]}`, requests%cycle)), nil
		})
		var last error
		for _, err := range client.Transactions.List(t.Context(), djamo.TransactionListParams{}) {
			last = err
		}
		require.ErrorIs(t, last, djamo.ErrUnexpectedAnswer)
		require.LessOrEqual(t, requests, 4*cycle+2)
	}
}

// 13: core dependencies that cost users megabytes. TestRepository_UsersLinkNothingHeavy walks the imports; here the
// program is linked.
func TestDefect13_OneCallProgramStaysSmall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds two programs")
	}
	size := func(source string) int64 {
		dir := t.TempDir()
		file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, file).CombinedOutput()
		require.NoError(t, err, string(out))
		info, err := os.Stat(program)
		require.NoError(t, err)
		return info.Size()
	}
	bare := size(`package main
import ("encoding/json"; "log/slog"; "net/http"; "os")
func main() {
	resp, err := http.Get(os.Args[1])
	if err != nil { slog.Error("get", "err", err); return }
	defer resp.Body.Close()
	var balance struct{ Balance int64 }
	slog.Info("balance", "err", json.NewDecoder(resp.Body).Decode(&balance), "balance", balance.Balance)
}`)
	ours := size(`package main
import ("context"; "log/slog"; "os"; "github.com/djamo/djamo-go")
func main() {
	client, err := djamo.NewClient(os.Args[1], djamo.WithEnvironment(djamo.StagingCIV))
	if err != nil { slog.Error("client", "err", err); return }
	balance, err := client.Balance.Get(context.Background())
	slog.Info("balance", "err", err, "balance", balance)
}`)
	t.Logf("net/http %d bytes, djamo %d bytes, difference %d", bare, ours, ours-bare)
	require.LessOrEqual(t, ours-bare, int64(640<<10))
}

// 14: two ways to do everything, global keys, behaviour read from hidden environment variables.
func TestDefect14_NoGlobalsAndNoHiddenEnvironment(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	inner, err := filepath.Glob("internal/*/*.go")
	require.NoError(t, err)
	getenv, initFunc := regexp.MustCompile(`os\.(Getenv|LookupEnv|Environ)`), regexp.MustCompile(`(?m)^func init\(`)
	for _, file := range append(files, inner...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		require.False(t, initFunc.Match(source), file)
		if file != "client.go" {
			require.False(t, getenv.Match(source), file)
		}
	}
}

// A zero client and a nil context are errors, not panics.
func TestZeroValuesAndNilContextAreErrors(t *testing.T) {
	t.Parallel()
	for _, row := range clienttest.Endpoints(t) {
		_, err := row.Call(t.Context(), &djamo.Client{})
		require.Error(t, err, row.Name)
		var none context.Context
		_, err = row.Call(none, clienttest.Mocked(t, func(*http.Request) (*http.Response, error) {
			return nil, errors.New("nothing may be sent")
		}))
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, row.Name)
	}
}
