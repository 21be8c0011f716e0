package djamo_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// net/http refuses these by itself, too late: the payment would come back as "outcome unknown" although it never left.
// The last ones change how bytes travel, which is this package's business.
func TestWithHeader_RefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	for _, header := range [][2]string{
		{"X-Note", "\x7f"}, {"X-Note", "\x01"}, {"X-Note", "a\x0bb"}, {"X(Y", "v"}, {"X:Y", "v"}, {"X/Y", "v"}, {`X"Y`, "v"}, {"X;Y", "v"},
		{"Accept-Encoding", "gzip"}, {"Transfer-Encoding", "chunked"}, {"Trailer", "X-Note"}, {"Connection", "close"}, {"Upgrade", "h2c"}, {"Te", "trailers"}, {"Expect", "100-continue"},
	} {
		_, err := client.Transactions.Create(t.Context(), payment, djamo.WithHeader(header[0], header[1]))
		refusal(t, err, "WithHeader")
	}
	_, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"balance":1}`)).Balance.Get(t.Context(), djamo.WithHeader("X-Note", "tabs\tand spaces, é"))
	require.NoError(t, err)
}

func TestBadInput_IsAlwaysAValidationError(t *testing.T) {
	t.Parallel()
	client := unreachable(t)
	with := payment
	with.SubCompanyID = "a\xff"
	batch := batchParams("a\xff")
	for name, err := range map[string]error{
		"metadata that is no JSON": second(client.Charges.Create(t.Context(), djamo.ChargeParams{Amount: 1, ExternalID: "x", Metadata: map[string]any{"f": func() {}}})),
		"raw body that is no JSON": client.Do(t.Context(), http.MethodPost, "/v1/x", make(chan int), nil),
		"sub-company":              second(client.Transactions.Create(t.Context(), with)),
		"sub-company of a batch":   second(client.Batches.Create(t.Context(), batch)),
		"sub-company of a check":   second(client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: payment.MSISDN, SubCompanyID: "a\xff"})),
		"topic":                    second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "\xff", URL: "https://x.example"})),
		"URL":                      second(client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: "x", URL: "https://x.example/\xff"})),
		"raw query with a space":   client.Do(t.Context(), http.MethodGet, "/v1/x?a=b c", nil, nil),
	} {
		refused := (*djamo.ValidationError)(nil)
		require.ErrorAs(t, err, &refused, name)
	}
}

func TestWithRetry_OneBoundAlone(t *testing.T) {
	t.Parallel()
	_, err := djamo.NewClient("at_x", djamo.WithEnvironment(djamo.StagingCIV), djamo.WithRetry(djamo.RetryPolicy{MaxWait: 100 * time.Millisecond}))
	require.NoError(t, err, "MinWait was not set, so it cannot be what is wrong")
}

func TestCharges_Pay_RefusedForAProductionToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"djamo_production_civ_x", "djamo_production_sen_x"} {
		client, err := djamo.NewClient(token, djamo.WithBaseURL(baseURL), djamo.WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			t.Error("sent")
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})}))
		require.NoError(t, err)
		_, err = client.Charges.Pay(t.Context(), "ch_1")
		refusal(t, err, "environment")
	}
}

// This reads the environment, so it is not parallel.
func TestNewClientFromEnv_NamesTheCompanyVariable(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "at_x")
	t.Setenv(djamo.EnvAPIURL, "https://one.example")
	t.Setenv(djamo.EnvCompanyID, "a b")
	_, err := djamo.NewClientFromEnv()
	require.ErrorContains(t, err, djamo.EnvCompanyID)
}
