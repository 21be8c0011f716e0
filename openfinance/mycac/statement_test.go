package mycac_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

func currencyOf(t *testing.T, code string) money.Currency {
	t.Helper()
	c, ok := money.Lookup(code)
	require.True(t, ok)
	return c
}

// aprilOf asks for the month that live fills in.
func aprilOf(account string) mycac.StatementParams {
	return mycac.StatementParams{AccountID: account, From: day("2026-04-01"), To: day("2026-04-30")}
}

func (b *bank) live() {
	for _, account := range []string{accountDJF, accountUSD, accountEUR} {
		b.Live(account, april.AddDate(0, 0, -40), 40+30)
	}
}

// anchored adds the balances at both ends, as the gateway's ledger has them.
func (b *bank) anchored(t *testing.T, params mycac.StatementParams) mycac.StatementParams {
	t.Helper()
	ledger := b.Ledger(params.AccountID, params.From.String(), params.To.String())
	c := currencyOf(t, ledger.Currency)
	params.Opening, params.Closing = &money.Amount{Minor: ledger.Opening, Currency: c}, &money.Amount{Minor: ledger.Closing, Currency: c}
	return params
}

func TestStatement_IsWhatTheGatewayHas(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]gatewaytest.MyCACOptions{
		"pages": {Seed: 1, PageSize: 7}, "one page": {Seed: 2, PageSize: 1000}, "with balances": {Seed: 3, PageSize: 10, Balances: true},
		"newest first": {Seed: 4, PageSize: 9, NewestFirst: true, Balances: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bankOf(t, options, func(o *mycac.Options) { o.NewestFirst = options.NewestFirst })
			b.live()
			session := b.logIn(t)
			for _, account := range []string{accountDJF, accountUSD, accountEUR} {
				params := aprilOf(account)
				if !options.Balances {
					params = b.anchored(t, params)
				}
				whole, err := session.ReadStatement(t.Context(), params)
				require.NoError(t, err)
				ledger := b.Ledger(account, "2026-04-01", "2026-04-30")
				c := currencyOf(t, ledger.Currency)
				require.NotEmpty(t, ledger.Lines)
				require.Len(t, whole.Lines, len(ledger.Lines))
				require.Equal(t, c, whole.Currency)
				require.Equal(t, money.Amount{Minor: ledger.Opening, Currency: c}, whole.Opening)
				require.Equal(t, money.Amount{Minor: ledger.Movements, Currency: c}, whole.Movements)
				require.Equal(t, money.Amount{Minor: ledger.Closing, Currency: c}, whole.Closing)
				require.True(t, whole.OpeningSet && whole.ClosingSet)
				for i, line := range whole.Lines {
					want := ledger.Lines[i]
					if options.NewestFirst {
						want = ledger.Lines[len(ledger.Lines)-1-i]
					}
					require.Equal(t, want.TxID, line.TxID)
					require.Equal(t, want.Amount, line.Amount.Minor)
					require.Equal(t, want.ValueDate, line.ValueDate.String())
					require.Equal(t, want.Channel, line.Channel)
					require.Equal(t, want.Original, line.OriginalTxID)
					require.Contains(t, string(line.Raw), want.TxID)
				}
			}
		})
	}
}

func TestStatement_TheSamplePage(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile("testdata/mycac_statement_response.json")
	require.NoError(t, err)
	var asked []string
	session := scripted(t, func(request string) string {
		asked = append(asked, request)
		if strings.Contains(request, `"page":1`) {
			return string(sample)
		}
		return `{"account_id":"DJ81-CAC-...","currency":"DJF","page":2,"items":[]}`
	}, mycac.Options{})
	whole, err := session.ReadStatement(t.Context(), aprilOf("DJ81-CAC-..."))
	require.NoError(t, err)
	require.JSONEq(t, `{"account_id":"DJ81-CAC-...","from_date":"2026-04-01","to_date":"2026-04-30","channels":["WALLET","CACPAY","BANK"],"page":1}`, asked[0])
	require.Len(t, asked, 2)
	require.Len(t, whole.Lines, 1)
	line := whole.Lines[0]
	require.Equal(t, money.Amount{Minor: -2500, Currency: money.DJF()}, line.Amount)
	require.Equal(t, money.Amount{Minor: 184500, Currency: money.DJF()}, line.BalanceAfter)
	require.Equal(t, money.Amount{Minor: 187000, Currency: money.DJF()}, whole.Opening)
	require.Equal(t, "Merchant: Beyti Cafe", line.Counterparty)
	require.False(t, whole.OpeningSet || whole.ClosingSet, "nobody says them")
	require.NotContains(t, fmt.Sprint(line.LogValue()), "Beyti")
}

