package listencmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/internal/nettest"
)

// liar plays a sandbox that says what a test wants.
type liar struct {
	*httptest.Server

	mu       sync.Mutex
	asked    int
	webhooks int64          // the number of the newest delivery
	items    func() []any   // what is answered whatever is asked for; nil is honest
	kept     map[int64]bool // what an honest one remembers
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	say := func(v any) { _ = json.NewEncoder(w).Encode(v) } //nolint:errchkjson // maps of texts and numbers
	if r.URL.Path != "/control/webhooks" {
		say(map[string]any{"changes": l.asked, "webhooks": l.webhooks, "endpoints": 1, "api": l.URL})
		return
	}
	items := []any{}
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
		return n
	}
	after, before, limit := number("after"), number("before"), number("limit")
	if before == 0 {
		before = l.webhooks + 1
	}
	for n := min(before-1, l.webhooks); n > after && int64(len(items)) < limit && n > l.webhooks-int64(len(l.kept)); n-- {
		items = append(items, deliveryOf(n))
	}
	if l.items != nil {
		items = l.items()
	}
	say(map[string]any{"items": items, "total": len(l.kept)})
}

func deliveryOf(n int64) map[string]any {
	body := fmt.Sprintf(`{"topic":"charge/events","data":{"id":"c%d","status":"paid"}}`, n)
	return map[string]any{"number": n, "id": fmt.Sprintf("whd_%d", n), "body": body, "signature": "x"}
}

// followLiar follows a liar for a moment and returns the ids of what was received, and what was said.
func followLiar(t *testing.T, l *liar, then func(out *programtest.Screen)) (got []string, said string) {
	t.Helper()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "home"))
	}
	l.Server = httptest.NewServer(l)
	defer l.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, complaints := new(programtest.Screen), new(programtest.Screen)
	ended := make(chan error, 1)
	go func() {
		ended <- runCommand(ctx, out, complaints, "listen", "--from-sandbox", l.URL, "--template", "{{.objectId}}")
	}()
	require.Eventually(t, func() bool { return strings.Contains(complaints.String(), "Ready") }, patience, time.Millisecond)
	then(out)
	stop()
	require.NoError(t, <-ended)
	return strings.Fields(out.String()), complaints.String()
}

// What comes again is no news, and what changes all the time is not asked without end.
func TestListen_TakesEachDeliveryOfALiarOnce(t *testing.T) { //nolint:paralleltest // it sets variables in a helper
	l := &liar{webhooks: 7}
	l.items = func() (same []any) {
		for n := int64(pageSize); n > 0; n-- { // a whole page of the same, for ever, below and above what there is
			same = append(same, deliveryOf(n*3))
		}
		return same
	}
	var asked int
	var passed time.Duration
	got, said := followLiar(t, l, func(out *programtest.Screen) {
		l.mu.Lock()
		l.webhooks = 2000 // and what it gives above is not taken
		l.mu.Unlock()
		require.Eventually(t, func() bool { return strings.Contains(out.String(), "c1998\n") }, patience, time.Millisecond)
		l.mu.Lock()
		before, began := l.asked, time.Now()
		l.mu.Unlock()
		time.Sleep(500 * time.Millisecond) //nolint:forbidigo // how often it asks in real time
		l.mu.Lock()
		asked = l.asked - before
		l.mu.Unlock()
		passed = time.Since(began)
	})
	seen := map[string]bool{}
	for _, id := range got {
		require.False(t, seen[id], "%s came twice: %s", id, said)
		seen[id] = true
	}
	require.False(t, seen["c3"], "it was made before anybody followed")
	require.Len(t, got, 1998/3-7/3)
	const each = 2 // questions between two breaths
	require.LessOrEqual(t, asked, each*(int(passed/breath)+2), "in %v", passed)
}

// A receiver that slept for so long that the sandbox has forgotten what it made says so, and goes on with what is left.
func TestListen_GoesOnAfterWhatASandboxHasForgotten(t *testing.T) { //nolint:paralleltest // as above
	l := &liar{webhooks: 10, kept: map[int64]bool{}}
	got, said := followLiar(t, l, func(out *programtest.Screen) {
		l.mu.Lock()
		l.webhooks = 50_010
		for n := range int64(1_500) {
			l.kept[n] = true
		}
		l.mu.Unlock()
		require.Eventually(t, func() bool { return strings.Contains(out.String(), "c50010\n") }, patience, 5*time.Millisecond)
	})
	require.Len(t, got, 1_500)
	require.Equal(t, "c48511", got[0])
	require.Contains(t, said, "Events lost: 48500.")
}

// A program that events are handed on to may hang and lie as well.
func TestForward_ProgramsThatHangAndLie(t *testing.T) {
	t.Parallel()
	raw := func(answer string) http.HandlerFunc { // holds the connection open
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, answer)
			_, _ = io.Copy(io.Discard, conn) // until the other side has had enough
		}
	}
	const brief = 400 * time.Millisecond // for programs that do not end; the others have all the time of a busy machine
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		timeout time.Duration
		status  int
		err     string
	}{
		"hang":                {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, brief, 0, "does not answer"},
		"cut":                 {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, patience, 0, "does not answer"},
		"another protocol":    {raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), patience, 0, "its status is 101"},
		"a status of its own": {raw("HTTP/1.1 999 Cat\r\nContent-Length: 0\r\n\r\n"), patience, 0, "its status is 999"},
		"no status":           {raw("HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n"), patience, 0, "its status is 0"},
		"no HTTP":             {raw("SSH-2.0-OpenSSH_9.6\r\n"), patience, 0, "does not answer"},
		"half":                {raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), brief, 0, "does not answer"},
		"drip": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a server in real time
			}
		}, brief, 0, "does not answer"},
		"flood": {func(w http.ResponseWriter, r *http.Request) {
			for block := bytes.Repeat([]byte("x"), 1<<20); r.Context().Err() == nil; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, patience, 200, ""},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, patience, 307, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := nettest.Handle(t, tt.handler)
			forward, err := newForwarder("--to", server.URL, tt.timeout)
			require.NoError(t, err)
			status, answer, err := forward.post(t.Context(), []byte("{}"), "x", http.Header{})
			require.Equal(t, tt.status, status)
			require.LessOrEqual(t, len(answer), maxAnswer)
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.err)
		})
	}
}
