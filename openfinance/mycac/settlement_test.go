package mycac_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

func entries(list ...mycac.SettlementEntry) func(func(mycac.SettlementEntry, error) bool) {
	return func(yield func(mycac.SettlementEntry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func scanAt(t testing.TB, id, at string, amount money.Amount) mycac.SettlementEntry {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	return mycac.SettlementEntry{CACPAYEvent: mycac.CACPAYEvent{
		Kind: mycac.CACPAYScan, Name: "cacpay.scan.confirmed", MerchantID: "M", StoreID: "S", TxID: id, Amount: amount, At: moment,
	}}
}

func refundAt(t testing.TB, id, original, at string, amount money.Amount) mycac.SettlementEntry {
	t.Helper()
	e := scanAt(t, id, at, amount)
	e.Kind, e.Name, e.OriginalID = mycac.CACPAYRefund, "cacpay.scan.refunded", original
	return e
}

func settle(t testing.TB, day string, list ...mycac.SettlementEntry) *mycac.Settlement {
	t.Helper()
	s, err := mycac.Settlements(mycac.SettlementParams{Day: date(t, day), Entries: entries(list...)})
	require.NoError(t, err)
	return s
}

// sums is the day in one line: each total, and what is set aside.
func sums(s *mycac.Settlement) string {
	var parts []string
	for _, total := range s.Totals {
		parts = append(parts, fmt.Sprintf("%s %d-%d=%d", total.Currency, total.Gross.Minor, total.Refunds.Minor, total.Net.Minor))
	}
	for _, aside := range s.SetAside {
		parts = append(parts, fmt.Sprintf("%s %s %d", aside.TxID, aside.Reason, aside.Amount.Minor))
	}
	return strings.Join(parts, "; ")
}

func TestSettlements_Refunds(t *testing.T) {
	t.Parallel()
	const morning, noon, evening = "2026-05-09T06:00:00Z", "2026-05-09T09:00:00Z", "2026-05-09T15:00:00Z"
	other := func(e mycac.SettlementEntry, do func(*mycac.SettlementEntry)) mycac.SettlementEntry { do(&e); return e }
	for name, row := range map[string]struct {
		list []mycac.SettlementEntry
		want string
	}{
		"nothing":            {nil, ""},
		"a scan":             {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200))}, "DJF 1200-0=1200"},
		"by id":              {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "a", noon, djf(200))}, "DJF 1200-200=1000"},
		"a copy counts once": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), scanAt(t, "a", morning, djf(1200))}, "DJF 1200-0=1200"},
		"under its own id": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "a", "", noon, djf(200))},
			"DJF 1200-200=1000"},
		"only candidate": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), scanAt(t, "b", morning, djf(1300)),
			refundAt(t, "r", "", noon, djf(1200))}, "DJF 2500-1200=1300"},
		"several candidates": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), scanAt(t, "b", morning, djf(1200)),
			refundAt(t, "r", "", noon, djf(1200))}, "DJF 2400-0=2400; r several-candidates 1200"},
		"a part and no id": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "", noon, djf(200))},
			"DJF 1200-0=1200; r no-candidate 200"},
		"two refunds for one": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "", noon, djf(1200)),
			refundAt(t, "s", "", evening, djf(1200))}, "DJF 1200-0=1200; r several-refunds 1200; s several-refunds 1200"},
		"named ones go first": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), scanAt(t, "b", morning, djf(1200)),
			refundAt(t, "r", "", noon, djf(1200)), refundAt(t, "s", "a", evening, djf(1200))}, "DJF 2400-2400=0"},
		"unknown id": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "z", noon, djf(1200))},
			"DJF 1200-0=1200; r original-unknown 1200"},
		"above its original": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "a", noon, djf(1201))},
			"DJF 1200-0=1200; r above-original 1201"},
		"above with an earlier one": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "a", noon, djf(800)),
			refundAt(t, "s", "a", evening, djf(401))}, "DJF 1200-800=400; s above-original 401"},
		"all of it in parts": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "a", noon, djf(800)),
			refundAt(t, "s", "a", evening, djf(400))}, "DJF 1200-1200=0"},
		"other currency": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), refundAt(t, "r", "a", noon, usd(1200))},
			"DJF 1200-0=1200; r other-currency 1200"},
		"other merchant": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)),
			other(refundAt(t, "r", "a", noon, djf(1200)), func(e *mycac.SettlementEntry) { e.MerchantID = "N" })}, "DJF 1200-0=1200; r other-merchant 1200"},
		"before its original": {[]mycac.SettlementEntry{scanAt(t, "a", noon, djf(1200)), refundAt(t, "r", "a", morning, djf(1200))},
			"DJF 1200-0=1200; r before-original 1200"},
		"currencies apart": {[]mycac.SettlementEntry{scanAt(t, "a", morning, djf(1200)), scanAt(t, "b", morning, usd(350)),
			refundAt(t, "r", "b", noon, usd(50))}, "DJF 1200-0=1200; USD 350-50=300"},
		"the day is Djibouti's": {[]mycac.SettlementEntry{scanAt(t, "a", "2026-05-08T21:00:00Z", djf(1)), scanAt(t, "b", "2026-05-09T20:59:59Z", djf(2)),
			scanAt(t, "c", "2026-05-08T20:59:59Z", djf(4)), scanAt(t, "d", "2026-05-09T21:00:00Z", djf(8))}, "DJF 3-0=3"},
		"of an event of another kind": {[]mycac.SettlementEntry{other(scanAt(t, "a", morning, djf(9)),
			func(e *mycac.SettlementEntry) { e.Kind = mycac.CACPAYOther })}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, sums(settle(t, "2026-05-09", row.list...)))
			slices.Reverse(row.list)
			require.Equal(t, row.want, sums(settle(t, "2026-05-09", row.list...)), "the order in which they come makes no difference")
		})
	}
}

