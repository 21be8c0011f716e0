package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/crashtest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// process is a night in a process of its own, which is killed at a call to the database, the gateway or the ERP.
type process struct {
	Database, Gateway, ERP, Code string
	Later                        time.Duration // since midnight
	At                           int64
	After                        bool
	Count                        string // file for the number of calls that a night makes; empty: none
}

// TestMain lets the test binary be such a process.
func TestMain(m *testing.M) {
	var p process
	work := func() error { return p.run() } //nolint:gocritic // p.run would be bound before p is read
	os.Exit(crashtest.Main(&p, work, func() int { return leaktest.Main(m) }))
}

func (p process) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	calls := &crashtest.Calls{At: p.At, After: p.After}
	n := &night{
		out: io.Discard, now: func() time.Time { return midnight().Add(p.Later) }, url: p.Gateway, erp: p.ERP, http: &http.Client{Transport: calls},
		db: calls.Open("sqlite", address(p.Database)), events: receive, send: 5 * time.Second,
		check: func(*mycac.WholeStatement) error { return nil }, // the parent compares
		code:  func(ctx context.Context) (string, error) { return get(ctx, p.Code) },
	}
	defer n.db.Close()
	if err := n.run(ctx); err != nil {
		return err
	}
	if p.Count == "" {
		return nil
	}
	return os.WriteFile(p.Count, []byte(strconv.FormatInt(calls.Made(), 10)), 0o600)
}

func get(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// receive hands the handler what CACPAY sends, twice.
func receive(ctx context.Context, handler http.Handler) error {
	for _, event := range cacpayEvents() {
		body, err := json.Marshal(event)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, []byte(cacpaySecret))
		mac.Write(body)
		for range 2 {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/hooks/cacpay", bytes.NewReader(body))
			r.Header.Set("X-Signature", "hmac-sha256="+hex.EncodeToString(mac.Sum(nil)))
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != http.StatusNoContent {
				return fmt.Errorf("CACPAY was answered %d", w.Code)
			}
		}
	}
	return nil
}

// world is what outlives a process.
type world struct {
	gateway *gatewaytest.MyCAC
	erp     *erp
	process process
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{gateway: newGateway(seed, 3), erp: &erp{}}
	for _, account := range accounts() { // each session may end, and each statement lose a line
		w.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.LostLine, Wallet: account})
	}
	w.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ExpiredToken, Wallet: accounts()[1], After: 1})
	start := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	w.process = process{
		Database: filepath.Join(t.TempDir(), "nightly.db"), Gateway: start(w.gateway), ERP: start(w.erp),
		Code: start(http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
			_, code := w.gateway.Messages("amina")
			_, _ = io.WriteString(to, code)
		})),
	}
	return w
}

// check looks at everything after a night that was finished.
func (w *world) check(t *testing.T) {
	t.Helper()
	require.NoError(t, w.erp.agrees(w.gateway, io.Discard))
	var paid []string
	for _, p := range w.gateway.Salaries().Payments() {
		paid = append(paid, p.Reference+" "+p.Amount+" "+p.Status)
	}
	require.Equal(t, []string{"E-1 145000 paid", "E-2 120000 paid", "E-3 135000 paid"}, paid)

	db, err := sql.Open("sqlite", address(w.process.Database))
	require.NoError(t, err)
	defer db.Close()
	outbox, err := books.Open(t.Context(), db, books.SQLite)
	require.NoError(t, err)
	totals, err := outbox.Totals(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[books.State]int64{books.Done: int64(len(w.erp.booked))}, totals)
	log, err := audit.Existing(t.Context(), db, audit.SQLite)
	require.NoError(t, err)
	report, err := log.Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, report.Faults)
	require.EqualValues(t, len(accounts()), report.Chains)
	journal, err := mycac.OpenJournal(t.Context(), db, mycac.SQLite)
	require.NoError(t, err)
	defer journal.Close()
	day, err := journal.Settle(t.Context(), wallet.Date{Year: 2026, Month: time.May, Day: 9}, mycac.CACPAYDecoder{})
	require.NoError(t, err)
	require.Len(t, day.Totals, 1)
	require.Equal(t, []int64{5500, 200, 5300}, []int64{day.Totals[0].Gross.Minor, day.Totals[0].Refunds.Minor, day.Totals[0].Net.Minor})
	require.Len(t, day.SetAside, 1)
}

// Whatever call a night is killed at, before it is made or when it has returned: the next process finishes it. The books are
// complete and nothing is in them twice, the salaries are paid once by a bank that would take a file twice, the settlement is the
// same, and the audit log is whole. With DJAMO_TEST_FULL=1 it is killed at every call.
func TestNight_KilledAnywhere(t *testing.T) {
	t.Parallel()
	const seed = 19
	whole := newWorld(t, seed)
	whole.process.Count = filepath.Join(t.TempDir(), "calls")
	require.False(t, crashtest.Run(t, whole.process))
	whole.check(t)
	text, err := os.ReadFile(whole.process.Count)
	require.NoError(t, err)
	calls, err := strconv.ParseInt(string(text), 10, 64)
	require.NoError(t, err)
	require.Greater(t, calls, int64(200))

	var points []process
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		for at := range calls {
			points = append(points, process{At: at + 1}, process{At: at + 1, After: true})
		}
	} else {
		const count = 6
		random := rand.New(rand.NewPCG(seed, 19))
		for i := range int64(count) {
			points = append(points, process{At: 1 + i*calls/count + random.Int64N(calls/count), After: random.IntN(2) == 0})
		}
	}
	t.Logf("killed at %d of %d calls", len(points), calls)
	var died atomic.Int64
	t.Cleanup(func() { require.Positive(t, died.Load(), "no night was killed") })
	for _, point := range points {
		t.Run(fmt.Sprintf("call %d, after %t", point.At, point.After), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			killed := w.process
			killed.At, killed.After = point.At, point.After
			if !crashtest.Run(t, killed) { // a night of a machine that is less busy may have fewer calls: it waits less
				w.check(t)
				return
			}
			died.Add(1)
			w.process.Later = 2 * time.Minute // a posting that was under way is taken up again after a minute
			require.False(t, crashtest.Run(t, w.process))
			w.check(t)
		})
	}
}

// A session may end at any call of a statement, also at its balance: it is begun anew.
func TestNight_SessionEndsAtAnyRead(t *testing.T) {
	t.Parallel()
	for after := range 4 {
		t.Run(fmt.Sprintf("after %d reads", after), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 19)
			w.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ExpiredToken, Wallet: accounts()[2], After: after})
			require.False(t, crashtest.Run(t, w.process))
			w.check(t)
		})
	}
}
