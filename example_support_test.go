package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// Parameters and errors log themselves without whole phone numbers; an error of the API brings the correlation id that
// Djamo's support asks for.
func ExampleError_LogValue() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	payment := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "invoice-122"}
	// what the API answered; in a program it comes from client.Transactions.Create(ctx, payment)
	err := fmt.Errorf("paying an invoice: %w", &djamo.Error{Method: "POST", Path: "/v1/transactions", StatusCode: 422,
		Messages: []string{"insufficient balance"}, CorrelationID: "34f66c14821e8ba0e2d7749406c06081"})

	logger.Info("sending", "payment", payment)
	if refused, ok := errors.AsType[*djamo.Error](err); ok { // slog asks an error for its parts only when it is not wrapped
		logger.Error("refused", "reference", payment.Reference, "api", refused)
	}
	// Output:
	// level=INFO msg=sending payment.reference=invoice-122 payment.amount=50000 payment.msisdn=+22507******23
	// level=ERROR msg=refused reference=invoice-122 api.method=POST api.path=/v1/transactions api.status=422 api.message="insufficient balance" api.correlation_id=34f66c14821e8ba0e2d7749406c06081
}

// withoutTime keeps the output of an example the same at all times.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// The firewall in front of the API turned the caller's address away. No other token helps, and no retry.
func ExampleErrorCode() {
	server, client := sandbox()
	defer server.Close()
	if _, err := server.Inject(djamotest.Blocked()); err != nil {
		log.Fatal(err)
	}

	_, err := client.Balance.Get(context.Background())
	fmt.Println(errors.Is(err, djamo.ErrBlocked), errors.Is(err, djamo.ErrForbidden), errors.Is(err, djamo.ErrUnauthorized))
	fmt.Println(err)
	// Output:
	// true false false
	// djamo: GET /v1/balance: 403 Forbidden: the firewall in front of the API refused this IP address; the token is not at fault, ask Djamo to allow the address
}