// roundTrip answers without a network.
type roundTrip func(request string) string

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f(string(body)))), Request: r}, nil
}

func scripted(t testing.TB, answer func(request string) string, options mycac.Options) *mycac.Session {
	t.Helper()
	options.URL, options.HTTPClient, options.MaxAttempts = "https://gateway.example", &http.Client{Transport: roundTrip(answer)}, 1
	client, err := mycac.NewClient(options)
	require.NoError(t, err)
	session, err := client.Session(mycac.SessionParams{Token: "t", Ends: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	return session
}

// Whatever the gateway does wrong is named, and no line of the page is given out.
func TestStatement_NamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	drift := func(field string, value any) gatewaytest.Fault {
		return gatewaytest.Fault{Kind: gatewaytest.Drift, After: 1, Change: func(item map[string]any) {
			if value == nil {
				delete(item, field)
			} else {
				item[field] = value
			}
		}}
	}
	for name, tt := range map[string]struct {
		fault gatewaytest.Fault
		is    error
		says  string
	}{
		"lost line":       {gatewaytest.Fault{Kind: gatewaytest.LostLine, Line: 12}, mycac.ErrMissingLine, "before line 12 (TX-"},
		"first lost":      {gatewaytest.Fault{Kind: gatewaytest.LostLine, Line: 1}, mycac.ErrMissingLine, "before line 1 (TX-"},
		"doubled line":    {gatewaytest.Fault{Kind: gatewaytest.DoubledLine, Line: 12}, mycac.ErrDoubledLine, "line 13 (TX-"},
		"page repeated":   {gatewaytest.Fault{Kind: gatewaytest.RepeatPage}, mycac.ErrDoubledLine, "line 11 (TX-"},
		"page backwards":  {gatewaytest.Fault{Kind: gatewaytest.PageBackwards}, mycac.ErrPage, "page 2: page 1 must be 2, which was asked for: the pages go backwards"},
		"other account":   {gatewaytest.Fault{Kind: gatewaytest.OtherAccount, After: 1}, mycac.ErrPage, "page 2: account_id must be the one that was asked for"},
		"line of another": {gatewaytest.Fault{Kind: gatewaytest.OtherLine, After: 1}, mycac.ErrPage, "page 2, line 10 (TX-"},
		"other currency":  {gatewaytest.Fault{Kind: gatewaytest.OtherCurrency, After: 1}, mycac.ErrPage, "page 2: currency XOF must be DJF, as before"},
		"fraction":        {gatewaytest.Fault{Kind: gatewaytest.Fraction, After: 1}, money.ErrFraction, "amount 10.505 has a fraction that DJF has not"},
		"line's currency": {drift("currency", "EUR"), mycac.ErrPage, "currency EUR must be DJF"},
		"unknown":         {drift("currency", "ZZZ"), mycac.ErrPage, "currency ZZZ is not known"},
		"no amount":       {drift("amount", nil), mycac.ErrPage, "amount is missing"},
		"no balance":      {drift("balance_after", nil), mycac.ErrPage, "balance_after is missing"},
		"a text":          {drift("amount", "+25377123456"), mycac.ErrPage, "amount (a text of 12 bytes) must be a number"},
		"too much":        {drift("amount", json.Number("1e30")), money.ErrRange, "amount 1e30 is beyond"},
		"no id":           {drift("tx_id", nil), mycac.ErrPage, "tx_id is missing"},
		"no day":          {drift("value_date", nil), mycac.ErrPage, "value_date must be a date"},
		"other day":       {drift("value_date", "12/04/2026"), mycac.ErrPage, "value_date (a text of 10 bytes) must be a date"},
		"number for text": {drift("channel", 7), mycac.ErrPage, "channel 7 must be a text"},
		"server error":    {gatewaytest.Fault{Kind: gatewaytest.ServerError, After: 1}, nil, "503"},
		"rate limit":      {gatewaytest.Fault{Kind: gatewaytest.RateLimit, After: 1, RetryAfter: time.Hour}, mycac.ErrRateLimited, "429"},
		"firewall":        {gatewaytest.Fault{Kind: gatewaytest.Firewall, After: 1}, nil, "something in front of it, answered 403"},
		"reset":           {gatewaytest.Fault{Kind: gatewaytest.Reset, After: 1}, nil, "EOF"},
		"session over":    {gatewaytest.Fault{Kind: gatewaytest.ExpiredToken, After: 1}, mycac.ErrSessionOver, "session_expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bankOf(t, gatewaytest.MyCACOptions{Seed: 5, PageSize: 10}, nil)
			b.live()
			session := b.logIn(t)
			b.Inject(tt.fault)
			params := b.anchored(t, aprilOf(accountDJF))
			var lines []mycac.Line
			var failed *mycac.StatementError
			for line, err := range session.Statement(t.Context(), params) {
				if err != nil {
					require.ErrorAs(t, err, &failed)
					require.ErrorContains(t, err, tt.says)
					require.NotContains(t, err.Error(), "SOMEBODY")
					require.NotContains(t, err.Error(), "77123456")
					if tt.is != nil {
						require.ErrorIs(t, err, tt.is)
					}
					continue
				}
				require.Nil(t, failed, "nothing comes behind an error")
				lines = append(lines, line)
			}
			require.NotNil(t, failed)
			require.Len(t, lines, failed.Place.Lines, "each page is given out whole or not at all")

			// What was kept as JSON goes on where it ended, without a hole and without a doubled line.
			kept, err := json.Marshal(failed.Place)
			require.NoError(t, err)
			params.Resume = &mycac.Place{}
			require.NoError(t, json.Unmarshal(kept, params.Resume))
			if session.Over() || tt.fault.Kind == gatewaytest.RateLimit { // the pause counts for the session
				session = b.logIn(t)
			}
			b.ClearFaults()
			for line, err := range session.Statement(t.Context(), params) {
				require.NoError(t, err)
				lines = append(lines, line)
			}
			ledger := b.Ledger(accountDJF, "2026-04-01", "2026-04-30")
			require.Len(t, lines, len(ledger.Lines))
			for i, line := range lines {
				require.Equal(t, ledger.Lines[i].TxID, line.TxID)
			}
		})
	}
}

