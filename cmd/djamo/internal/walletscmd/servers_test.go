package walletscmd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/internal/nettest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// plays answers everything alike.
func plays(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// What answers in the place of the gateway, or of its tokens, may hang, lie and break: a run ends in its time, books nothing,
// does not say that it is in step, keeps the consent, and shows no token.
func TestWalletsServers_ThatLieHangAndBreak(t *testing.T) {
	t.Parallel()
	const page = "<html>Welcome to the network of the hotel: sign in</html>"
	var waiting sync.WaitGroup
	var mu sync.Mutex
	var all []ran
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, serve := range map[string]http.HandlerFunc{
		"hang": hang,
		"drip": func(w http.ResponseWriter, r *http.Request) {
			for tick := time.NewTicker(20 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		},
		"cut":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"page":    plays(200, "text/html", page),
		"text":    plays(200, "text/plain", "OK"),
		"null":    plays(200, "application/json", "null"),
		"nothing": plays(200, "application/json", "{}"),
		"list":    plays(200, "application/json", "[]"),
		"empty":   plays(200, "application/json", ""),
		"204":     plays(204, "", ""),
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"wallet_id":"`+wallet+`","items":[`)
		},
		"flood": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"wallet_id":"`)
			for block := bytes.Repeat([]byte("x"), 1<<20); r.Context().Err() == nil; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"another wallet": plays(200, "application/json", `{"wallet_id":"wal_2","currency":"XOF","balance_minor":1,"next_cursor":"","items":[]}`),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"500":               plays(500, "text/html", page),
		"401":               plays(401, "application/json", `{"code":"invalid_token"}`),
		"403 of a firewall": plays(403, "text/html", page+"consent_revoked"),
		"404 of a proxy":    plays(404, "text/html", page),
		"429": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "999999999")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"a refusal that repeats the token": func(w http.ResponseWriter, r *http.Request) {
			plays(400, "application/json", `{"code":"x","message":"`+r.Header.Get("Authorization")+`"}`)(w, r)
		},
	} {
		front, o := nettest.Handle(t, serve), newOperator(t)
		waiting.Go(func() { // all at once: what they take is the pauses between their tries
			began := time.Now()
			r := ran{name: name, operator: o}
			r.code = o.djamo(t.Context(), "run", "--gateway", front.URL, "--wallet", wallet, "--db", o.db, "--consents", o.consents, "--once", "--poll",
				"100ms", "--read-timeout", "300ms")
			r.took, r.stdout, r.stderr = time.Since(began), o.stdout.String(), o.stderr.String()
			r.asked = o.djamo(t.Context(), "status", "--db", o.db)
			r.status = o.stdout.String()
			r.again = o.once(t)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, r)
		})
	}
	waiting.Wait()
	for _, r := range all {
		require.Less(t, r.took, 10*time.Minute, r.name)
		require.Equal(t, exit.Failed, r.code, "%s: it may be run again: %s", r.name, r.stderr)
		require.Empty(t, r.stdout, r.name)
		for _, secret := range []string{r.operator.consent.Token, r.operator.consent.RefreshToken, "panic", "\x1b"} {
			require.NotContains(t, r.stderr, secret, r.name)
		}
		require.Equal(t, exit.OK, r.asked, r.name)
		var status walletservice.StatusLine
		require.NoError(t, json.Unmarshal([]byte(r.status), &status), r.name)
		require.NotEqual(t, "in_step", status.State, r.name)
		if r.name != "429" { // which is heeded; the others were only away, and the gateway itself is read as if nothing had been
			require.Equal(t, exit.OK, r.again, "%s: %s", r.name, r.operator.stderr.String())
		}
	}
}

// ran is how a run went, and what was said of the wallet afterwards.
type ran struct {
	name                   string
	operator               *operator
	code, asked, again     int
	took                   time.Duration
	stdout, stderr, status string
}

// A database that takes the connection and says nothing is given up, and its password not shown.
func TestWalletsServers_DatabasesThatLieHangAndBreak(t *testing.T) {
	t.Setenv("DJAMO_CONSENT_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	for name, text := range map[string]string{ //nolint:paralleltest // a variable is set
		"hang": "", "a web server": "HTTP/1.1 400 Bad Request\r\n\r\n", "no end": "R\x7f\xff\xff\xff\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			address := nettest.Serve(t, func(conn net.Conn) {
				_, _ = io.WriteString(conn, text)
				_, _ = io.Copy(io.Discard, conn)
			})
			o := newOperator(t)
			db := "postgres://postgres:secret@" + address + "/wallets?sslmode=disable&connect_timeout=1"
			for _, args := range [][]string{
				{"status"}, {"quarantine"}, {"changes", "--wallet", wallet}, {"export", "--wallet", wallet, "--from", "2026-05-01", "--to", "2026-05-02"},
				{"run", "--gateway", o.url, "--wallet", wallet, "--consents", o.consents, "--once"},
			} {
				began := time.Now()
				require.Equal(t, exit.Failed, o.djamo(t.Context(), append(args, "--db", db)...), o.stderr.String())
				require.Less(t, time.Since(began), 5*time.Minute, "%v", args)
				require.Empty(t, o.stdout.String())
				require.NotContains(t, o.stderr.String(), "secret")
			}
			require.Zero(t, o.gateway.Reads())
		})
	}
}

// A file of SQLite that was cut off, or is something else, is left as it is.
func TestWalletsServers_BrokenFiles(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	require.Equal(t, exit.OK, o.once(t), o.stderr.String())
	whole, err := os.ReadFile(o.db)
	require.NoError(t, err)
	for i, content := range [][]byte{whole[:len(whole)/2], whole[:100], []byte("SQLite format 3\x00"), bytes.Repeat([]byte{0xff}, 8192)} {
		file := filepath.Join(t.TempDir(), strconv.Itoa(i)+".db")
		require.NoError(t, os.WriteFile(file, content, 0o600))
		code := o.djamo(t.Context(), "status", "--db", file)
		require.Contains(t, []int{exit.Failed, exit.Usage}, code, "%d: %s %s", i, o.stdout.String(), o.stderr.String())
		require.Empty(t, o.stdout.String())
	}
}
