package openapi_test

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/router"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

const (
	walletsFile = "djamo-wallets.openapi.yaml"
	pushFile    = "djamo-pispi.asyncapi.yaml"
)

// walletInspector holds every exchange of wallets to the description, which a test may have changed.
func walletInspector(t *testing.T, change func(string) string) *inspector {
	t.Helper()
	return gatewayInspector(t, walletsFile, change)
}

// gatewayInspector holds every exchange with a gateway to a description, which a test may have changed.
func gatewayInspector(t *testing.T, file string, change func(string) string) *inspector {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	text := string(raw)
	if change != nil {
		text = change(text)
		require.NotEqual(t, string(raw), text, "the change found nothing to change")
	}
	document, err := libopenapi.NewDocument([]byte(text))
	require.NoError(t, err)
	model, err := document.BuildV3Model()
	require.NoError(t, err)
	checker := validator.NewValidatorFromV3Model(&model.Model, config.WithFormatAssertions())
	return &inspector{
		next: http.DefaultTransport, checker: checker, seen: map[string][]int{}, routes: router.NewRouter(&model.Model, router.WithPathOnlyMatching()),
	}
}

// exchangeAll makes every call of the client with the gateway in memory.
func exchangeAll(t *testing.T, i *inspector) {
	t.Helper()
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 3, MaxPage: 20})
	url, err := gateway.Start()
	require.NoError(t, err)
	defer gateway.Close()
	gateway.AddWallet("wal_1", 10_000)
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	gateway.Live("wal_1", day.AddDate(0, -1, 0), 30, true)
	gateway.Live("wal_1", day, 30, false)
	issued := gateway.Issue("wal_1")
	web := &http.Client{Transport: i}
	client, err := wallet.NewClient(wallet.Options{URL: url, HTTPClient: web, MaxAttempts: 1})
	require.NoError(t, err)
	tokens, err := (&consent.OAuth{TokenURL: url + "/oauth/token", HTTPClient: web}).Exchange(t.Context(), issued.RefreshToken)
	require.NoError(t, err)
	access := wallet.Access{ConsentID: issued.ID, Token: tokens.Token}
	for _, from := range []wallet.Date{{}, wallet.DateOf(day.AddDate(0, 0, -10))} {
		for _, err := range client.Transactions(t.Context(), access, wallet.PageParams{WalletID: "wal_1", Limit: 20, From: from}) {
			require.NoError(t, err)
		}
	}
	_, balance := client.Balance(t.Context(), access, "wal_1")
	_, coffres := client.Coffres(t.Context(), access, "wal_1")
	_, cards := client.Cards(t.Context(), access, "wal_1")
	_, profile := client.Profile(t.Context(), access, "wal_1")
	require.NoError(t, errors.Join(balance, coffres, cards, profile))
	for _, kind := range []gatewaytest.FaultKind{gatewaytest.Mutation, gatewaytest.CursorLost, gatewaytest.CursorMismatch, gatewaytest.ServerError} {
		gateway.Inject(gatewaytest.Fault{Kind: kind})
		_, err := client.Page(t.Context(), access, wallet.PageParams{WalletID: "wal_1", Cursor: "e30"})
		require.Error(t, err)
	}
	gateway.Revoke(issued.ID)
	_, err = client.Page(t.Context(), access, wallet.PageParams{WalletID: "wal_1"})
	require.ErrorIs(t, err, wallet.ErrConsentRevoked)
}

func TestWallets_ClientAndGatewayAreAsDescribed(t *testing.T) {
	t.Parallel()
	i := walletInspector(t, nil)
	exchangeAll(t, i)
	require.Empty(t, i.found())
	succeeded := i.succeeded()
	slices.Sort(succeeded)
	require.Equal(t, []string{
		"getWalletBalance", "getWalletProfile", "listWalletCards", "listWalletCoffres", "listWalletTransactions", "refreshToken",
	}, succeeded, "every operation is made")
}

// The check must be able to fail.
func TestWallets_FindWhatIsAltered(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"amount_minor: { $ref: \"#/components/schemas/Francs\" }": "amount_minor: { type: string }",
		"required: [access_token]":                                "required: [access_token, scope]",
		"name: X-Consent-Id":                                      "name: X-Other-Id",
		"/v1/djamo/wallets/{wallet_id}/cards:":                    "/v1/djamo/wallets/{wallet_id}/plastic:",
	} {
		i := walletInspector(t, func(text string) string { return strings.Replace(text, before, after, 1) })
		exchangeAll(t, i)
		require.NotEmpty(t, i.found(), before)
	}
}

func TestWallets_TheDocumentsAreValid(t *testing.T) {
	t.Parallel()
	requireValid(t, walletsFile)

	schema := asyncAPI(t)
	push := loadYAML(t, pushFile)
	require.NoError(t, schema.Validate(push))

	payload := jsonschema.NewCompiler()
	require.NoError(t, payload.AddResource("push.json", push))
	message, err := payload.Compile("push.json#/components/messages/Settlement/payload")
	require.NoError(t, err)
	sample, err := os.ReadFile("../openfinance/pispi/testdata/pispi_settlement_event.json")
	require.NoError(t, err)
	require.NoError(t, message.Validate(fromJSON(t, sample)))
	require.Error(t, message.Validate(fromJSON(t, []byte(`{"event":"x"}`))))
}
