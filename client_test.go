package djamo_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestNewClient_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	staging := djamo.WithEnvironment(djamo.StagingCIV)
	for name, row := range map[string]struct {
		token string
		opts  []djamo.Option
		names string
	}{
		"no token":             {"", []djamo.Option{staging}, "token"},
		"token with a space":   {"at_secret x", []djamo.Option{staging}, "token"},
		"token with a newline": {"at_secret\n", []djamo.Option{staging}, "token"},
		"token with Bearer":    {"Bearer_secret", []djamo.Option{staging}, "Bearer"},
		"no host":              {"at_secret", nil, "WithBaseURL"},
		"unknown environment":  {"at_secret", []djamo.Option{djamo.WithEnvironment("moon")}, "WithEnvironment"},
		"two hosts":            {"at_secret", []djamo.Option{staging, djamo.WithBaseURL("https://other.example")}, "WithBaseURL"},
		"other environment":    {"djamo_production_civ_secret", []djamo.Option{staging}, "production-civ"},
		"other country":        {"djamo_staging_sen_secret", []djamo.Option{staging}, "staging-sen"},
		"other env by URL":     {"djamo_staging_civ_secret", []djamo.Option{djamo.WithBaseURL("https://api-civ.djamo.com/")}, "staging-civ"},
		"plain http":           {"at_secret", []djamo.Option{djamo.WithBaseURL("http://api.example")}, "https"},
		"ftp":                  {"at_secret", []djamo.Option{djamo.WithBaseURL("ftp://api.example")}, "WithBaseURL"},
		"no URL":               {"at_secret", []djamo.Option{djamo.WithBaseURL("://")}, "WithBaseURL"},
		"no host in URL":       {"at_secret", []djamo.Option{djamo.WithBaseURL("https:///v1")}, "WithBaseURL"},
		"query":                {"at_secret", []djamo.Option{djamo.WithBaseURL("https://api.example/?a=b")}, "query"},
		"password":             {"at_secret", []djamo.Option{djamo.WithBaseURL("https://u:p@api.example")}, "password"},
		"dots":                 {"at_secret", []djamo.Option{djamo.WithBaseURL("https://api.example/../x")}, ".."},
		"zero timeout":         {"at_secret", []djamo.Option{staging, djamo.WithTimeout(0)}, "WithTimeout"},
		"negative timeout":     {"at_secret", []djamo.Option{staging, djamo.WithTimeout(-1)}, "WithTimeout"},
		"negative attempts":    {"at_secret", []djamo.Option{staging, djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: -1})}, "MaxAttempts"},
		"negative quiet":       {"at_secret", []djamo.Option{staging, djamo.WithRetry(djamo.RetryPolicy{QuietPeriod: -1})}, "QuietPeriod"},
		"max below min":        {"at_secret", []djamo.Option{staging, djamo.WithRetry(djamo.RetryPolicy{MinWait: 2, MaxWait: 1})}, "MaxWait"},
		"negative limit":       {"at_secret", []djamo.Option{staging, djamo.WithLimits(djamo.Limits{MinAmount: -1})}, "WithLimits"},
		"limits crossed":       {"at_secret", []djamo.Option{staging, djamo.WithLimits(djamo.Limits{MinAmount: 2, MaxAmount: 1})}, "MaxAmount"},
		"nil http client":      {"at_secret", []djamo.Option{staging, djamo.WithHTTPClient(nil)}, "WithHTTPClient"},
		"nil logger":           {"at_secret", []djamo.Option{staging, djamo.WithLogger(nil)}, "WithLogger"},
		"nil option":           {"at_secret", []djamo.Option{staging, nil}, "option"},
		"company id":           {"at_secret", []djamo.Option{staging, djamo.WithCompanyID("a\r\nb")}, "WithCompanyID"},
		"app info":             {"at_secret", []djamo.Option{staging, djamo.WithAppInfo(djamo.AppInfo{Name: "a b"})}, "WithAppInfo"},
		"response size":        {"at_secret", []djamo.Option{staging, djamo.WithMaxResponseBytes(0)}, "WithMaxResponseBytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := djamo.NewClient(row.token, row.opts...)
			require.Nil(t, client)
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			require.ErrorContains(t, err, row.names)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestNewClient_TakesEveryHost(t *testing.T) {
	t.Parallel()
	for url, opt := range map[string]djamo.Option{
		"https://api-civ.djamo.com":                djamo.WithEnvironment(djamo.ProductionCIV),
		"https://api-sen.djamo.com":                djamo.WithEnvironment(djamo.ProductionSEN),
		"https://apibusiness-staging-civ.djamo.io": djamo.WithEnvironment(djamo.StagingCIV),
		"https://apibusiness-staging-sen.djamo.io": djamo.WithEnvironment(djamo.StagingSEN),
		"https://proxy.example/djamo":              djamo.WithBaseURL("https://proxy.example/djamo/"),
		"http://localhost:8080":                    djamo.WithBaseURL("http://localhost:8080"),
		"http://[::1]:8080":                        djamo.WithBaseURL("http://[::1]:8080"),
	} {
		client, err := djamo.NewClient("at_x", opt)
		require.NoError(t, err)
		require.Equal(t, "djamo.Client("+url+")", client.String())
	}
}

// These read the environment, so they are not parallel.
func TestNewClientFromEnv(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "")
	t.Setenv(djamo.EnvAPIURL, "")
	t.Setenv(djamo.EnvCompanyID, "")
	_, err := djamo.NewClientFromEnv()
	require.ErrorContains(t, err, djamo.EnvAccessToken)
	t.Setenv(djamo.EnvAccessToken, "at_x")
	_, err = djamo.NewClientFromEnv()
	require.ErrorContains(t, err, djamo.EnvAPIURL)
	t.Setenv(djamo.EnvAPIURL, "https://one.example")
	client, err := djamo.NewClientFromEnv()
	require.NoError(t, err)
	require.Contains(t, client.String(), "one.example")
	client, err = djamo.NewClientFromEnv(djamo.WithBaseURL("https://two.example"))
	require.NoError(t, err)
	require.Contains(t, client.String(), "two.example")
}

