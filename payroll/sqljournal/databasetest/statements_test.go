package databasetest_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// pageCounter counts the pages of transactions that are read.
type pageCounter struct {
	http.RoundTripper

	pages atomic.Int64
}

func (c *pageCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/transactions") {
		c.pages.Add(1)
	}
	return c.RoundTripper.RoundTrip(r)
}

// What a payout costs does not show in a test's time, which machines differ in, but in how often the database and the API
// are asked: a whole run in batches takes a few statements for each hundred payouts, and a page for as many outcomes.
func TestRun_StatementsPerPayoutAndPagesPerOutcome(t *testing.T) {
	t.Parallel()
	const payouts = 2_000
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			w := &wire{}
			journal, err := sqljournal.Open(t.Context(), w.over(t, place.driver, place.dsn(t)), place.dialect, "june")
			require.NoError(t, err)
			defer func() { require.NoError(t, journal.Close()) }()
			server := djamotest.NewServer(t, djamotest.WithSettleAfter(0), djamotest.WithBalance(1<<50))
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			counter := &pageCounter{RoundTripper: transport}
			client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{Transport: counter}))
			require.NoError(t, err)

			runner := payroll.Runner{Client: client, Journal: journal, PollMin: time.Millisecond, Lease: long}
			totals, err := runner.Run(t.Context(), planOf(t, payouts))
			require.NoError(t, err)
			require.True(t, totals.AllCompleted())

			statements := len(w.calls)
			t.Logf("%d statements and %d pages for %d payouts", statements, counter.pages.Load(), payouts)
			require.Less(t, statements, payouts*3/10, "statements of the whole run")
			require.LessOrEqual(t, counter.pages.Load(), int64(payouts/100*3/2+10), "pages: those of the outcomes, which overlap, and a few to begin with")
		})
	}
}

// Acceptances and outcomes of many payouts are written by a few statements, whatever the API has said of each.
func TestAdvance_WritesManyPayoutsByFewStatements(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			w := &wire{}
			journal, err := sqljournal.Open(t.Context(), w.over(t, place.driver, place.dsn(t)), place.dialect, "june")
			require.NoError(t, err)
			defer func() { require.NoError(t, journal.Close()) }()
			payouts, lease := planned(t, journal, 512)
			for _, step := range []struct {
				to   payroll.State
				most int
			}{{payroll.Submitting, 8}, {payroll.Submitted, 16}, {payroll.Completed, 16}} {
				changes := make([]payroll.Change, len(payouts))
				for i := range payouts {
					p := &payouts[i]
					from := p.State
					p.State = step.to
					if step.to != payroll.Submitting {
						p.TransactionID, p.Fee, p.SentAt = "of "+p.Reference, djamo.XOF(i), time.Unix(int64(i), 0)
					}
					changes[i] = payroll.Change{From: from, Payout: *p}
				}
				before := len(w.calls)
				require.NoError(t, journal.Advance(t.Context(), lease, changes...))
				require.LessOrEqual(t, len(w.calls)-before, step.most, "to %s: %v", step.to, w.calls[before:])
			}
		})
	}
}

// A claim of many payouts that were just read writes one row in a file, and reads none of theirs.
func TestAdvance_ClaimsManyPayoutsByOneRow(t *testing.T) {
	t.Parallel()
	w := &wire{}
	journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", filepath.Join(t.TempDir(), "journal.db")), sqljournal.SQLite, "june")
	require.NoError(t, err)
	defer func() { require.NoError(t, journal.Close()) }()
	_, lease := planned(t, journal, 512)
	payouts, err := journal.Payouts(t.Context(), 0, 512, payroll.Planned)
	require.NoError(t, err)
	claims := make([]payroll.Change, len(payouts))
	for i, p := range payouts {
		claims[i] = to(p, payroll.Submitting)
	}
	before := len(w.calls)
	require.NoError(t, journal.Advance(t.Context(), lease, claims...))
	made := 0
	for _, query := range w.calls[before:] {
		require.NotContains(t, query, "djamo_payroll_payouts")
		if strings.HasPrefix(query, "INSERT INTO djamo_payroll_claims") {
			made++
		}
	}
	require.Equal(t, 1, made)

	payouts[100].Reference = payouts[101].Reference // nobody has read it so
	require.ErrorIs(t, journal.Advance(t.Context(), lease, to(payouts[100], payroll.Submitting)), payroll.ErrLeaseLost)
	require.Equal(t, int64(512), count(t, journal, payroll.Submitting))
}
