package djamo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

func ExampleNewClientFromEnv() {
	server, _ := sandbox()
	defer server.Close()
	for name, value := range map[string]string{djamo.EnvAccessToken: server.Token, djamo.EnvAPIURL: server.URL, djamo.EnvCompanyID: server.CompanyID} {
		if err := os.Setenv(name, value); err != nil {
			log.Fatal(err)
		}
		defer os.Unsetenv(name)
	}

	client, err := djamo.NewClientFromEnv() // DJAMO_ACCESS_TOKEN, DJAMO_API_URL, DJAMO_COMPANY_ID
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Balance.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(balance.Currency)
	// Output: XOF
}

func ExampleClient_Clone() {
	server, client := sandbox()
	defer server.Close()

	patient, err := client.Clone(
		djamo.WithTimeout(time.Minute),
		djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 8, QuietPeriod: 5 * time.Second}))
	if err != nil {
		log.Fatal(err)
	}
	balance, err := patient.Balance.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(int64(balance.Balance))
	// Output: 100000000
}

func ExampleWithLogger() {
	server, client := sandbox()
	defer server.Close()

	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug, // successes are debug records, trouble is a warning
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{} // so that the output below is always the same
			}
			return a
		},
	}))
	client, err := client.Clone(djamo.WithLogger(logger))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Customers.Check(context.Background(), djamo.CustomerCheckParams{MSISDN: "+2250748710523"})
	if err != nil {
		log.Fatal(err)
	}
	// Output: level=DEBUG msg="djamo: request" method=GET path=/v1/transactions/customers/check status=200 attempt=1
}

func ExampleWithLimits() {
	server, client := sandbox()
	defer server.Close()

	client, err := client.Clone(djamo.WithLimits(djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 5_000_000, Reference: "payroll-2026-06/0042"})
	if refused, ok := errors.AsType[*djamo.ValidationError](err); ok {
		fmt.Println("nothing was sent:", refused)
	}
	// Output: nothing was sent: djamo: amount: must be at most 500000, the maximum set with WithLimits, got 5000000
}

func ExampleWithResponse() {
	server, client := sandbox()
	defer server.Close()

	var response djamo.Response
	_, err := client.Balance.Get(context.Background(), djamo.WithResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.StatusCode, response.Header.Get("Content-Type"), response.Attempts)
	// Output: 200 application/json; charset=utf-8 1
}

// stamped is middleware: any http.RoundTripper fits, such as those of tracing libraries.
type stamped struct{ next http.RoundTripper }

func (s stamped) RoundTrip(req *http.Request) (*http.Response, error) {
	fmt.Println(req.Method, req.URL.Path)
	return s.next.RoundTrip(req)
}

func ExampleWithHTTPClient() {
	server, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL),
		djamo.WithHTTPClient(&http.Client{Transport: stamped{http.DefaultTransport}}))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Balance.Get(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: GET /v1/balance
}

func ExampleTransactionService_ListPage() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	for i := range 3 {
		_, err := client.Transactions.Create(ctx, djamo.TransactionParams{
			MSISDN: "+2250748710523", Amount: 10_000, Reference: fmt.Sprintf("invoice/%d", i)})
		if err != nil {
			log.Fatal(err)
		}
	}

	page, err := client.Transactions.ListPage(ctx, djamo.TransactionListParams{Limit: 2})
	if err != nil {
		log.Fatal(err)
	}
	stored := page.Cursor.Next // on disk, say, until the next run
	rest, err := client.Transactions.ListPage(ctx, djamo.TransactionListParams{Limit: 2, Cursor: stored})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Data), len(rest.Data), rest.Cursor.Next == "")
	// Output: 2 1 true
}

func ExampleTransactionService_Wait() {
	server, client := sandbox(djamotest.WithCustomers("+2250748710523"))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250700000001", Amount: 10_000, Reference: "invoice/8"})
	if err != nil {
		log.Fatal(err)
	}
	payment, err = client.Transactions.Wait(ctx, payment.ID, djamo.WaitParams{MaxInterval: 5 * time.Second})
	switch {
	case err != nil:
		log.Fatal(err) // the wait ended: the payment stands where it stood
	case payment.Status == djamo.TransactionFailed:
		fmt.Println("not paid:", payment.FailureReason != "")
	case payment.Status == djamo.TransactionCompleted:
		fmt.Println("paid")
	}
	// Output: not paid: true
}

func ExampleSubCompanyService_Create() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()

	factory, err := client.SubCompanies.Create(ctx, djamo.SubCompanyParams{
		Name: "Chocolate Factory", LogoURL: "https://myapp.example/logo.png"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Transactions.Create(ctx, djamo.TransactionParams{
		MSISDN: "+2250748710523", Amount: 10_000, Reference: "invoice/9",
		SubCompanyID: factory.ID, // the payee sees its name and logo
	})
	if err != nil {
		log.Fatal(err)
	}
	for company, err := range client.SubCompanies.List(ctx, djamo.SubCompanyListParams{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(company.Name, company.IsActive)
	}
	// Output: Chocolate Factory true
}

func ExampleChargeService_Refund() {
	server, client := sandbox()
	defer server.Close()
	ctx := context.Background()
	charge, err := client.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "order-8"})
	if err != nil {
		log.Fatal(err)
	}
	if charge, err = client.Charges.Pay(ctx, charge.ID, djamo.ChargePayParams{}); err != nil {
		log.Fatal(err)
	}

	refunded, err := client.Charges.Refund(ctx, charge.ID)
	if errors.Is(err, djamo.ErrOutcomeUnknown) {
		refunded, err = client.Charges.Get(ctx, charge.ID) // its Refunded says what became of it
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(refunded.Status, int64(refunded.Refunded))
	// Output: refunded 10000
}

func ExampleClient_String() {
	client, err := djamo.NewClient("at_your_token", djamo.WithBaseURL("https://proxy.example/djamo/"))
	if err != nil {
		log.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v", client, client, client)
	fmt.Println(strings.Contains(text, "at_your_token"))
	_, _ = io.WriteString(os.Stdout, client.String())
	// Output:
	// false
	// djamo.Client(https://proxy.example/djamo)
}