func TestCharges_Pay_RefusedOnProduction(t *testing.T) {
	t.Parallel()
	client, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.ProductionSEN), djamo.WithHTTPClient(&http.Client{
		Transport: httpmock.NewMockTransport(), // refuses everything that is sent
	}))
	require.NoError(t, err)
	_, err = client.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{})
	require.ErrorIs(t, err, djamo.ErrInvalidRequest)
	require.ErrorContains(t, err, "staging")
}

func TestClient_LeavesTheCallersHTTPClientAlone(t *testing.T) {
	t.Parallel()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(httpmock.NewStringResponder(http.StatusInternalServerError, ""))
	counter := &clienttest.IdleCounter{RoundTripper: transport}
	mine := &http.Client{Transport: counter, Timeout: time.Minute}
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(clienttest.BaseURL), djamo.WithHTTPClient(mine), djamo.WithRetry(djamo.RetryPolicy{MinWait: time.Microsecond, MaxWait: time.Microsecond}))
	require.NoError(t, err)
	_, err = client.Balance.Get(t.Context())
	require.ErrorIs(t, err, djamo.ErrServer)
	require.Zero(t, counter.Closed.Load())
	require.Same(t, counter, mine.Transport)
	require.Nil(t, mine.CheckRedirect)
}

func TestClone_DiffersByItsOptionsOnly(t *testing.T) {
	t.Parallel()
	var companies []string
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		companies = append(companies, req.Header.Get("X-Company-Id"))
		return httpmock.NewStringResponse(http.StatusOK, `{"balance":1}`), nil
	})
	clone, err := client.Clone(djamo.WithCompanyID("company-2"), djamo.WithBaseURL("https://elsewhere.example"))
	require.NoError(t, err)
	for _, c := range []*djamo.Client{client, clone, client} {
		_, err := c.Balance.Get(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, []string{"company-1", "company-2", "company-1"}, companies)
	_, err = (&djamo.Client{}).Clone()
	require.Error(t, err)
}

func TestClient_IsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, reference, _ := strings.Cut(string(body), `"reference":"`)
		reference, _, _ = strings.Cut(reference, `"`)
		_, _ = fmt.Fprintf(w, `{"id":"txn_%s","reference":%q,"amount":50000}`, reference, reference)
	}))
	t.Cleanup(server.Close)
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL(server.URL), djamo.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	var group sync.WaitGroup
	for worker := range 50 {
		group.Go(func() {
			for i := range 10 {
				p := clienttest.Payment
				p.Reference = fmt.Sprintf("%d-%d", worker, i)
				sent, err := client.Transactions.Create(t.Context(), p)
				if err != nil || sent.ID != "txn_"+p.Reference {
					t.Errorf("%v %v", sent, err)
				}
			}
		})
	}
	group.Wait()
}

func TestWithResponse_CarriesTheAnswer(t *testing.T) {
	t.Parallel()
	var resp djamo.Response
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusConflict, `{"message":"used"}`))
	_, err := client.Transactions.Create(t.Context(), clienttest.Payment, djamo.WithResponse(&resp))
	require.ErrorIs(t, err, djamo.ErrDuplicateReference)
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	require.JSONEq(t, `{"message":"used"}`, string(resp.Body))
	require.Equal(t, 1, resp.Attempts)
}

func TestMaxResponseBytes_BoundsAnswers(t *testing.T) {
	t.Parallel()
	big := httpmock.NewStringResponder(http.StatusOK, `{"id":"`+strings.Repeat("x", 1000)+`"}`)
	client := clienttest.Mocked(t, big, djamo.WithMaxResponseBytes(500))
	_, err := client.Transactions.Get(t.Context(), "txn_1")
	require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
	_, err = client.Batches.Create(t.Context(), clienttest.BatchParams(""))
	require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
}

