package gatewaytest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

const fixtureWallet = "wal_XOF_8f..."

// fixture is the recorded page of the gateway's documentation, as a recording.
func fixture(t *testing.T) (dir string, items []map[string]any) {
	t.Helper()
	body, err := os.ReadFile("../wallet/testdata/wallet_transactions_response.json")
	require.NoError(t, err)
	var page struct{ Items []map[string]any }
	require.NoError(t, json.Unmarshal(body, &page))
	dir = t.TempDir()
	text := fmt.Sprintf(`{"request":{"method":"GET","path":"/v1/djamo/wallets/%s/transactions","query":"limit=200"},
		"response":{"status":200,"header":{"Content-Type":"application/json"},"body":%s}}`, fixtureWallet, body)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "GET_v1_djamo_wallets_id_transactions.001.json"), []byte(text), 0o600))
	return dir, page.Items
}

// gateway is one with the fixture's items.
func gateway(t *testing.T, items []map[string]any) (g *gatewaytest.Gateway, url string, access wallet.Access) {
	t.Helper()
	leaktest.Check(t)
	g = gatewaytest.New(gatewaytest.Options{Seed: 1})
	url, err := g.Start()
	require.NoError(t, err)
	t.Cleanup(g.Close)
	g.AddWallet(fixtureWallet, 254_300)
	for _, item := range items {
		g.Add(fixtureWallet, maps.Clone(item))
	}
	issued := g.Issue(fixtureWallet)
	return g, url, wallet.Access{ConsentID: issued.ID, Token: issued.Token}
}

// through is a client whose calls pass through a round tripper.
func through(t *testing.T, url string, rt http.RoundTripper) *wallet.Client {
	t.Helper()
	client, err := wallet.NewClient(wallet.Options{URL: url, HTTPClient: &http.Client{Transport: rt}, MaxAttempts: 1})
	require.NoError(t, err)
	return client
}

func recorder(t *testing.T, dir string) *djamotest.Recorder {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r := djamotest.Record(dir, djamotest.WalletRoutes())
	r.Next = transport
	return r
}

// recordPage records one page of a gateway that has the fixture's items, with a fault if there is one.
func recordPage(t *testing.T, items []map[string]any, faults ...gatewaytest.Fault) (dir string) {
	t.Helper()
	g, url, access := gateway(t, items)
	for _, fault := range faults {
		g.Inject(fault)
	}
	dir = filepath.Join(t.TempDir(), "recording")
	_, err := through(t, url, recorder(t, dir)).Page(t.Context(), access, wallet.PageParams{WalletID: fixtureWallet, Limit: 200})
	if len(faults) == 0 {
		require.NoError(t, err)
	}
	return dir
}

