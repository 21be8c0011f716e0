// Command payroll-webhook pays salaries and learns from webhooks what became of them. Where a webhook does not come in
// time it asks: a delivery can be lost, and the receiver can be down when it comes.
//
//	go run ./examples/payroll-webhook
//
// It runs against an embedded API, which loses a webhook and repeats another: no account is needed and no money moves.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

const webhookSecret = "the secret of this demonstration" // yours comes from DJAMO_WEBHOOK_SECRET

func main() {
	if err := demo(context.Background(), time.Second, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// demo is a payroll against an API in this process. Patience is how long a webhook is waited for.
func demo(ctx context.Context, patience time.Duration, out io.Writer) error {
	server, err := djamotest.Start(djamotest.WithSettleAfter(300*time.Millisecond), djamotest.WithWebhookSecret(webhookSecret))
	if err != nil {
		return err
	}
	defer server.Close()
	_, drop := server.Inject(djamotest.DropWebhook(), djamotest.OneShot(), djamotest.On(string(djamo.TopicTransactionCompleted)))
	_, repeat := server.Inject(djamotest.DuplicateWebhook(), djamotest.On(string(djamo.TopicTransactionStarted)))
	if err := errors.Join(drop, repeat, server.Fail("+2250504998811", "Recipient account blocked")); err != nil {
		return err
	}
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	if err != nil {
		return err
	}
	return payroll(ctx, client, []djamo.TransactionParams{
		{MSISDN: "+2250748710523", Amount: 350_000, Reference: "payroll-2026-06/0001", Description: "Salaire de juin"},
		{MSISDN: "+2250102030405", Amount: 275_000, Reference: "payroll-2026-06/0002", Description: "Salaire de juin"},
		{MSISDN: "+2250504998811", Amount: 410_000, Reference: "payroll-2026-06/0003", Description: "Salaire de juin"},
		{MSISDN: "+2250707111213", Amount: 298_500, Reference: "payroll-2026-06/0004", Description: "Salaire de juin"},
	}, patience, out)
}

// payroll pays, waits until every payment is final, and reports. Patience is how long a webhook is waited for.
func payroll(ctx context.Context, client *djamo.Client, salaries []djamo.TransactionParams, patience time.Duration, out io.Writer) error {
	known := newBoard(salaries)
	stop, err := listen(ctx, client, known)
	if err != nil {
		return err
	}
	defer stop()
	for _, salary := range salaries {
		sent, err := client.Transactions.Create(ctx, salary)
		if err != nil {
			return fmt.Errorf("%s: %w", salary.Reference, err)
		}
		if err := known.update(sent, "the answer"); err != nil {
			return fmt.Errorf("%s: %w", salary.Reference, err)
		}
	}
	for _, salary := range salaries {
		if err := known.wait(ctx, client, salary.Reference, patience); err != nil {
			return fmt.Errorf("%s: %w", salary.Reference, err)
		}
	}
	for _, salary := range salaries {
		state := known.state(salary.Reference)
		fmt.Fprintf(out, "%s %s: %s, known by %s\n", salary.Reference, salary.Amount, state.payment.Status, state.source)
	}
	return nil
}

// listen receives webhooks until stop is called, and tells Djamo where.
func listen(ctx context.Context, client *djamo.Client, known *board) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	heard := func(_ context.Context, payment *djamo.Transaction) error {
		return known.update(payment, "webhook")
	}
	receiver := &djamo.WebhookHandler{
		Secrets:                []string{webhookSecret},
		OnTransactionStarted:   heard,
		OnTransactionCompleted: heard,
		OnTransactionFailed:    heard,
		Logger:                 slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	server := &http.Server{Handler: receiver, ReadHeaderTimeout: 5 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	stop = func() {
		_ = server.Close()
		serving.Wait()
	}
	for _, topic := range []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicTransactionCompleted, djamo.TopicTransactionFailed} {
		_, err := client.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: topic, URL: "http://" + listener.Addr().String()})
		if err != nil {
			stop()
			return nil, err
		}
	}
	return stop, nil
}
