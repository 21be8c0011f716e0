//go:build unix

package main

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// Ctrl-C, and kill -9, at any request of djamo transfers create: the reference is never lost, and the next try pays once.
func TestTransfer_InterruptedAnywhereIsNeitherLostNorPaidTwice(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		for _, moment := range []string{"before the balance", "before the payment", "after the payment", "never"} {
			t.Run(signal.String()+" "+moment, func(t *testing.T) {
				t.Parallel()
				api := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
				var victim atomic.Pointer[os.Process]
				var once atomic.Bool
				strike := func(now string, r *http.Request) {
					if now != moment || !once.CompareAndSwap(false, true) {
						return
					}
					_ = victim.Load().Signal(signal)
					switch {
					case signal == syscall.SIGKILL:
					case now == "before the balance":
						<-r.Context().Done() // the program notices the signal while it waits, and hangs up
					default:
						time.Sleep(50 * time.Millisecond) //nolint:forbidigo // most likely it notices while it waits; it need not
					}
				}
				front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					for victim.Load() == nil {
						time.Sleep(time.Millisecond) //nolint:forbidigo // it was started and is about to be known
					}
					switch r.Method {
					case http.MethodGet:
						strike("before the balance", r)
					case http.MethodPost:
						strike("before the payment", r)
					}
					answer := httptest.NewRecorder()
					api.ServeHTTP(answer, r)
					if r.Method == http.MethodPost {
						strike("after the payment", r)
					}
					maps.Copy(w.Header(), answer.Header())
					w.WriteHeader(answer.Code)
					_, _ = w.Write(answer.Body.Bytes())
				}))
				defer front.Close()
				home := t.TempDir()
				command := func() (*exec.Cmd, *bytes.Buffer) {
					c := exec.CommandContext(t.Context(), program, "transfers", "create", "--to", "+2250748710523", "--amount", "50000",
						"--reference", "salaire/1", "--yes", "--max-total", "50000", "--quiet-period", "200ms")
					c.Env = []string{
						"DJAMO_ACCESS_TOKEN=" + api.Token, "DJAMO_API_URL=" + front.URL, "DJAMO_COMPANY_ID=" + api.CompanyID,
						"XDG_CONFIG_HOME=" + home, "HOME=" + home,
					}
					var said bytes.Buffer
					c.Stdout, c.Stderr = &said, &said
					return c, &said
				}
				first, said := command()
				require.NoError(t, first.Start())
				victim.Store(first.Process)
				_ = first.Wait()
				kept, err := filepath.Glob(filepath.Join(home, "djamo", "intents", "*.jsonl"))
				if home, isMac := filepath.Join(home, "Library", "Application Support"), len(kept) == 0; isMac {
					kept, _ = filepath.Glob(filepath.Join(home, "djamo", "intents", "*.jsonl"))
				}
				require.NoError(t, err)
				if len(api.Transactions()) > 0 || moment != "before the balance" {
					require.Len(t, kept, 1, said.String())
					require.Contains(t, said.String(), "djamo transfers settle salaire/1")
				}
				if signal == syscall.SIGINT {
					code := first.ProcessState.ExitCode()
					switch moment {
					case "before the balance":
						require.Equal(t, 130, code, said.String())
					case "never":
						require.Equal(t, 0, code, said.String())
					default:
						require.Contains(t, []int{0, 4}, code, said.String())
						require.True(t, code == 0 || strings.Contains(said.String(), "Next, type: djamo transfers settle salaire/1"), said.String())
					}
				}
				second, said := command()
				require.NoError(t, second.Start())
				victim.Store(second.Process)
				require.NoError(t, second.Wait(), said.String())
				api.AssertPaidOnce(t, "salaire/1")
			})
		}
	}
}

// Whoever has named standard input and types nothing more gets out with Ctrl-C.
func TestStandardInput_IsWaitedForUntilInterrupted(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), program, "webhooks", "verify", "--body", "-", "--signature", "x")
	c.Env = []string{"DJAMO_WEBHOOK_SECRET=whsec", "HOME=" + t.TempDir()}
	input, err := c.StdinPipe()
	require.NoError(t, err)
	var said bytes.Buffer
	c.Stderr = &said
	require.NoError(t, c.Start())
	_, err = input.Write(make([]byte, 1<<20)) // more than a pipe holds: it is being read by now
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	_ = c.Wait()
	require.Equal(t, 130, c.ProcessState.ExitCode(), said.String())
}