// The fields of this gateway drift, and Drift says which, with the gateway's own routes and with what is known anyway.
func TestDrift_FieldsOfTheGateway(t *testing.T) {
	t.Parallel()
	before, items := fixture(t)
	require.Len(t, items, 3)
	for name, tt := range map[string]struct {
		change func(item map[string]any)
		want   []string
	}{
		"nothing": {func(map[string]any) {}, nil},
		"a field has another name": {func(item map[string]any) {
			item["amount"] = item["amount_minor"]
			delete(item, "amount_minor")
		}, []string{"items[].amount appeared as integer", "items[].amount_minor vanished, was integer"}},
		"an amount is a text": {func(item map[string]any) { item["amount_minor"] = fmt.Sprint(item["amount_minor"]) },
			[]string{"items[].amount_minor changed type from integer to string"}},
		"an amount beyond int64": {func(item map[string]any) { item["amount_minor"] = json.Number("92233720368547758070") },
			[]string{"items[].amount_minor changed type from integer to integer beyond int64"}},
		"an amount in francs and centimes": {func(item map[string]any) { item["amount_minor"] = json.Number("50.00") },
			[]string{"items[].amount_minor changed type from integer to fraction"}},
		"ids are numbers": {func(item map[string]any) { item["id"] = 17 }, []string{"items[].id changed type from string to integer"}},
		"another form of id": {func(item map[string]any) { item["id"] = "507f1f77-4123-8123-9abc-070012345678" }, []string{
			"items[].id changed its form from tx_…. and 9 of 0-9A-Z to UUID and 36 of 0-9a-f"}},
		"a fifth rail": {func(item map[string]any) {
			if item["rail"] != nil {
				item["rail"] = "djamo_pay"
			}
		}, []string{"items[].rail has a new value: djamo_pay, was wave"}},
		"a status nobody knows": {func(item map[string]any) {
			if item["status"] != nil {
				item["status"] = "SETTLED"
			}
		}, []string{"items[].status has a new value: SETTLED, was settled"}},
		"a text for null": {func(item map[string]any) { item["type"] = "null" }, []string{`items[].type became empty: "null", was never so`}},
		"seconds instead of moments": {func(item map[string]any) { item["ts"] = 1779959642 },
			[]string{"items[].ts changed type from timestamp in seconds to integer"}},
		"something is there that was not always": {func(item map[string]any) { item["coffre_id"] = nil }, []string{
			"items[].coffre_id changed type from null or string to null", "items[].coffre_id is always there: was in 2 of 3, is in all 3"}},
		"metadata, which is no charge's": {func(item map[string]any) { item["metadata"] = map[string]any{"device": 7} }, []string{
			"items[].metadata appeared as object", "items[].metadata.device appeared as integer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range tt.want {
				tt.want[i] = "GET /v1/djamo/wallets/{id}/transactions 200: " + tt.want[i]
			}
			now := recordPage(t, items, gatewaytest.Fault{Kind: gatewaytest.Drift, Change: tt.change})
			for _, tables := range [][]djamotest.Routes{{djamotest.WalletRoutes()}, nil} {
				changes, err := djamotest.Drift(before, now, tables...)
				require.NoError(t, err)
				require.Equal(t, tt.want, lines(changes))
			}
		})
	}

	changes, err := djamotest.Drift(before, recordPage(t, items), djamotest.WalletRoutes())
	require.NoError(t, err)
	require.Empty(t, changes, "without a fault")
	changes, err = djamotest.Drift(before, recordPage(t, items, gatewaytest.Fault{Kind: gatewaytest.OtherCurrency}))
	require.NoError(t, err)
	require.Equal(t, []string{"GET /v1/djamo/wallets/{id}/transactions 200: currency has a new value: EUR, was XOF"}, lines(changes))
}

func lines(changes []djamotest.DriftChange) (out []string) {
	for _, c := range changes {
		out = append(out, c.String())
	}
	return out
}

// A recording of every read holds nothing of the consent and of the person, names its files without ids, and answers again.
func TestRecord_EveryReadOfTheGateway(t *testing.T) {
	t.Parallel()
	_, items := fixture(t)
	_, url, access := gateway(t, items)
	dir := filepath.Join(t.TempDir(), "recording")
	read := func(client *wallet.Client) {
		_, err := client.Page(t.Context(), access, wallet.PageParams{WalletID: fixtureWallet, Limit: 200})
		require.NoError(t, err)
		_, err = client.Balance(t.Context(), access, fixtureWallet)
		require.NoError(t, err)
		_, err = client.Coffres(t.Context(), access, fixtureWallet)
		require.NoError(t, err)
		_, err = client.Cards(t.Context(), access, fixtureWallet)
		require.NoError(t, err)
		profile, err := client.Profile(t.Context(), access, fixtureWallet)
		require.NoError(t, err)
		require.Equal(t, "verified", profile.VerificationStatus)
	}
	read(through(t, url, recorder(t, dir)))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		raw, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		for _, secret := range []string{access.ConsentID, access.Token, "Awa", "doc_ref_1"} {
			require.NotContains(t, string(raw), secret)
		}
	}
	require.Equal(t, []string{
		"GET_v1_djamo_wallets_id_balance.001.json", "GET_v1_djamo_wallets_id_cards.001.json", "GET_v1_djamo_wallets_id_coffres.001.json",
		"GET_v1_djamo_wallets_id_profile.001.json", "GET_v1_djamo_wallets_id_transactions.001.json", "salt",
	}, names)
	read(through(t, "https://elsewhere.test", djamotest.Replay(dir, djamotest.WalletRoutes()).FailTest(t)))
}
