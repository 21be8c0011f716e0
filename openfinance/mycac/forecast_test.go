package mycac_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

func date(t testing.TB, text string) wallet.Date {
	t.Helper()
	d, err := wallet.ParseDate(text)
	require.NoError(t, err)
	return d
}

func djf(minor int64) money.Amount { return amountOf(minor, "DJF") }
func usd(minor int64) money.Amount { return amountOf(minor, "USD") }

// due lists the days on which a flow is paid.
func due(t *testing.T, params mycac.ForecastParams) (days []string) {
	t.Helper()
	params.Positions = []mycac.Position{{Account: "a", Balance: djf(0)}}
	forecast, err := mycac.NewForecast(params)
	require.NoError(t, err)
	for _, day := range forecast.Accounts[0].Days {
		for range day.Flows {
			days = append(days, day.Date.String())
		}
	}
	return days
}

func TestForecast_Days(t *testing.T) {
	t.Parallel()
	weekend := []time.Weekday{time.Friday, time.Saturday}
	for name, row := range map[string]struct {
		from     string
		days     int
		flow     mycac.Flow
		calendar mycac.Calendar
		want     []string
	}{
		"monthly on a 31st is clamped and comes back": {"2026-01-01", 120,
			mycac.Flow{Every: mycac.Monthly, First: date(t, "2025-10-31")}, mycac.Calendar{}, []string{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"}},
		"a leap year": {"2028-02-01", 30, mycac.Flow{Every: mycac.Monthly, First: date(t, "2025-10-31")}, mycac.Calendar{}, []string{"2028-02-29"}},
		"every third month": {"2026-01-01", 365, mycac.Flow{Every: mycac.Monthly, Interval: 3, First: date(t, "2025-11-30")}, mycac.Calendar{},
			[]string{"2026-02-28", "2026-05-30", "2026-08-30", "2026-11-30"}},
		"weekly": {"2026-05-01", 30, mycac.Flow{Every: mycac.Weekly, First: date(t, "2020-01-06")}, mycac.Calendar{},
			[]string{"2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25"}},
		"every second week": {"2026-05-01", 30, mycac.Flow{Every: mycac.Weekly, Interval: 2, First: date(t, "2026-04-27")}, mycac.Calendar{},
			[]string{"2026-05-11", "2026-05-25"}},
		"so many times": {"2026-05-01", 90, mycac.Flow{Every: mycac.Monthly, Times: 3, First: date(t, "2026-04-10")}, mycac.Calendar{},
			[]string{"2026-05-10", "2026-06-10"}},
		"until a day": {"2026-05-01", 90, mycac.Flow{Every: mycac.Monthly, First: date(t, "2026-04-10"), Last: date(t, "2026-06-10")}, mycac.Calendar{},
			[]string{"2026-05-10", "2026-06-10"}},
		"once, past":    {"2026-05-01", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-04-30")}, mycac.Calendar{}, nil},
		"once, now":     {"2026-05-01", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-01")}, mycac.Calendar{}, []string{"2026-05-01"}},
		"thirty days":   {"2026-05-01", 0, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-30")}, mycac.Calendar{}, []string{"2026-05-30"}},
		"the day after": {"2026-05-01", 0, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-31")}, mycac.Calendar{}, nil},
		"following, over a holiday": {"2026-05-01", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-08")}, // a Friday
			mycac.Calendar{Weekend: weekend, Holidays: []wallet.Date{date(t, "2026-05-10")}}, []string{"2026-05-11"}},
		"preceding": {"2026-05-01", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-09")},
			mycac.Calendar{Weekend: weekend, Rule: mycac.Preceding}, []string{"2026-05-07"}},
		"modified following, within the month": {"2026-05-01", 40, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-08")},
			mycac.Calendar{Weekend: weekend, Rule: mycac.ModifiedFollowing}, []string{"2026-05-10"}},
		"modified following, at the end": {"2026-07-01", 60, mycac.Flow{Every: mycac.Once, First: date(t, "2026-07-31")},
			mycac.Calendar{Weekend: weekend, Rule: mycac.ModifiedFollowing}, []string{"2026-07-30"}},
		"the same day": {"2026-05-01", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-08")},
			mycac.Calendar{Weekend: weekend, Rule: mycac.SameDay}, []string{"2026-05-08"}},
		"moved into the days": {"2026-05-10", 30, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-08")},
			mycac.Calendar{Weekend: weekend}, []string{"2026-05-10"}},
		"moved out of the days": {"2026-05-01", 8, mycac.Flow{Every: mycac.Once, First: date(t, "2026-05-08")},
			mycac.Calendar{Weekend: weekend}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.flow.ID, row.flow.Account, row.flow.Amount = "f", "a", djf(-1)
			require.Equal(t, row.want, due(t, mycac.ForecastParams{
				From: date(t, row.from), Days: row.days, Flows: []mycac.Flow{row.flow}, Calendar: row.calendar,
			}))
		})
	}
}

// Whatever the flows, in each account the closing is the opening and the sum of what is listed, day by day and in all, and no
// flow crosses from one currency or account to another.
func TestForecast_ClosingIsOpeningAndFlows(t *testing.T) {
	t.Parallel()
	for seed := range propertySeeds() {
		random := rand.New(rand.NewPCG(seed, 7))
		params := mycac.ForecastParams{From: date(t, "2026-01-15"), Days: 1 + random.IntN(400)}
		for _, account := range []string{"a", "b"} {
			for _, currency := range []string{"DJF", "EUR", "USD"} {
				params.Positions = append(params.Positions, mycac.Position{Account: account, Balance: amountOf(random.Int64N(1_000_000)-300_000, currency)})
				params.Thresholds = append(params.Thresholds, mycac.Threshold{Account: account, Least: amountOf(random.Int64N(100_000), currency)})
			}
		}
		for i := range random.IntN(20) {
			position := params.Positions[random.IntN(len(params.Positions))]
			amount := position.Balance
			amount.Minor = random.Int64N(200_000) - 100_000
			if amount.Minor == 0 {
				amount.Minor = 1
			}
			params.Flows = append(params.Flows, mycac.Flow{
				ID: string(rune('A' + i)), Account: position.Account, Amount: amount, Interval: random.IntN(4), Times: random.IntN(3) * random.IntN(20),
				Every: []mycac.Every{mycac.Once, mycac.Weekly, mycac.Monthly}[random.IntN(3)],
				First: wallet.DateOf(time.Date(2024, 1, 1+random.IntN(1000), 0, 0, 0, 0, time.UTC)),
			})
		}
		params.Calendar = mycac.Calendar{
			Weekend: []time.Weekday{time.Weekday(random.IntN(7)), time.Weekday(random.IntN(7))},
			Rule:    []mycac.ClosedDayRule{"", mycac.Following, mycac.ModifiedFollowing, mycac.Preceding, mycac.SameDay}[random.IntN(5)],
		}
		for range random.IntN(30) {
			params.Calendar.Holidays = append(params.Calendar.Holidays, wallet.DateOf(time.Date(2026, 1, 1+random.IntN(400), 0, 0, 0, 0, time.UTC)))
		}
		called := 0
		params.OnThreshold = func(mycac.Crossing) { called++ }
		forecast, err := mycac.NewForecast(params)
		require.NoError(t, err)
		require.Len(t, forecast.Accounts, len(params.Positions))
		require.Len(t, forecast.Crossings, called)
		crossings := 0
		for _, account := range forecast.Accounts {
			require.Len(t, account.Days, params.Days)
			balance := account.Opening.Minor
			for _, day := range account.Days {
				require.Equal(t, balance, day.Opening.Minor)
				for _, flow := range day.Flows {
					balance += flow.Amount.Minor
					require.Equal(t, account.Currency, codeOf(flow.Amount))
					require.True(t, !day.Closed || params.Calendar.Rule == mycac.SameDay, "nothing is paid on a closed day")
				}
				require.Equal(t, balance, day.Closing.Minor)
			}
			require.Equal(t, balance, account.Closing.Minor)
			crossings += crossingsOf(account, params.Thresholds)
		}
		require.Len(t, forecast.Crossings, crossings)
	}
}

// crossingsOf counts the days on which an account goes below a threshold, in another way.
func crossingsOf(account mycac.AccountForecast, thresholds []mycac.Threshold) (n int) {
	for _, threshold := range thresholds {
		if threshold.Account != account.Account || codeOf(threshold.Least) != account.Currency {
			continue
		}
		for i, day := range account.Days {
			if day.Closing.Minor < threshold.Least.Minor && (i == 0 || account.Days[i-1].Closing.Minor >= threshold.Least.Minor) {
				n++
			}
		}
	}
	return n
}

func TestForecast_NamesWhatCannotBe(t *testing.T) {
	t.Parallel()
	good := mycac.Flow{ID: "f", Account: "a", Amount: djf(-1), Every: mycac.Monthly, First: date(t, "2026-05-01")}
	change := func(do func(*mycac.Flow)) mycac.Flow { f := good; do(&f); return f }
	_, err := mycac.NewForecast(mycac.ForecastParams{
		From: date(t, "2026-05-01"), Positions: []mycac.Position{{Account: "a", Balance: djf(0)}},
		Flows: []mycac.Flow{
			good, good,
			change(func(f *mycac.Flow) { f.ID = "g"; f.Account = "DJ2100010000000154000100186" }),
			change(func(f *mycac.Flow) { f.ID = "h"; f.Amount = usd(5) }),
			change(func(f *mycac.Flow) { f.ID = "i"; f.Every = "yearly" }),
			change(func(f *mycac.Flow) { f.ID = "j"; f.First = wallet.Date{Year: 2026, Month: 2, Day: 30} }),
			change(func(f *mycac.Flow) { f.ID = "k"; f.Last = date(t, "2026-04-30") }),
			change(func(f *mycac.Flow) { f.ID = "l"; f.Amount = djf(0) }),
			change(func(f *mycac.Flow) { f.ID = "m"; f.Interval = -1 }),
			change(func(f *mycac.Flow) { f.ID = "" }),
		},
	})
	var input *mycac.InputError
	require.ErrorAs(t, err, &input)
	var named []string
	for _, p := range input.Problems {
		named = append(named, p.String())
	}
	require.Equal(t, []string{
		"entry 2: id f is that of entry 1 too: a flow that comes twice would be counted twice",
		"entry 3: account DJ21…0186 has no position in DJF: give its balance, 0 where it is empty",
		"entry 4: account a has no position in USD: give its balance, 0 where it is empty",
		"entry 5: every yearly must be once, weekly or monthly",
		"entry 6: first 2026-02-30 must be a date such as 2026-05-31",
		"entry 7: last 2026-04-30 must not lie before the first, 2026-05-01",
		"entry 8: amount 0 must not be zero: money in is positive, money out is negative",
		"entry 9: interval -1 must lie between 0 and 1200",
		"entry 10: id is missing: a flow without one could be counted twice unseen",
	}, named)

	for name, params := range map[string]mycac.ForecastParams{
		"no first day":   {},
		"too many days":  {From: date(t, "2026-05-01"), Days: 4000},
		"always closed":  {From: date(t, "2026-05-01"), Calendar: mycac.Calendar{Weekend: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}},
		"a rule unknown": {From: date(t, "2026-05-01"), Calendar: mycac.Calendar{Rule: "nearest"}},
		"no holiday":     {From: date(t, "2026-05-01"), Calendar: mycac.Calendar{Holidays: []wallet.Date{{}}}},
		"two balances":   {From: date(t, "2026-05-01"), Positions: []mycac.Position{{Account: "a", Balance: djf(0)}, {Account: "a", Balance: djf(1)}}},
		"beyond int64": {From: date(t, "2026-05-01"), Positions: []mycac.Position{{Account: "a", Balance: djf(math.MaxInt64)}},
			Flows: []mycac.Flow{{ID: "f", Account: "a", Amount: djf(1), Every: mycac.Once, First: date(t, "2026-05-02")}}},
	} {
		_, err := mycac.NewForecast(params)
		require.Error(t, err, name)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	sorted, err := mycac.Positions(
		mycac.Position{Account: "b", Balance: djf(5)}, mycac.Position{Account: "a", Balance: usd(7)}, mycac.Position{Account: "a", Balance: djf(1)})
	require.NoError(t, err)
	require.Equal(t, []mycac.Position{{Account: "a", Balance: djf(1)}, {Account: "a", Balance: usd(7)}, {Account: "b", Balance: djf(5)}}, sorted)
	totals, err := mycac.TotalsByCurrency(sorted...)
	require.NoError(t, err)
	require.Equal(t, []money.Amount{djf(6), usd(7)}, totals, "never across currencies")
	_, err = mycac.TotalsByCurrency(mycac.Position{Balance: djf(math.MaxInt64)}, mycac.Position{Balance: djf(1)})
	require.Error(t, err)
}

func TestFlowSources(t *testing.T) {
	t.Parallel()
	flows, skipped, err := mycac.FlowSources{
		Orders: []mycac.StandingOrder{
			{ID: "rent", AccountID: "a", Amount: djf(-90_000), Frequency: "MONTHLY", First: date(t, "2025-01-31"), Status: "active"},
			{ID: "saving", AccountID: "a", Amount: djf(-5_000), Frequency: "weekly", Next: date(t, "2026-05-04")},
			{ID: "old", AccountID: "a", Amount: djf(-1), Frequency: "weekly", Next: date(t, "2026-05-04"), Status: "suspended"},
		},
		Loans: []mycac.Loan{
			{ID: "car", AccountID: "a", Instalment: djf(-40_000), NextDue: date(t, "2026-05-15"), Remaining: 1, Status: "active"},
			{ID: "house", AccountID: "a", Schedule: []mycac.Instalment{
				{Due: date(t, "2026-04-20"), Amount: djf(-7), Status: "paid"}, {Due: date(t, "2026-05-20"), Amount: djf(-8), Status: "due"},
			}},
			{ID: "done", Status: "repaid"},
		},
	}.Flows()
	require.NoError(t, err)
	require.Equal(t, []mycac.SkippedFlow{
		{ID: "old", Kind: mycac.FlowStandingOrder, Status: "suspended"}, {ID: "done", Kind: mycac.FlowLoan, Status: "repaid"},
	}, skipped)
	forecast, err := mycac.NewForecast(mycac.ForecastParams{
		From: date(t, "2026-05-01"), Days: 31, Flows: flows, Positions: []mycac.Position{mycac.Balance{AccountID: "a", Amount: djf(500_000)}.Position()},
	})
	require.NoError(t, err)
	require.Equal(t, djf(500_000-90_000-4*5_000-40_000-8), forecast.Accounts[0].Closing)

	_, _, err = mycac.FlowSources{
		Orders: []mycac.StandingOrder{
			{ID: "a", Frequency: "yearly", Next: date(t, "2026-05-04")}, {ID: "b", Frequency: "once"},
			{ID: "c", Frequency: "weekly", Times: 3, Next: date(t, "2026-05-04")},
		},
		Loans: []mycac.Loan{{ID: "d"}},
	}.Flows()
	var input *mycac.InputError
	require.ErrorAs(t, err, &input)
	require.Len(t, input.Problems, 4)
	require.Equal(t, "entry 4: next_due is missing: nobody knows when the loan d is paid", input.Problems[3].String())
}

func FuzzForecast(f *testing.F) {
	f.Add(2026, 5, 31, 2026, 1, 31, int64(-5), 1, 0, 2, uint8(1), uint8(3))
	f.Add(2028, 2, 29, 2024, 2, 29, int64(math.MaxInt64), 3, 5, 30, uint8(2), uint8(127))
	f.Fuzz(func(t *testing.T, y, m, d, fy, fm, fd int, minor int64, interval, times, days int, kind, weekend uint8) {
		params := mycac.ForecastParams{
			From: wallet.Date{Year: y, Month: time.Month(m), Day: d}, Days: days % 500, Positions: []mycac.Position{{Account: "a", Balance: djf(7)}},
			Flows: []mycac.Flow{{
				ID: "f", Account: "a", Amount: djf(minor), Interval: interval, Times: times,
				Every: []mycac.Every{mycac.Once, mycac.Weekly, mycac.Monthly, "x"}[kind%4], First: wallet.Date{Year: fy, Month: time.Month(fm), Day: fd},
			}},
		}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if weekend>>day&1 == 1 {
				params.Calendar.Weekend = append(params.Calendar.Weekend, day)
			}
		}
		params.Calendar.Rule = []mycac.ClosedDayRule{mycac.Following, mycac.ModifiedFollowing, mycac.Preceding, mycac.SameDay}[weekend>>7+kind>>7*2]
		forecast, err := mycac.NewForecast(params)
		if err != nil {
			return
		}
		balance := int64(7)
		for _, day := range forecast.Accounts[0].Days {
			for _, flow := range day.Flows {
				balance += flow.Amount.Minor
			}
			require.Equal(t, balance, day.Closing.Minor)
		}
	})
}

func BenchmarkForecast(b *testing.B) {
	params := mycac.ForecastParams{From: date(b, "2026-05-01"), Calendar: mycac.Calendar{Weekend: []time.Weekday{time.Friday}}}
	for i := range 1000 {
		account := fmt.Sprint(i)
		params.Positions = append(params.Positions, mycac.Position{Account: account, Balance: djf(int64(i))})
		params.Flows = append(params.Flows, mycac.Flow{ID: account, Account: account, Amount: djf(-1), Every: mycac.Weekly, First: date(b, "2020-01-01")})
	}
	for b.Loop() {
		_, err := mycac.NewForecast(params)
		require.NoError(b, err)
	}
}
