package clienttest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// Fixture is the recorded payload testdata/name.json of the repository.
func Fixture(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root(t), "testdata", name+".json"))
	require.NoError(t, err)
	return string(raw)
}

// root is the directory of the repository, found from the directory of the package under test.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		require.NotEqual(t, dir, above, "no go.work above the test's directory")
		dir = above
	}
}

// Endpoint is one method of one service and what it must put on the wire.
type Endpoint struct {
	Name         string
	Call         func(context.Context, *djamo.Client) (any, error)
	Method, Path string // the path below the base URL, with the query
	Body         string // JSON; "" for none
	Answer       string
	Check        func(t *testing.T, got any)
}

const otherMSISDN = "+22507XXXXXX00"

var (
	RecordedPayment = djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "17f99xApUe472A", Description: "Salaire de juin"}
	aPage           = djamo.ListParams{Cursor: "c/1=", Limit: 7}
)

func Endpoints(t *testing.T) []Endpoint {
	t.Helper()
	// The documentation's answers are to other requests than the ones beside them: other ids, another amount and payee.
	paid := func(name string) string {
		return strings.NewReplacer(`"amount": 500000`, `"amount": 50000`, otherMSISDN, "+22507XXXXXX23").Replace(Fixture(t, name))
	}
	bearing := func(id, answer string) string {
		return regexp.MustCompile(`"id": *"[^"]*"`).ReplaceAllString(answer, `"id":"`+id+`"`)
	}
	request := func(name string) string { return strings.ReplaceAll(Fixture(t, name), otherMSISDN, "+2250748710523") }
	subCompany := func(t *testing.T, got any) {
		t.Helper()
		require.Equal(t, "Chocolate Factory", got.(*djamo.SubCompany).Name)
		require.True(t, got.(*djamo.SubCompany).IsActive)
	}
	const charge = `{"id":"ch_1","externalId":"12182912","status":"due","amount":10000,"currency":"XOF","due":10000,"paid":0,"refunded":0,"fees":100,` +
		`"paymentUrl":"https://pay.example/1","metadata":{"purchaseReference":"00DDAAEESDS"},"transactions":[],"createdAt":"20250128T083908.249Z"}`
	isCharge := func(t *testing.T, got any) {
		t.Helper()
		c := got.(*djamo.Charge)
		require.Equal(t, djamo.XOF(10_000), c.Amount)
		require.Equal(t, djamo.ChargeDue, c.Status)
		require.JSONEq(t, `{"purchaseReference":"00DDAAEESDS"}`, string(c.Metadata))
		require.Equal(t, 2025, c.CreatedAt.Year())
	}
	const endpoint = `{"id":"wh_1","topic":"transactions/started","url":"https://myapp.com/webhooks/djamo_transfers","createdAt":"2020-11-24T17:43:15.970Z"}`
	pageOf := func(data string) string {
		return `{"count":1,"limit":7,"cursor":{"prev":null,"next":"n"},"data":[` + data + `]}`
	}
	return []Endpoint{
		{"Transactions.Create", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Transactions.Create(ctx, RecordedPayment)
		},
			"POST", "/v1/transactions", request("transaction_create_request"), paid("transaction_create_response"), func(t *testing.T, got any) {
				tx := got.(*djamo.Transaction)
				require.Equal(t, "txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231", tx.ID)
				require.Equal(t, djamo.XOF(505_000), tx.TotalAmount)
				require.Equal(t, djamo.TransactionPending, tx.Status)
				require.Equal(t, djamo.TransactionTransfer, tx.Type)
				require.Equal(t, 970, tx.CreatedAt.Nanosecond()/1e6)
			}},
		{"Transactions.Create for a sub-company", func(ctx context.Context, c *djamo.Client) (any, error) {
			p := RecordedPayment
			p.SubCompanyID = "subco_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231"
			return c.Transactions.Create(ctx, p)
		}, "POST", "/v1/transactions", request("transaction_create_subcompany_request"), paid("transaction_create_subcompany_response"), func(t *testing.T, got any) {
			require.Equal(t, "subco_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231", got.(*djamo.Transaction).SubCompanyID)
		}},
		{"Transactions.Get", func(ctx context.Context, c *djamo.Client) (any, error) { return c.Transactions.Get(ctx, "txn 1") },
			"GET", "/v1/transactions/txn%201", "", bearing("txn 1", Fixture(t, "transaction_get_response")), func(t *testing.T, got any) {
				tx := got.(*djamo.Transaction)
				require.Equal(t, djamo.TransactionCompleted, tx.Status)
				require.Equal(t, "+225079932203", tx.MSISDN.E164())
				require.Empty(t, tx.FailureReason)
				require.NotEmpty(t, tx.BatchID)
			}},
		{"Transactions.GetByReference", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Transactions.GetByReference(ctx, "a/b&c=d e")
		}, "GET", "/v1/transactions?reference=a%2Fb%26c%3Dd+e", "", pageOf(`{"id":"txn_1","reference":"a/b&c=d e","amount":5}`), func(t *testing.T, got any) {
			require.Equal(t, djamo.XOF(5), got.(*djamo.Transaction).Amount)
		}},
		{"Transactions.ListPage", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Transactions.ListPage(ctx, djamo.TransactionListParams(aPage))
		}, "GET", "/v1/transactions?cursor=c%2F1%3D&limit=7", "", pageOf(Fixture(t, "transaction_get_response")), func(t *testing.T, got any) {
			page := got.(*djamo.Page[djamo.Transaction])
			require.Equal(t, "n", page.Cursor.Next)
			require.Equal(t, djamo.XOF(5_050), page.Data[0].TotalAmount)
		}},
		{"Batches.Create", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Batches.Create(ctx, BatchParams(""))
		}, "POST", "/v1/transactions/batch", batchRequest(t, "batch_create_request"), Fixture(t, "batch_create_response"), func(t *testing.T, got any) {
			b := got.(*djamo.Batch)
			require.Equal(t, djamo.BatchProcessing, b.Status)
			require.Equal(t, djamo.XOF(8_300), b.TotalAmount)
			require.Len(t, b.Transactions, 2)
			require.Equal(t, djamo.XOF(434_300), b.Transactions[1].TotalAmount)
		}},
		{"Batches.Create for a sub-company", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Batches.Create(ctx, BatchParams("subco_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231"))
		}, "POST", "/v1/transactions/batch", batchRequest(t, "batch_create_subcompany_request"), Fixture(t, "batch_create_subcompany_response"), func(t *testing.T, got any) {
			require.Equal(t, "subco_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231", got.(*djamo.Batch).SubCompanyID)
		}},
		{"Customers.Check", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: "+2250748710523", SubCompanyID: "subco_1"})
		}, "GET", "/v1/transactions/customers/check?msisdn=%2B2250748710523&subCompanyId=subco_1", "", Fixture(t, "customer_check_response"), func(t *testing.T, got any) {
			require.Equal(t, &djamo.CustomerCheck{HasAccount: true}, got)
		}},
		{"Customers.Check in the older form", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: "+221771234567"})
		}, "GET", "/v1/transactions/customers/check?msisdn=%2B221771234567", "", `{"kycStatus":"VERIFIED"}`, func(t *testing.T, got any) {
			require.Equal(t, &djamo.CustomerCheck{HasAccount: true, KYCStatus: "VERIFIED"}, got)
		}},
		{"Balance.Get", func(ctx context.Context, c *djamo.Client) (any, error) { return c.Balance.Get(ctx) },
			"GET", "/v1/balance", "", Fixture(t, "balance_response"), func(t *testing.T, got any) {
				require.Equal(t, &djamo.Balance{Balance: 1_000, Currency: "XOF"}, got)
			}},
		{"SubCompanies.Create", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.SubCompanies.Create(ctx, djamo.SubCompanyParams{Name: "Chocolate Factory", LogoURL: "https://myapp.com/assets/chocolate-factory-logo.png"})
		}, "POST", "/v1/sub-companies", Fixture(t, "subcompany_create_request"), Fixture(t, "subcompany_response"), subCompany},
		{"SubCompanies.Get", func(ctx context.Context, c *djamo.Client) (any, error) { return c.SubCompanies.Get(ctx, "subco_1") },
			"GET", "/v1/sub-companies/subco_1", "", bearing("subco_1", Fixture(t, "subcompany_response")), subCompany},
		{"SubCompanies.ListPage", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.SubCompanies.ListPage(ctx, djamo.SubCompanyListParams(aPage))
		}, "GET", "/v1/sub-companies?cursor=c%2F1%3D&limit=7", "", Fixture(t, "subcompany_list_response"), func(t *testing.T, got any) {
			require.Equal(t, "bmV4dF9fXzE2Nzg4OTg4MzA2MjA=", got.(*djamo.Page[djamo.SubCompany]).Cursor.Next)
		}},
		{"SubCompanies.Update", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.SubCompanies.Update(ctx, "subco_1", djamo.SubCompanyUpdateParams{Name: "Swiss Chocolate Factory", IsActive: new(false)})
		}, "PUT", "/v1/sub-companies/subco_1", Fixture(t, "subcompany_update_request"), bearing("subco_1", Fixture(t, "subcompany_response")), subCompany},
		{"SubCompanies.Activate", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.SubCompanies.Activate(ctx, "subco_1")
		},
			"PUT", "/v1/sub-companies/subco_1", `{"isActive":true}`, bearing("subco_1", Fixture(t, "subcompany_response")), subCompany},
		{"SubCompanies.Deactivate", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.SubCompanies.Deactivate(ctx, "subco_1")
		}, "PUT", "/v1/sub-companies/subco_1", `{"isActive":false}`, bearing("subco_1", Fixture(t, "subcompany_response")), subCompany},
		{"Charges.Create", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Charges.Create(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: "12182912", Description: "Product purchase",
				Metadata:                  map[string]any{"purchaseReference": "00DDAAEESDS"},
				OnCanceledRedirectionURL:  "https://www.merchant.com/djamo-cancel/1744728413766",
				OnCompletedRedirectionURL: "https://www.merchant.com/djamo-success/1744728413766"})
		}, "POST", "/v1/charges", Fixture(t, "charge_create_request"), charge, isCharge},
		{"Charges.Get", func(ctx context.Context, c *djamo.Client) (any, error) { return c.Charges.Get(ctx, "ch_1") },
			"GET", "/v1/charges/ch_1", "", charge, isCharge},
		{"Charges.ListPage", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Charges.ListPage(ctx, djamo.ChargeListParams(aPage))
		}, "GET", "/v1/charges?cursor=c%2F1%3D&limit=7", "", pageOf(charge), func(t *testing.T, got any) {
			require.Equal(t, djamo.XOF(100), got.(*djamo.Page[djamo.Charge]).Data[0].Fees)
		}},
		{"Charges.Refund", func(ctx context.Context, c *djamo.Client) (any, error) { return c.Charges.Refund(ctx, "ch_1") },
			"POST", "/v1/charges/ch_1/refund", `{}`, charge, isCharge},
		{"Charges.RefundPart", func(ctx context.Context, c *djamo.Client) (any, error) { return c.Charges.RefundPart(ctx, "ch_1", 400) },
			"POST", "/v1/charges/ch_1/refund", `{"amount":400}`, charge, isCharge},
		{"Charges.Pay", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.Charges.Pay(ctx, "ch_1", djamo.ChargePayParams{})
		},
			"POST", "/v1/charges/ch_1/pay", `{}`, charge, isCharge},
		{"WebhookEndpoints.Create", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.WebhookEndpoints.Create(ctx, djamo.WebhookEndpointParams{Topic: djamo.TopicTransactionStarted, URL: "https://myapp.com/webhooks/djamo_transfers"})
		}, "POST", "/v1/webhooks", Fixture(t, "webhook_endpoint_create_request"), endpoint, func(t *testing.T, got any) {
			require.Equal(t, djamo.TopicTransactionStarted, got.(*djamo.WebhookEndpoint).Topic)
		}},
		{"WebhookEndpoints.Get", func(ctx context.Context, c *djamo.Client) (any, error) { return c.WebhookEndpoints.Get(ctx, "wh_1") },
			"GET", "/v1/webhooks/wh_1", "", endpoint, func(t *testing.T, got any) {
				require.Equal(t, "wh_1", got.(*djamo.WebhookEndpoint).ID)
			}},
		{"WebhookEndpoints.ListPage", func(ctx context.Context, c *djamo.Client) (any, error) {
			return c.WebhookEndpoints.ListPage(ctx, djamo.WebhookEndpointListParams(aPage))
		}, "GET", "/v1/webhooks?cursor=c%2F1%3D&limit=7", "", Fixture(t, "webhook_endpoint_list_response"), func(t *testing.T, got any) {
			require.Equal(t, djamo.Topic("transaction/started"), got.(*djamo.Page[djamo.WebhookEndpoint]).Data[0].Topic)
		}},
	}
}

func BatchParams(subCompany string) djamo.BatchParams {
	return djamo.BatchParams{SubCompanyID: subCompany, Transactions: []djamo.TransactionParams{
		{MSISDN: "+2250748710523", Amount: 500_000, Reference: "17f99xApUe472A", Description: "Prime de juin"},
		{MSISDN: "+2250748710524", Amount: 550_000, Reference: "12E94bDeOP209T", Description: "Prime de juin"},
	}}
}

func batchRequest(t *testing.T, name string) string {
	t.Helper()
	return strings.NewReplacer("+22507XXXXXX00", "+2250748710523", "+22507XXXXXX01", "+2250748710524").Replace(Fixture(t, name))
}