func TestSettlements_LateOnesAndWhatStaysOpen(t *testing.T) {
	t.Parallel()
	list := []mycac.SettlementEntry{
		scanAt(t, "a", "2026-05-09T08:00:00Z", djf(1200)), refundAt(t, "r", "a", "2026-05-11T08:00:00Z", djf(1200)), // late
		refundAt(t, "s", "b", "2026-05-09T09:00:00Z", djf(300)), // comes before its scan does
	}
	late := scanAt(t, "b", "2026-05-09T08:30:00Z", djf(500)) // came when the 9th was settled already
	late.Settled = date(t, "2026-05-10")
	list = append(list, late)

	require.Equal(t, "DJF 1200-0=1200; s original-unknown 300", sums(settle(t, "2026-05-09", list...)))
	second := settle(t, "2026-05-10", list...)
	require.Equal(t, "DJF 500-300=200", sums(second))
	require.True(t, second.Stores[0].Lines[0].Late && second.Stores[0].Lines[1].Late)
	third := settle(t, "2026-05-11", list...)
	require.Equal(t, "DJF 0-1200=-1200", sums(third), "it is netted on its own day, and owed by the merchant")
	line := third.Stores[0].Lines[0]
	require.True(t, line.Late)
	require.Equal(t, "2026-05-09", line.OriginalDay.String())
	require.Equal(t, mycac.MatchedByID, line.MatchedBy)
	require.Equal(t, "S", third.Stores[0].StoreID)

	aside := settle(t, "2026-05-20", refundAt(t, "x", "", "2026-05-09T09:00:00Z", djf(7)))
	require.Equal(t, "x no-candidate 7", sums(aside), "it is named until somebody has looked at it")
	require.Equal(t, "2026-05-09", aside.SetAside[0].Since.String())
}