func TestBadInput_SendsNothing(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", req.URL)
		return httpmock.NewStringResponse(http.StatusOK, "{}"), nil
	}, djamo.WithLimits(djamo.Limits{MinAmount: 5_000, MaxAmount: 500_000, BatchSize: 2, ReferenceLength: 20}))
	with := func(change func(*djamo.TransactionParams)) djamo.TransactionParams {
		p := clienttest.Payment
		change(&p)
		return p
	}
	for name, row := range map[string]struct {
		params djamo.TransactionParams
		field  string
		text   string
	}{
		"no number":           {with(func(p *djamo.TransactionParams) { p.MSISDN = "" }), "msisdn", "empty"},
		"short number":        {with(func(p *djamo.TransactionParams) { p.MSISDN = "+22507487105" }), "msisdn", "got"},
		"zero":                {with(func(p *djamo.TransactionParams) { p.Amount = 0 }), "amount", "positive"},
		"negative":            {with(func(p *djamo.TransactionParams) { p.Amount = -5 }), "amount", "got -5"},
		"below the minimum":   {with(func(p *djamo.TransactionParams) { p.Amount = 4_999 }), "amount", "at least 5000"},
		"above the maximum":   {with(func(p *djamo.TransactionParams) { p.Amount = 500_001 }), "amount", "at most 500000"},
		"no reference":        {with(func(p *djamo.TransactionParams) { p.Reference = "" }), "reference", "empty"},
		"long reference":      {with(func(p *djamo.TransactionParams) { p.Reference = strings.Repeat("r", 21) }), "reference", "20"},
		"reference with tab":  {with(func(p *djamo.TransactionParams) { p.Reference = "a\tb" }), "reference", "control"},
		"reference not UTF-8": {with(func(p *djamo.TransactionParams) { p.Reference = "a\xff" }), "reference", "UTF-8"},
		"reference, space":    {with(func(p *djamo.TransactionParams) { p.Reference = "a " }), "reference", "space"},
		"text not UTF-8":      {with(func(p *djamo.TransactionParams) { p.Description = "\xff" }), "description", "UTF-8"},
	} {
		_, err := client.Transactions.Create(t.Context(), row.params)
		refused := (*djamo.ValidationError)(nil)
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, row.field, refused.Field, name)
		require.ErrorContains(t, err, row.text, name)
		_, err = client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{with(func(p *djamo.TransactionParams) { p.Reference = "first" }), row.params}})
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, "transactions[1]."+row.field, refused.Field, name)
	}
	for name, err := range map[string]error{
		"empty batch":     clienttest.Second(client.Batches.Create(t.Context(), djamo.BatchParams{})),
		"large batch":     clienttest.Second(client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: make([]djamo.TransactionParams, 3)})),
		"repeated in it":  clienttest.Second(client.Batches.Create(t.Context(), djamo.BatchParams{Transactions: []djamo.TransactionParams{clienttest.Payment, clienttest.Payment}})),
		"negative limit":  clienttest.Second(client.Transactions.ListPage(t.Context(), djamo.TransactionListParams{Limit: -1})),
		"no name":         clienttest.Second(client.SubCompanies.Create(t.Context(), djamo.SubCompanyParams{})),
		"empty update":    clienttest.Second(client.SubCompanies.Update(t.Context(), "subco_1", djamo.SubCompanyUpdateParams{})),
		"no topic":        clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{URL: "https://a.example"})),
		"relative URL":    clienttest.Second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "x", URL: "/hook"})),
		"refund of zero":  clienttest.Second(client.Charges.RefundPart(t.Context(), "ch_1", 0)),
		"charge of zero":  clienttest.Second(client.Charges.Create(t.Context(), djamo.ChargeParams{ExternalID: "x"})),
		"charge no key":   clienttest.Second(client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5})),
		"charge bad link": clienttest.Second(client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 5, ExternalID: "x", OnCanceledRedirectionURL: "javascript:1"})),
		"raw absolute":    client.Do(t.Context(), "GET", "https://elsewhere.example/", nil, nil),
		"raw other host":  client.Do(t.Context(), "GET", "//elsewhere.example/", nil, nil),
		"raw dots":        client.Do(t.Context(), "GET", "/v1/%2e%2e/x", nil, nil),
		"raw method":      client.Do(t.Context(), "get", "/v1/x", nil, nil),
		"check number":    clienttest.Second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: "x"})),
		"wait interval":   clienttest.Second(client.Transactions.Wait(t.Context(), "txn_1", djamo.WaitParams{MinInterval: -1})),
	} {
		require.ErrorIs(t, err, djamo.ErrInvalidRequest, name)
	}
}

// Tests that use real connections look for what they leave by themselves (leaktest.Check); this finds the rest.
func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
