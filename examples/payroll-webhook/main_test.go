package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

func TestDemo(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	var out bytes.Buffer
	require.NoError(t, demo(t.Context(), 10*time.Second, &out)) // a webhook may be slow on a busy machine
	require.Equal(t, 4, strings.Count(out.String(), "\n"), out.String())
	require.Equal(t, 3, strings.Count(out.String(), "completed, known by"), out.String())
	require.Equal(t, 2, strings.Count(out.String(), "completed, known by webhook"), out.String())
	require.Equal(t, 1, strings.Count(out.String(), "completed, known by polling"), "the webhook that was lost:\n%s", out.String())
	require.Contains(t, out.String(), "failed, known by webhook")
}

var salaries = []djamo.TransactionParams{
	{MSISDN: "+2250748710523", Amount: 350_000, Reference: "payroll/1"},
	{MSISDN: "+2250102030405", Amount: 275_000, Reference: "payroll/2"},
}

func newClient(t *testing.T, server *djamotest.Server) *djamo.Client {
	t.Helper()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	return client
}

// Without a single webhook, polling alone brings the payroll to its end.
func TestPayroll_NoWebhookComes(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(20*time.Millisecond), djamotest.WithWebhookSecret(webhookSecret))
	_, err := server.Inject(djamotest.DropWebhook())
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, payroll(t.Context(), newClient(t, server), salaries, 10*time.Millisecond, &out))
	require.Equal(t, 2, strings.Count(out.String(), "completed, known by polling"), out.String())
	server.AssertPaidOnce(t, "payroll/1", "payroll/2")
}

// Webhooks signed with another secret change nothing: what counts is learned by asking.
func TestPayroll_ForgedWebhooksAreNotBelieved(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(20*time.Millisecond), djamotest.WithWebhookSecret("another secret"))
	var out bytes.Buffer
	require.NoError(t, payroll(t.Context(), newClient(t, server), salaries, 10*time.Millisecond, &out))
	require.NotContains(t, out.String(), "webhook", out.String())
}

func TestPayroll_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	server := djamotest.NewServer(t, djamotest.WithManualSettlement(), djamotest.WithWebhookSecret(webhookSecret))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := payroll(ctx, newClient(t, server), salaries, time.Minute, &bytes.Buffer{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// The board holds what djamo.Event.Stale says tells most, wherever it was learned.
func TestBoard_HoldsWhatTellsMost(t *testing.T) {
	t.Parallel()
	type tell struct {
		status djamo.TransactionStatus
		second int
		source string
	}
	for name, tt := range map[string]struct {
		told   []tell
		status djamo.TransactionStatus
		source string
	}{
		"the answer is overtaken":  {[]tell{{"completed", 2, "webhook"}, {"pending", 1, "the answer"}}, "completed", "webhook"},
		"a late start":             {[]tell{{"completed", 2, "webhook"}, {"pending", 3, "webhook"}}, "completed", "webhook"},
		"a correction":             {[]tell{{"failed", 1, "webhook"}, {"completed", 2, "polling"}}, "completed", "polling"},
		"what was corrected, late": {[]tell{{"completed", 2, "polling"}, {"failed", 1, "webhook"}}, "completed", "polling"},
		"pending goes not back":    {[]tell{{"pending", 5, "webhook"}, {"pending", 1, "the answer"}, {"completed", 6, "webhook"}, {"completed", 6, "polling"}}, "completed", "webhook"},
		"an unknown status":        {[]tell{{"pending", 1, "the answer"}, {"held", 2, "webhook"}, {"completed", 3, "webhook"}, {"pending", 4, "polling"}}, "completed", "webhook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(salaries)
			update := func(reference string, said tell) {
				at := djamo.Timestamp{Time: time.Date(2026, 6, 30, 8, 0, said.second, 0, time.UTC)}
				require.NoError(t, b.update(&djamo.Transaction{ID: "txn of " + reference, Reference: reference, Status: said.status, UpdatedAt: at}, said.source))
			}
			for _, said := range tt.told {
				update("payroll/1", said)
				update("somebody else's", said)
			}
			require.Equal(t, tt.status, b.state("payroll/1").payment.Status)
			require.Equal(t, tt.source, b.state("payroll/1").source)
			require.NoError(t, b.wait(t.Context(), nil, "payroll/1", time.Hour))
		})
	}
}