// A page that comes again behind a place is found, also when its lines add up to nothing.
func TestStatement_ResumeKnowsTheLastPage(t *testing.T) {
	t.Parallel()
	page := func(n int) string {
		return fmt.Sprintf(`{"account_id":"a","currency":"DJF","page":%d,"items":[
			{"tx_id":"1","value_date":"2026-04-01","amount":5,"channel":"BANK","balance_after":105},
			{"tx_id":"2","value_date":"2026-04-01","amount":-5,"channel":"BANK","balance_after":100}]}`, n)
	}
	session := scripted(t, func(request string) string {
		if strings.Contains(request, `"page":1`) {
			return page(1)
		}
		return page(2)
	}, mycac.Options{})
	opening := money.Amount{Minor: 100, Currency: money.DJF()}
	params := aprilOf("a")
	params.Opening, params.Closing = &opening, &opening
	for range 2 {
		var failed *mycac.StatementError
		for _, err := range session.Statement(t.Context(), params) {
			if err != nil {
				require.ErrorAs(t, err, &failed)
			}
		}
		require.ErrorIs(t, failed, mycac.ErrDoubledLine)
		require.Equal(t, 1, failed.Place.Pages)
		params.Resume = &failed.Place
	}
	other := aprilOf("b")
	other.Resume = params.Resume
	_, err := session.ReadStatement(t.Context(), other)
	require.ErrorContains(t, err, "is of another statement")
}

