package openapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

const mycacFile = "djamo-mycac.openapi.yaml"

// putLists gives an account an entry in each of its lists.
func putLists(gateway *gatewaytest.MyCAC, account string) {
	amount := json.Number("-60000.00")
	gateway.Put(gatewaytest.StandingOrders, account, map[string]any{
		"order_id": "SO-1", "counterparty": "Loyer Heron", "amount": amount, "frequency": "monthly", "interval": 1, "first_date": "2026-01-01",
		"next_date": "2026-05-01", "last_date": nil, "times": nil, "status": "active",
	})
	gateway.Put(gatewaytest.Loans, account, map[string]any{
		"loan_id": "L-1", "principal": json.Number("600000.00"), "outstanding": json.Number("240000.00"), "instalment": amount,
		"frequency": "monthly", "next_due": "2026-05-05", "last_due": "2026-08-05", "remaining": 4, "status": "active",
		"schedule": []map[string]any{{"due": "2026-05-05", "amount": amount, "status": "due"}},
	})
	gateway.Put(gatewaytest.WalletLedger, account, map[string]any{
		"entry_id": "W-1", "wallet_id": "WAL-1", "value_date": "2026-04-02", "amount": amount, "type": "transfer", "balance_after": amount,
	})
	gateway.Put(gatewaytest.Bills, account, map[string]any{
		"bill_id": "B-1", "biller": "EDD", "reference": "F-77", "amount": json.Number("12500.00"), "due_date": "2026-05-20", "status": "due",
	})
	gateway.Put(gatewaytest.CrossBorder, account, map[string]any{
		"confirmation_id": "X-1", "tx_id": "TX-1", "amount": amount, "counter_amount": json.Number("336.70"), "counter_currency": "USD",
		"rate": json.Number("0.0056"), "country": "AE", "status": "confirmed", "confirmed_at": "2026-04-02T10:00:00Z",
	})
}

func readAll[T any](t *testing.T, list iter.Seq2[T, error]) {
	t.Helper()
	count := 0
	for _, err := range list {
		require.NoError(t, err)
		count++
	}
	require.Positive(t, count)
}

// exchangeMyCAC makes every call of the client with the gateway in memory, and provokes its refusals.
func exchangeMyCAC(t *testing.T, i *inspector) {
	t.Helper()
	const account = "DJ81-CAC-1"
	gateway := gatewaytest.NewMyCAC(gatewaytest.MyCACOptions{Seed: 4, PageSize: 20, Balances: true})
	url, err := gateway.Start()
	require.NoError(t, err)
	defer gateway.Close()
	credentials := mycac.Credentials{Username: "amina", PasswordHash: "hash", DeviceFingerprint: "device"}
	gateway.AddHolder(gatewaytest.Holder{Username: "amina", PasswordHash: "hash", Device: "device", Accounts: []string{account}})
	gateway.AddAccount(account, "DJF", 0, 300_000)
	gateway.Live(account, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), 30)
	putLists(gateway, account)
	client, err := mycac.NewClient(mycac.Options{
		URL: url, HTTPClient: &http.Client{Transport: i}, MaxAttempts: 1,
		StepUp: func(_ context.Context, r mycac.StepUpRequest) (string, error) {
			return gatewaytest.DeviceProof("device", r.Nonce), nil
		},
	})
	require.NoError(t, err)
	begin := func() *mycac.Session {
		challenge, err := client.Login(t.Context(), credentials)
		require.NoError(t, err)
		_, code := gateway.Messages("amina")
		_, err = challenge.Confirm(t.Context(), strings.Repeat("0", 10))
		require.ErrorIs(t, err, mycac.ErrWrongOTP)
		session, err := challenge.Confirm(t.Context(), code)
		require.NoError(t, err)
		return session
	}
	session := begin()
	april := mycac.StatementParams{
		AccountID: account, From: wallet.Date{Year: 2026, Month: 4, Day: 1}, To: wallet.Date{Year: 2026, Month: 4, Day: 30},
	}
	gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked})
	whole, err := session.ReadStatement(t.Context(), april)
	require.NoError(t, err)
	require.True(t, whole.OpeningSet && whole.ClosingSet)
	_, err = session.Balance(t.Context(), account)
	require.NoError(t, err)
	params := mycac.ListParams{AccountID: account, From: april.From, To: april.To}
	readAll(t, session.StandingOrders(t.Context(), params))
	readAll(t, session.Loans(t.Context(), params))
	readAll(t, session.WalletLedger(t.Context(), params))
	readAll(t, session.Bills(t.Context(), params))
	readAll(t, session.CrossBorder(t.Context(), params))
	exchangeSalaries(t, gateway, session)
	for kind, want := range map[gatewaytest.FaultKind]error{
		gatewaytest.ServerError: nil, gatewaytest.RateLimit: mycac.ErrRateLimited, gatewaytest.ExpiredToken: mycac.ErrSessionOver,
	} {
		session := begin()
		gateway.Inject(gatewaytest.Fault{Kind: kind})
		_, err := session.Balance(t.Context(), account)
		require.Error(t, err)
		if want != nil {
			require.ErrorIs(t, err, want)
		}
	}
	challenge, err := client.Login(t.Context(), credentials)
	require.NoError(t, err)
	gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.OTPLockOut})
	_, err = challenge.Confirm(t.Context(), "123456")
	require.ErrorIs(t, err, mycac.ErrLocked)
	_, err = client.Login(t.Context(), credentials)
	require.ErrorIs(t, err, mycac.ErrLocked)
}

