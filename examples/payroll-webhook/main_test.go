package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, demo(t.Context(), &out))
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
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(20*time.Millisecond), djamotest.WithWebhookSecret("another secret"))
	var out bytes.Buffer
	require.NoError(t, payroll(t.Context(), newClient(t, server), salaries, 10*time.Millisecond, &out))
	require.NotContains(t, out.String(), "webhook", out.String())
}

func TestPayroll_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := djamotest.NewServer(t, djamotest.WithManualSettlement(), djamotest.WithWebhookSecret(webhookSecret))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := payroll(ctx, newClient(t, server), salaries, time.Minute, &bytes.Buffer{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestBoard_FinalStays(t *testing.T) {
	t.Parallel()
	b := newBoard(salaries)
	tell := func(reference string, status djamo.TransactionStatus, source string) {
		b.update(&djamo.Transaction{Reference: reference, Status: status}, source)
	}
	tell("payroll/1", djamo.TransactionCompleted, "webhook")
	tell("payroll/1", djamo.TransactionPending, "the answer")
	tell("payroll/1", djamo.TransactionFailed, "webhook")
	tell("somebody else's", djamo.TransactionFailed, "webhook")
	require.Equal(t, djamo.TransactionCompleted, b.state("payroll/1").payment.Status)
	require.Equal(t, "webhook", b.state("payroll/1").source)
	require.NoError(t, b.wait(t.Context(), nil, "payroll/1", time.Hour))
}
