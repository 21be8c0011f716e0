package mycac_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

func collect[T any](t *testing.T, list iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for entry, err := range list {
		require.NoError(t, err)
		all = append(all, entry)
	}
	return all
}

func TestLedgers_AreReadAsTheGatewayListsThem(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{PageSize: 2}, nil)
	for i := range 5 {
		b.Put(gatewaytest.StandingOrders, accountDJF, map[string]any{
			"order_id": fmt.Sprint("SO-", i), "counterparty": "Loyer", "amount": json.Number("-60000.00"), "frequency": "monthly", "interval": 1,
			"first_date": "2026-01-31", "next_date": "2026-05-31", "last_date": nil, "times": 12, "status": "active", "color": "green",
		})
	}
	b.Put(gatewaytest.Loans, accountUSD, map[string]any{
		"loan_id": "L-1", "principal": json.Number("1000.00"), "outstanding": json.Number("400.50"), "instalment": json.Number("-50.05"),
		"frequency": "monthly", "next_due": "2026-05-05", "last_due": "2026-12-05", "remaining": 8, "status": "active",
		"schedule": []map[string]any{{"due": "2026-05-05", "amount": json.Number("-50.05"), "status": "due"}},
	})
	b.Put(gatewaytest.WalletLedger, accountDJF, map[string]any{
		"entry_id": "W-1", "wallet_id": "WAL-1", "value_date": "2026-04-02", "amount": json.Number("-500.00"), "type": "transfer",
		"balance_after": json.Number("1500.00"),
	})
	b.Put(gatewaytest.WalletLedger, accountDJF, map[string]any{"entry_id": "W-2", "value_date": "2026-04-03", "amount": "700"})
	b.Put(gatewaytest.Bills, accountDJF, map[string]any{
		"bill_id": "B-1", "biller": "EDD", "reference": "F-77", "amount": json.Number("12500.00"), "due_date": "2026-05-20", "status": "due",
	})
	b.Put(gatewaytest.CrossBorder, accountUSD, map[string]any{
		"confirmation_id": "X-1", "tx_id": "TX-9", "amount": json.Number("-100.00"), "counter_amount": json.Number("92.40"), "counter_currency": "EUR",
		"rate": json.Number("0.9240"), "fee": json.Number("1.50"), "country": "FR", "status": "confirmed", "confirmed_at": "2026-04-02T10:00:00Z",
	})
	session := b.logIn(t)

	orders := collect(t, session.StandingOrders(t.Context(), mycac.ListParams{AccountID: accountDJF}))
	require.Len(t, orders, 5)
	require.Contains(t, string(orders[4].Raw), "green")
	orders[4].Raw = nil
	require.Equal(t, mycac.StandingOrder{
		ID: "SO-4", AccountID: accountDJF, Counterparty: "Loyer", Amount: money.Amount{Minor: -60000, Currency: money.DJF()}, Frequency: "monthly",
		Interval: 1, First: day("2026-01-31"), Next: day("2026-05-31"), Times: 12, Status: "active",
	}, orders[4])

	loans := collect(t, session.Loans(t.Context(), mycac.ListParams{AccountID: accountUSD}))
	require.Len(t, loans, 1)
	require.Equal(t, money.Amount{Minor: -5005, Currency: money.USD()}, loans[0].Instalment)
	require.Equal(t, money.Amount{Minor: 40050, Currency: money.USD()}, loans[0].Outstanding)
	require.Equal(t, []mycac.Instalment{{Due: day("2026-05-05"), Amount: loans[0].Instalment, Status: "due"}}, loans[0].Schedule)
	require.Equal(t, 8, loans[0].Remaining)

	entries := collect(t, session.WalletLedger(t.Context(), mycac.ListParams{AccountID: accountDJF, From: day("2026-04-01"), To: day("2026-04-30")}))
	require.Len(t, entries, 2)
	require.Equal(t, int64(1500), entries[0].BalanceAfter.Minor)
	require.Nil(t, entries[1].BalanceAfter)
	require.Equal(t, int64(700), entries[1].Amount.Minor)

	bills := collect(t, session.Bills(t.Context(), mycac.ListParams{AccountID: accountDJF}))
	require.Equal(t, "EDD", bills[0].Biller)
	require.Equal(t, day("2026-05-20"), bills[0].Due)

	abroad := collect(t, session.CrossBorder(t.Context(), mycac.ListParams{AccountID: accountUSD}))
	require.Equal(t, &money.Amount{Minor: 9240, Currency: money.EUR()}, abroad[0].Counter)
	require.Equal(t, &money.Amount{Minor: 150, Currency: money.USD()}, abroad[0].Fee)
	require.Equal(t, "0.9240", abroad[0].Rate)
	require.Equal(t, time.Date(2026, 4, 2, 10, 0, 0, 0, time.UTC), abroad[0].ConfirmedAt)
	require.Empty(t, collect(t, session.Bills(t.Context(), mycac.ListParams{AccountID: accountEUR})))
}

func TestLedgers_NameWhatIsWrong(t *testing.T) {
	t.Parallel()
	order := func(change map[string]any) map[string]any {
		entry := map[string]any{"order_id": "SO-1", "amount": json.Number("-5.00"), "frequency": "weekly"}
		maps.Copy(entry, change)
		return entry
	}
	for says, change := range map[string]map[string]any{
		"page 1, line 1 (SO-1): amount -5.50 has a fraction":            {"amount": json.Number("-5.50")},
		"(SO-1): first_date (a text of 4 bytes) must be a date":         {"first_date": "soon"},
		"(SO-1): times -1 must be a whole number":                       {"times": -1},
		"(SO-1): currency USD must be DJF":                              {"currency": "USD"},
		"(SO-1): account_id must be the one":                            {"account_id": accountUSD},
		"line 1: order_id (null) is missing":                            {"order_id": nil},
		"(SO-1): frequency (a list) must be a text":                     {"frequency": []string{"weekly"}},
		"page 1, line 2 (SO-1): order_id (a text of 4 bytes) stands in": {},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			b := bankOf(t, gatewaytest.MyCACOptions{}, nil)
			b.Put(gatewaytest.StandingOrders, accountDJF, order(change))
			if len(change) == 0 {
				b.Put(gatewaytest.StandingOrders, accountDJF, order(nil))
			}
			session := b.logIn(t)
			var failed error
			for _, err := range session.StandingOrders(t.Context(), mycac.ListParams{AccountID: accountDJF}) {
				require.Error(t, err, "nothing of the page is given out")
				failed = err
			}
			require.ErrorIs(t, failed, mycac.ErrPage)
			require.ErrorContains(t, failed, says)
			require.NotContains(t, failed.Error(), accountUSD)
		})
	}
	for _, err := range bankOf(t, gatewaytest.MyCACOptions{}, nil).logIn(t).Loans(t.Context(), mycac.ListParams{}) {
		require.ErrorContains(t, err, "AccountID is missing")
	}
}