// exchangeSalaries submits salaries, once more, and follows them to their end.
func exchangeSalaries(t *testing.T, gateway *gatewaytest.MyCAC, session *mycac.Session) {
	t.Helper()
	plan, err := mycac.ReadSalaries(strings.NewReader(`{"reference": "salaries-2026-11", "account": "DJ81-CAC-1", "currency": "DJF", "entries": [
		{"reference": "E-1", "name": "Awa Example", "iban": "DJ2100010000000154000100186", "amount": 145000},
		{"reference": "E-2", "name": "Omar Example", "phone": "+25377810234", "amount": 120000}]}`), mycac.SalaryOptions{})
	require.NoError(t, err)
	var content bytes.Buffer
	require.NoError(t, mycac.SalaryCSV{}.WriteFile(&content, plan))
	digest := sha256.Sum256(content.Bytes())
	file := mycac.SalaryFile{
		Reference: plan.Reference, ContentType: mycac.SalaryCSV{}.ContentType(), Content: content.Bytes(), Digest: hex.EncodeToString(digest[:]),
	}
	office := session.Salaries(mycac.SalaryOffice{})
	gateway.Salaries().PageSize = 1
	_, found, err := office.FindSalaries(t.Context(), file.Reference)
	require.NoError(t, err)
	require.False(t, found)
	gateway.Salaries().Inject(gatewaytest.SalaryRefused)
	_, err = office.SubmitSalaries(t.Context(), file)
	require.ErrorIs(t, err, mycac.ErrSalariesRefused)
	gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.StepUpAsked})
	id, err := office.SubmitSalaries(t.Context(), file)
	require.NoError(t, err)
	_, err = office.SubmitSalaries(t.Context(), file)
	require.ErrorContains(t, err, "409 duplicate_reference")
	batch, found, err := office.FindSalaries(t.Context(), file.Reference)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, mycac.SalaryBatch{ID: id, Digest: file.Digest, Status: "processing"}, batch)
	paid := 0
	for page := 1; page != 0; {
		got, err := office.SalaryConfirmations(t.Context(), id, page)
		require.NoError(t, err)
		for _, item := range got.Items {
			if item.State == mycac.SalaryPaid {
				paid++
			}
		}
		page = got.Next
	}
	require.Equal(t, 2, paid)
	_, err = office.SalaryConfirmations(t.Context(), "BATCH-9", 1)
	require.ErrorContains(t, err, "404")
}

func TestMyCAC_ClientAndGatewayAreAsDescribed(t *testing.T) {
	t.Parallel()
	i := gatewayInspector(t, mycacFile, nil)
	exchangeMyCAC(t, i)
	require.Empty(t, i.found())
	succeeded := i.succeeded()
	slices.Sort(succeeded)
	require.Equal(t, []string{
		"confirmMyCACLogin", "confirmMyCACStepUp", "findMyCACSalaries", "getMyCACBalance", "listMyCACBills", "listMyCACCrossBorder", "listMyCACLoans",
		"listMyCACSalaryConfirmations", "listMyCACStandingOrders", "listMyCACWalletLedger", "loginMyCAC", "readMyCACStatement",
		"submitMyCACSalaries",
	}, succeeded, "every operation is made")
	for _, status := range []int{401, 403, 404, 409, 422, 423, 429, 503} {
		require.True(t, i.statuses()[status], "%d was provoked", status)
	}
}

// The check must be able to fail.
func TestMyCAC_FindWhatIsAltered(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"balance_after: { $ref: \"#/components/schemas/Money\" }":           "balance_after: { type: boolean }",
		"object\n      required: [access_token]":                            "object\n      required: [access_token, consent_id]",
		"required: [username, password, device_fingerprint]":                "required: [username, password, device_fingerprint, branch]",
		"/api/v1/mycac/bills:":                                              "/api/v1/mycac/invoices:",
		"next_due: { $ref: \"#/components/schemas/OptionalDay\" }":          "next_due: { type: integer }",
		"required: [reference, content_type, digest, file]":                 "required: [reference, content_type, digest, file, branch]",
		"required: [batch_id, reference]\n":                                 "required: [batch_id, reference, fee]\n",
		"digest: { $ref: \"#/components/schemas/Digest\" }\n        status": "digest: { type: integer }\n        status",
		"required: [batch_id, status, items]":                               "required: [batch_id, status, items, total]",
		"name: reference\n          in: query":                              "name: number\n          in: query",
		"otp: { type: string, pattern: \"^[0-9]{4,10}$\" }":                 "otp: { type: string, pattern: \"^[A-Z]+$\" }",
	} {
		i := gatewayInspector(t, mycacFile, func(text string) string { return strings.Replace(text, before, after, 1) })
		exchangeMyCAC(t, i)
		require.NotEmpty(t, i.found(), before)
	}
}

func TestMyCAC_TheDocumentIsValidAndMarked(t *testing.T) {
	t.Parallel()
	requireValid(t, mycacFile)

	content := loadYAML(t, mycacFile)
	requireMarked(t, content, 50)

	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("mycac.json", content))
	statement, err := compiler.Compile("mycac.json#/components/schemas/Statement")
	require.NoError(t, err)
	sample, err := os.ReadFile("../openfinance/mycac/testdata/mycac_statement_response.json")
	require.NoError(t, err)
	require.NoError(t, statement.Validate(fromJSON(t, sample)))
	require.Error(t, statement.Validate(fromJSON(t, []byte(`{"account_id":"a","currency":"DJF","page":0,"items":[]}`))))
}