func TestSettlements_Contradictions(t *testing.T) {
	t.Parallel()
	_, err := mycac.Settlements(mycac.SettlementParams{Day: date(t, "2026-05-09"), Entries: entries(
		scanAt(t, "a", "2026-05-09T08:00:00Z", djf(1200)), scanAt(t, "a", "2026-05-09T08:00:00Z", djf(1201)))})
	require.ErrorIs(t, err, mycac.ErrContradiction)
	_, err = mycac.Settlements(mycac.SettlementParams{Day: date(t, "2026-05-09"), Entries: entries(
		scanAt(t, "a", "2026-05-09T08:00:00Z", djf(math.MaxInt64)), scanAt(t, "b", "2026-05-09T08:00:00Z", djf(1)))})
	require.Error(t, err, "a sum beyond int64")
	_, err = mycac.Settlements(mycac.SettlementParams{Entries: entries()})
	require.Error(t, err)
	_, err = mycac.Settlements(mycac.SettlementParams{Day: date(t, "2026-05-09")})
	require.Error(t, err)
}

func TestDjibouti_IsTheZoneOfTheDatabase(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Africa/Djibouti")
	require.NoError(t, err)
	for at := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2060; at = at.AddDate(0, 1, 3) {
		require.Equal(t, at.In(zone).Format(time.RFC3339), at.In(mycac.Djibouti()).Format(time.RFC3339))
	}
}

// life makes days of scans and refunds of every sort. Refunds that name their originals are noted, so that what must be netted is
// known without matching anything.
func life(random *rand.Rand) (list []mycac.SettlementEntry) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range 20 + random.IntN(60) {
		currency := []string{"DJF", "USD", "EUR"}[random.IntN(3)]
		e := mycac.SettlementEntry{CACPAYEvent: mycac.CACPAYEvent{
			Kind: mycac.CACPAYScan, Name: "cacpay.scan.confirmed", MerchantID: fmt.Sprint("M", random.IntN(2)), StoreID: fmt.Sprint("S", random.IntN(2)),
			TxID: fmt.Sprint("tx", i), Amount: amountOf(1+random.Int64N(4), currency), At: start.Add(time.Duration(random.IntN(6*24*60)) * time.Minute),
		}}
		if i > 0 && random.IntN(3) == 0 {
			original := list[random.IntN(len(list))]
			e.Kind, e.Name, e.MerchantID = mycac.CACPAYRefund, "cacpay.scan.refunded", original.MerchantID
			e.Amount.Currency = original.Amount.Currency
			if random.IntN(2) == 0 {
				e.OriginalID = original.TxID
			} else {
				e.Amount = original.Amount
			}
			if random.IntN(3) == 0 {
				e.StoreID = ""
			}
			e.At = original.At.Add(time.Duration(random.IntN(3*24*60)-60) * time.Minute)
			if end := start.AddDate(0, 0, 10); e.At.After(end) {
				e.At = end
			}
		}
		if random.IntN(8) == 0 {
			e.Settled = wallet.DateOf(e.At.In(mycac.Djibouti()).AddDate(0, 0, 1+random.IntN(2)))
		}
		list = append(list, e)
	}
	return list
}