func TestReadStatement_EverythingOrNothing(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{Seed: 6, PageSize: 10}, nil)
	b.live()
	session := b.logIn(t)
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.ExpiredToken, After: 2})
	whole, err := session.ReadStatement(t.Context(), aprilOf(accountDJF))
	require.ErrorIs(t, err, mycac.ErrSessionOver)
	require.Nil(t, whole)
	failed, ok := errors.AsType[*mycac.StatementError](err)
	require.True(t, ok)
	require.Zero(t, failed.Place.Pages, "nothing was given out, so it goes on at the beginning")

	// A refund that is booked while the statement is read is in it.
	session = b.logIn(t)
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.LateRefund, After: 2})
	before := len(b.Ledger(accountDJF, "2026-04-01", "2026-04-30").Lines)
	whole, err = session.ReadStatement(t.Context(), aprilOf(accountDJF))
	require.NoError(t, err)
	require.Len(t, whole.Lines, before+1)
	last := whole.Lines[len(whole.Lines)-1]
	require.NotEmpty(t, last.OriginalTxID)
	require.True(t, last.ValueDate.Before(day("2026-04-01")), "its value date is that of the purchase")

	// The opening of the day before must be the opening of this one.
	params := b.anchored(t, aprilOf(accountDJF))
	params.Opening.Minor++
	_, err = session.ReadStatement(t.Context(), params)
	require.ErrorIs(t, err, mycac.ErrMissingLine)
	params.Opening.Minor--
	params.Closing.Minor -= 7
	_, err = session.ReadStatement(t.Context(), params)
	gap, ok := errors.AsType[*mycac.BalanceError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, int64(-7), gap.Gap.Minor)
	require.Equal(t, before+2, gap.Line)
	require.ErrorContains(t, err, "at the end, after TX-")

	// Nothing in it: opening and closing must be the same.
	b.AddAccount(accountEUR, "EUR", 2, 100)
	euros, cents := money.Amount{Minor: 100, Currency: money.EUR()}, money.Amount{Minor: 99, Currency: money.EUR()}
	params = aprilOf(accountEUR)
	params.Opening, params.Closing = &euros, &euros
	whole, err = session.ReadStatement(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, euros, whole.Closing)
	require.Equal(t, money.Amount{Currency: money.EUR()}, whole.Movements)
	params.Closing = &cents
	_, err = session.ReadStatement(t.Context(), params)
	require.ErrorIs(t, err, mycac.ErrMissingLine)
}

func TestStatement_QuarantinesALineAndGoesOn(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{Seed: 7, PageSize: 10}, nil)
	b.live()
	session := b.logIn(t)
	params := b.anchored(t, aprilOf(accountUSD))
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.Fraction, After: 1})
	var aside []mycac.RefusedLine
	params.Quarantine = func(_ context.Context, line mycac.RefusedLine) error {
		aside = append(aside, line)
		return nil
	}
	whole, err := session.ReadStatement(t.Context(), params)
	require.NoError(t, err)
	require.Len(t, aside, 1)
	require.Equal(t, aside, whole.SetAside)
	require.ErrorIs(t, aside[0].Reason, money.ErrFraction)
	require.Equal(t, 10, aside[0].Reason.Line)
	require.Contains(t, string(aside[0].Raw), "10.505")
	ledger := b.Ledger(accountUSD, "2026-04-01", "2026-04-30")
	require.Len(t, whole.Lines, len(ledger.Lines)-1)
	require.Equal(t, ledger.Movements-ledger.Lines[19].Amount, whole.Movements.Minor, "it is not made up for")

	stop := errors.New("the disk is full")
	params.Quarantine = func(context.Context, mycac.RefusedLine) error { return stop }
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.Fraction, After: 1})
	_, err = session.ReadStatement(t.Context(), params)
	require.ErrorIs(t, err, stop)
}

