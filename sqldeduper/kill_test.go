package sqldeduper_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/sqldeduper"
)

const (
	childEnv   = "SQLDEDUPER_TEST_CHILD"
	inCallback = "in the callback"
)

// A process is killed in the middle of its callback, by a signal that leaves it no time to give the claim up. The
// delivery that comes again waits for the lease to end, is handled by who is left, and then is done for all.
func TestDeduper_KilledInTheCallback(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			d := s.machine(t)
			killInCallback(t, s)

			runs := 0
			handler := handlerOn(d, func(context.Context, djamo.Event) error { runs++; return nil })
			require.Equal(t, http.StatusOK, deliver(t, handler))
			require.Equal(t, 1, runs, "the delivery that comes again is handled again")
			require.Equal(t, http.StatusOK, deliver(t, handler))
			require.Equal(t, 1, runs, "and then it is done")
		})
	}
}

// killInCallback starts this test binary as one more machine, delivers to it, and kills it.
func killInCallback(t *testing.T, s store) {
	t.Helper()
	given, err := json.Marshal([]any{s.driver, s.dsn, s.dialect, s.table})
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild_BlocksInTheCallback$", "-test.count=1")
	child.Env = append(os.Environ(), childEnv+"="+string(given))
	_, err = child.StdinPipe() // it ends when we do
	require.NoError(t, err)
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())

	said := bufio.NewScanner(stdout)
	found := false
	for !found && said.Scan() {
		found = strings.Contains(said.Text(), inCallback)
	}
	require.True(t, found, "the child must reach its callback")
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait(), "it was killed")
}

// TestChild_BlocksInTheCallback is the other process of the test above, and nothing without it.
func TestChild_BlocksInTheCallback(t *testing.T) {
	t.Parallel()
	given := os.Getenv(childEnv)
	if given == "" {
		t.Skip("it is run by TestDeduper_KilledInTheCallback")
	}
	var s store
	require.NoError(t, json.Unmarshal([]byte(given), &[]any{&s.driver, &s.dsn, &s.dialect, &s.table}))
	d, err := sqldeduper.New(s.db(t), s.dialect, sqldeduper.WithTable(s.table))
	require.NoError(t, err)
	handler := handlerOn(d, func(context.Context, djamo.Event) error {
		fmt.Println(inCallback)
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
	handler.Timeout = time.Second // and the lease is twice as long
	for deliver(t, handler) != http.StatusOK {
		t.Log("the machine is too busy to reach the callback in time: once more")
	}
}

const secret = "whsec_test"

func handlerOn(d djamo.Deduper, onEvent func(context.Context, djamo.Event) error) *djamo.WebhookHandler {
	return &djamo.WebhookHandler{Secrets: []string{secret}, Seen: d, OnEvent: onEvent, Timeout: time.Minute}
}

// deliver sends the one delivery of these tests and returns the status.
func deliver(t testing.TB, handler http.Handler) int {
	t.Helper()
	const body = `{"topic":"transactions/completed","data":{"id":"6ae4","status":"completed","updatedAt":"2026-06-30T10:00:00.000Z"}}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), secret))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer.Code
}