func TestSettlements_Properties(t *testing.T) {
	t.Parallel()
	type key struct{ currency, id string }
	for seed := range propertySeeds() {
		random := rand.New(rand.NewPCG(seed, 19))
		list := life(random)
		gross, netted, scanned, refunded := map[string]int64{}, map[string]int64{}, map[key]int64{}, map[string]int64{}
		for _, e := range list {
			if e.Kind == mycac.CACPAYScan {
				scanned[key{codeOf(e.Amount), e.TxID}] = e.Amount.Minor
			}
		}
		bookedScans, bookedRefunds := map[string]int{}, map[string]int{}
		var last *mycac.Settlement
		for day := date(t, "2026-04-29"); day.String() < "2026-05-15"; day = wallet.DateOf(time.Date(day.Year, day.Month, day.Day+1, 0, 0, 0, 0, time.UTC)) {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			last = settle(t, day.String(), list...)
			stores := map[string][3]int64{}
			for _, store := range last.Stores {
				require.Equal(t, store.Net.Minor, store.Gross.Minor-store.Refunds.Minor)
				sum := stores[store.Currency]
				stores[store.Currency] = [3]int64{sum[0] + store.Gross.Minor, sum[1] + store.Refunds.Minor, sum[2] + store.Net.Minor}
				var scans, refunds int64
				for _, line := range store.Lines {
					require.Equal(t, store.Currency, codeOf(line.Amount))
					if line.Kind == mycac.CACPAYScan {
						scans += line.Amount.Minor
						bookedScans[line.TxID]++
						gross[store.Currency] += line.Amount.Minor
						continue
					}
					refunds += line.Amount.Minor
					bookedRefunds[line.TxID]++
					netted[store.Currency] += line.Amount.Minor
					refunded[line.OriginalID] += line.Amount.Minor
					require.LessOrEqual(t, refunded[line.OriginalID], scanned[key{store.Currency, line.OriginalID}], "never more than was paid")
				}
				require.Equal(t, store.Gross.Minor, scans)
				require.Equal(t, store.Refunds.Minor, refunds)
			}
			require.Len(t, last.Totals, len(stores))
			for _, total := range last.Totals {
				require.Equal(t, [3]int64{total.Gross.Minor, total.Refunds.Minor, total.Net.Minor}, stores[total.Currency])
				require.Equal(t, total.Net.Minor, total.Gross.Minor-total.Refunds.Minor)
			}
		}
		all := map[string]int64{}
		for _, e := range list {
			if e.Kind == mycac.CACPAYScan {
				require.Equal(t, 1, bookedScans[e.TxID], "every scan is in one settlement")
				all[codeOf(e.Amount)] += e.Amount.Minor
				continue
			}
			aside := slices.ContainsFunc(last.SetAside, func(a mycac.SetAsideRefund) bool { return a.TxID == e.TxID })
			want := 1
			if aside {
				want = 0
			}
			require.Equal(t, want, bookedRefunds[e.TxID], "every refund is netted once or named at the end")
		}
		for currency, sum := range all {
			require.Equal(t, sum, gross[currency])
		}
	}
}

func reportOf(t testing.TB) *mycac.Settlement {
	t.Helper()
	odd := scanAt(t, "=cmd|' /C calc'!A0", "2026-05-09T10:00:00Z", usd(1250))
	odd.MerchantID, odd.StoreID = "<script>alert(1)</script>", "@boutique"
	return settle(t, "2026-05-09", scanAt(t, "a", "2026-05-09T08:00:00Z", djf(1_250_000)), odd,
		refundAt(t, "r", "a", "2026-05-09T09:00:00Z", djf(200)), refundAt(t, "s", "a", "2026-05-09T09:30:00Z", djf(9_000_000)))
}

func TestSettlement_CSVAddsUp(t *testing.T) {
	t.Parallel()
	s := reportOf(t)
	var out bytes.Buffer
	require.NoError(t, s.WriteCSV(&out))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"day", "merchant_id", "store_id", "currency", "kind", "tx_id", "refund_id", "at", "amount", "net", "original_tx_id",
		"original_day", "matched_by", "late", "reason", "since", "closed_by", "closed_because"}, rows[0], "columns are never renamed or moved")
	net := map[string]int64{}
	for _, row := range rows[1:] {
		amount, err := money.ParseJSON([]byte(row[9]), djf(0).Currency)
		if row[3] == "USD" {
			amount, err = money.ParseJSON([]byte(row[9]), usd(0).Currency)
		}
		require.NoError(t, err)
		net[row[3]] += amount.Minor
		for _, cell := range row {
			require.NotRegexp(t, "^[=+@]", cell)
		}
	}
	for _, total := range s.Totals {
		require.Equal(t, total.Net.Minor, net[total.Currency])
	}
	require.Equal(t, "set-aside", rows[len(rows)-1][4])
	require.Equal(t, "0", rows[len(rows)-1][9])
}