func TestStatement_SomeChannels(t *testing.T) {
	t.Parallel()
	b := bankOf(t, gatewaytest.MyCACOptions{Seed: 8, PageSize: 10}, nil)
	b.live()
	session := b.logIn(t)
	params := aprilOf(accountDJF)
	params.Channels, params.Partial = []string{mycac.ChannelCACPAY}, true
	whole, err := session.ReadStatement(t.Context(), params)
	require.NoError(t, err)
	require.NotEmpty(t, whole.Lines)
	for _, line := range whole.Lines {
		require.Equal(t, mycac.ChannelCACPAY, line.Channel)
	}
	b.Inject(gatewaytest.Fault{Kind: gatewaytest.DoubledLine, Line: 3})
	_, err = session.ReadStatement(t.Context(), params)
	require.ErrorIs(t, err, mycac.ErrDoubledLine)
}

func TestStatement_Params(t *testing.T) {
	t.Parallel()
	session := scripted(t, func(string) string { t.Error("nothing may be sent"); return "" }, mycac.Options{})
	for says, params := range map[string]mycac.StatementParams{
		"AccountID is missing":    {From: day("2026-04-01"), To: day("2026-04-30")},
		"From and To":             {AccountID: "a", From: day("2026-04-01")},
		"2026-04-01 is before":    {AccountID: "a", From: day("2026-04-30"), To: day("2026-04-01")},
		"Resume is of another st": {AccountID: "a", From: day("2026-04-01"), To: day("2026-04-30"), Resume: &mycac.Place{}},
	} {
		_, err := session.ReadStatement(t.Context(), params)
		require.ErrorContains(t, err, says)
	}
}

func TestStatement_MorePagesThanAllowedAreNotTheWhole(t *testing.T) {
	t.Parallel()
	n := 0
	session := scripted(t, func(string) string {
		n++
		return fmt.Sprintf(`{"account_id":"a","currency":"DJF","page":%d,"items":[
			{"tx_id":"%d","value_date":"2026-04-01","amount":1,"channel":"BANK","balance_after":%d}]}`, n, n, n)
	}, mycac.Options{MaxPages: 3})
	_, err := session.ReadStatement(t.Context(), aprilOf("a"))
	require.ErrorIs(t, err, mycac.ErrPage)
	require.ErrorContains(t, err, "more than 3 pages")
}

func FuzzStatement(f *testing.F) {
	sample, err := os.ReadFile("testdata/mycac_statement_response.json")
	require.NoError(f, err)
	f.Add(string(sample))
	f.Add(`{"account_id":"DJ81-CAC-...","currency":"USD","page":1,"items":[{"tx_id":"1","value_date":"2026-04-12","amount":"1.25","balance_after":1e2}]}`)
	f.Add(`{"items":[{}]}`)
	f.Fuzz(func(t *testing.T, answer string) {
		session := scripted(t, func(request string) string {
			if strings.Contains(request, `"page":1`) {
				return answer
			}
			return `{"account_id":"DJ81-CAC-...","page":2,"items":[]}`
		}, mycac.Options{})
		whole, err := session.ReadStatement(t.Context(), aprilOf("DJ81-CAC-..."))
		if err != nil {
			require.Nil(t, whole)
			return
		}
		sum, err := whole.Opening.Add(whole.Movements)
		require.NoError(t, err)
		require.Equal(t, sum.Minor, whole.Closing.Minor)
		for _, line := range whole.Lines {
			require.NotEmpty(t, line.TxID)
			require.Equal(t, whole.Currency, line.Amount.Currency)
			require.True(t, json.Valid(line.Raw))
		}
	})
}
