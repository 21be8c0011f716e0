package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

const (
	envStore = "DJAMO_TEST_WEBHOOK_STORE" // where the receiver that is killed keeps what it has handled
	envStuck = "DJAMO_TEST_WEBHOOK_STUCK" // whether its callback never returns
)

const receiverTimeout = 2 * time.Second

// A receiver killed in the middle of a callback leaves a claim that nobody gives up; the lease ends it, and the next copy
// of the delivery is handled. The receivers are processes of their own, and share a store with whoever comes after them.
func TestWebhookHandler_KilledInTheCallback_RunsAgain(t *testing.T) {
	t.Parallel()
	if store := os.Getenv(envStore); store != "" {
		receive(store, os.Getenv(envStuck) != "")
		return
	}
	var seen djamo.MemoryDeduper
	ran := make(chan string, 10)
	store := httptest.NewServer(serveDeduper(&seen, ran))
	defer store.Close()

	first, second := startReceiver(t, store.URL, true), startReceiver(t, store.URL, false)
	start := time.Now()
	answer := make(chan error, 1)
	go func() {
		_, err := first.deliver(clienttest.Delivery)
		answer <- err
	}()
	require.Equal(t, "txn_1", <-ran)
	require.NoError(t, first.command.Process.Kill())
	require.Error(t, <-answer, "the sender has no answer, so it delivers again")

	require.Eventually(t, func() bool {
		code, err := second.deliver(clienttest.Delivery)
		return err == nil && code == http.StatusOK
	}, 5*time.Minute, 10*time.Millisecond)
	require.Equal(t, "txn_1", <-ran)
	require.GreaterOrEqual(t, time.Since(start), 2*receiverTimeout, "as long as the first may be alive, nobody runs beside it")

	code, err := second.deliver(clienttest.Delivery)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	require.Empty(t, ran, "and then it is done")
}

type receiverProcess struct {
	command *exec.Cmd
	address string
}

func startReceiver(t *testing.T, store string, stuck bool) receiverProcess {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v=false")
	command.Env = append(os.Environ(), envStore+"="+store)
	if stuck {
		command.Env = append(command.Env, envStuck+"=1")
	}
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	var address string
	_, err = fmt.Fscanln(output, &address)
	require.NoError(t, err)
	return receiverProcess{command, address}
}

func (r receiverProcess) deliver(body string) (int, error) {
	request, err := http.NewRequest(http.MethodPost, r.address, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "s"))
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

// receive is the process that is killed.
func receive(store string, stuck bool) {
	server := httptest.NewServer(&djamo.WebhookHandler{
		Secrets: []string{"s"}, Timeout: receiverTimeout, Seen: remoteDeduper(store),
		OnTransactionCompleted: func(_ context.Context, payment *djamo.Transaction) error {
			if _, err := remoteDeduper(store).ask("ran", url.Values{"key": {payment.ID}}); err != nil || !stuck {
				return err
			}
			select {}
		},
	})
	fmt.Println(server.URL)
	select {} // until it is killed
}

// serveDeduper shares a Deduper with other processes, and hears from them which callbacks ran.
func serveDeduper(seen djamo.Deduper, ran chan<- string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, owner := r.FormValue("key"), r.FormValue("owner")
		var err error
		switch r.URL.Path {
		case "/ran":
			ran <- key
		case "/claim":
			var claim djamo.Claim
			lease, _ := time.ParseDuration(r.FormValue("lease"))
			claim, err = seen.Claim(r.Context(), key, owner, lease)
			fmt.Fprint(w, int(claim))
		case "/done":
			err = seen.Done(r.Context(), key, owner)
		case "/release":
			err = seen.Release(r.Context(), key, owner)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

// remoteDeduper is the address of one that serveDeduper shares.
type remoteDeduper string

func (d remoteDeduper) ask(what string, values url.Values) (string, error) {
	answer, err := http.PostForm(string(d)+"/"+what, values) //nolint:forbidigo // a process of the test's own
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(string(text))
	}
	return string(text), err
}

func (d remoteDeduper) Claim(_ context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	text, err := d.ask("claim", url.Values{"key": {key}, "owner": {owner}, "lease": {lease.String()}})
	if err != nil {
		return djamo.ClaimHeld, err
	}
	claim, err := strconv.Atoi(text)
	return djamo.Claim(claim), err
}

func (d remoteDeduper) Done(_ context.Context, key, owner string) error {
	_, err := d.ask("done", url.Values{"key": {key}, "owner": {owner}})
	return err
}

func (d remoteDeduper) Release(_ context.Context, key, owner string) error {
	_, err := d.ask("release", url.Values{"key": {key}, "owner": {owner}})
	return err
}