func TestSettlement_JSONIsExact(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, reportOf(t).WriteJSON(&out))
	var object struct {
		Day      string
		SetAside []map[string]any `json:"set_aside"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &object))
	require.Equal(t, "2026-05-09", object.Day)
	require.Equal(t, "above-original", object.SetAside[0]["reason"])
}

func TestSettlement_Page(t *testing.T) {
	t.Parallel()
	s := reportOf(t)
	for language, words := range map[mycac.Language][]string{
		mycac.English: {`lang="en"`, "Saturday", "1 refund is not netted", "what is left of its payment"},
		mycac.French:  {`lang="fr"`, "samedi", "n’a pas été déduit", "ce qui reste du paiement"},
	} {
		var out bytes.Buffer
		require.NoError(t, s.WritePage(&out, mycac.PageOptions{Language: language, Company: "A & B"}))
		for _, word := range append(words, "A &amp; B", "default-src &#39;none&#39;") {
			require.Contains(t, strings.ReplaceAll(out.String(), "default-src 'none'", "default-src &#39;none&#39;"), word)
		}
		require.NotContains(t, out.String(), "<script", "what came from outside is text")
		require.NotContains(t, out.String(), "ZgotmplZ")
	}
	require.Error(t, s.WritePage(&bytes.Buffer{}, mycac.PageOptions{Language: "de"}))

	var out bytes.Buffer
	require.NoError(t, s.WritePage(&out, mycac.PageOptions{MaxLines: 1}))
	require.Contains(t, out.String(), "2 more are not listed here")
}

// A refund that was closed is named by the settlement of that day, and by none after it; those before have it set aside.
func TestSettlements_Closed(t *testing.T) {
	t.Parallel()
	closed := refundAt(t, "r", "", "2026-05-09T09:00:00Z", djf(1200))
	closed.Closed = &mycac.Closing{By: "=Amina", Reason: "taken <back>", Settled: date(t, "2026-05-11")}
	list := []mycac.SettlementEntry{
		scanAt(t, "a", "2026-05-09T06:00:00Z", djf(1200)), closed, refundAt(t, "s", "", "2026-05-09T10:00:00Z", djf(1200)),
	}
	require.Equal(t, "DJF 1200-0=1200; r several-refunds 1200; s several-refunds 1200", sums(settle(t, "2026-05-09", list...)))
	require.Equal(t, "r several-refunds 1200; s several-refunds 1200", sums(settle(t, "2026-05-10", list...)))
	day := settle(t, "2026-05-11", append(list, scanAt(t, "z", "2026-05-11T06:00:00Z", djf(5)))...)
	require.Equal(t, "DJF 5-1200=-1195", sums(day), "the other one is the only one now")
	require.Len(t, day.Closed, 1)
	require.Equal(t, mycac.SeveralRefunds, day.Closed[0].Reason)

	var text bytes.Buffer
	require.NoError(t, day.WriteCSV(&text))
	rows, err := csv.NewReader(&text).ReadAll()
	require.NoError(t, err)
	last := rows[len(rows)-1]
	require.Equal(t, []string{"closed", "r", "1200", "0", "'=Amina", "taken <back>"}, []string{last[4], last[5], last[8], last[9], last[16], last[17]})
	text.Reset()
	require.NoError(t, day.WritePage(&text, mycac.PageOptions{Language: mycac.French}))
	require.Contains(t, text.String(), "Clos par une personne · 1")
	require.Contains(t, text.String(), "taken &lt;back&gt;")
	require.Empty(t, settle(t, "2026-05-12", list...).Closed)
}

func BenchmarkSettlements(b *testing.B) {
	var list []mycac.SettlementEntry
	for i := range 100_000 {
		e := scanAt(b, fmt.Sprint("tx", i), "2026-05-09T08:00:00Z", djf(int64(1+i)))
		e.StoreID = fmt.Sprint(i % 500)
		list = append(list, e)
		if i%20 == 0 {
			list = append(list, refundAt(b, fmt.Sprint("r", i), e.TxID, "2026-05-09T09:00:00Z", djf(1)))
		}
	}
	for b.Loop() {
		settle(b, "2026-05-09", list...)
	}
}
