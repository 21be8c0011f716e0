package books_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

var created = time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC)

func date(text string) wallet.Date {
	d, err := wallet.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func amount(minor int64, c money.Currency) money.Amount {
	return money.Amount{Minor: minor, Currency: c}
}

// statementOf has some movements of an account in EUR, of +1.00, -2.00, +3.00 and so on.
func statementOf(count int) *books.Statement {
	s := &books.Statement{
		Account: "DJ81-CAC-1", Currency: money.EUR(), From: date("2026-04-01"), To: date("2026-04-30"), Opening: amount(10000, money.EUR()),
		Closing: amount(10000, money.EUR()),
	}
	for i := range count {
		m := books.Movement{
			Account: s.Account, TxID: fmt.Sprint("TX-", i), Amount: amount(int64(100*(i+1)), s.Currency), ValueDate: date("2026-04-12"), Type: "CACPAY",
			Counterparty: "Merchant: Beyti Cafe",
		}
		if i%2 == 1 {
			m.Amount.Minor = -m.Amount.Minor
		}
		s.Closing.Minor += m.Amount.Minor
		s.Movements = append(s.Movements, m)
	}
	return s
}

func write(t testing.TB, s *books.Statement) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, s.WriteCAMT053(&out, created))
	return out.Bytes()
}

func TestStatement_CSV(t *testing.T) {
	t.Parallel()
	s := statementOf(2)
	s.Movements[1].Time = time.Date(2026, 4, 12, 9, 0, 0, 0, time.UTC)
	s.Movements[1].Counterparty, s.Movements[1].Reference, s.Movements[1].Status = `=HYPERLINK("x"), Ltd`, "wave-1", "settled"
	var out bytes.Buffer
	require.NoError(t, s.WriteCSV(&out))
	require.Equal(t, `line,account,currency,value_date,time,tx_id,amount,balance,type,counterparty,reference,status
opening,DJ81-CAC-1,EUR,2026-04-01,,,,100.00,,,,
movement,DJ81-CAC-1,EUR,2026-04-12,,TX-0,1.00,101.00,CACPAY,Merchant: Beyti Cafe,,
movement,DJ81-CAC-1,EUR,2026-04-12,2026-04-12T09:00:00Z,TX-1,-2.00,99.00,CACPAY,"'=HYPERLINK(""x""), Ltd",wave-1,settled
credits,DJ81-CAC-1,EUR,,,,1.00,,,,,
debits,DJ81-CAC-1,EUR,,,,-2.00,,,,,
closing,DJ81-CAC-1,EUR,2026-04-30,,,,99.00,,,,
`, out.String())
}

func TestStatement_CAMT(t *testing.T) {
	t.Parallel()
	s := statementOf(3)
	root := validate(t, write(t, s))
	statement := root.find("BkToCstmrStmt", "Stmt")[0]
	require.Equal(t, "2026-04-01T00:00:00Z", statement.only(t, "FrToDt", "FrDtTm"))
	require.Equal(t, "2026-04-30T23:59:59Z", statement.only(t, "FrToDt", "ToDtTm"))
	require.Equal(t, "DJ81-CAC-1", statement.only(t, "Acct", "Id", "Othr", "Id"))
	require.Equal(t, "4.00", statement.only(t, "TxsSummry", "TtlCdtNtries", "Sum"))
	require.Equal(t, "2.00", statement.only(t, "TxsSummry", "TtlDbtNtries", "Sum"))
	require.Equal(t, "6.00", statement.only(t, "TxsSummry", "TtlNtries", "Sum"))
	require.Equal(t, "2.00", statement.only(t, "TxsSummry", "TtlNtries", "TtlNetNtry", "Amt"))
	again := write(t, statementOf(3))
	require.Equal(t, write(t, s), again, "the same statement is the same message")

	s.Account = "GB82WEST12345698765432"
	for i := range s.Movements {
		s.Movements[i].Account = s.Account
	}
	require.Equal(t, s.Account, validate(t, write(t, s)).only(t, "BkToCstmrStmt", "Stmt", "Acct", "Id", "IBAN"))
	require.Empty(t, validate(t, write(t, statementOf(0))).find("BkToCstmrStmt", "Stmt", "Ntry"), "a day on which nothing happened")
	overdrawn := statementOf(0)
	overdrawn.Opening.Minor, overdrawn.Closing.Minor = -5, -5
	require.Equal(t, "DBIT", validate(t, write(t, overdrawn)).find("BkToCstmrStmt", "Stmt", "Bal")[0].only(t, "CdtDbtInd"))
}

// What XML or the format cannot hold is replaced or shortened, stays unique, and stands whole beside it.
func TestStatement_CAMT_TextsBeyondTheFormat(t *testing.T) {
	t.Parallel()
	s := statementOf(4)
	long := strings.Repeat("x", 500)
	s.Movements[0].TxID, s.Movements[1].TxID = long+"1", long+"2"
	s.Movements[2].TxID, s.Movements[2].Reference, s.Movements[2].Counterparty = " a\x01<&>\"b", long, "\x00\ufffe]]>é😀"
	s.Movements[3].Type, s.Movements[3].Counterparty, s.Movements[3].Status = strings.Repeat("é", 50), long+long, "\xff"
	s.Account = strings.Repeat("wal_XOF_", 8)
	for i := range s.Movements {
		s.Movements[i].Account = s.Account
	}
	root := validate(t, write(t, s))
	statement := root.find("BkToCstmrStmt", "Stmt")[0]
	require.Equal(t, "account "+s.Account, statement.only(t, "AddtlStmtInf"))
	ids := map[string]bool{}
	for i, entry := range statement.find("Ntry") {
		ids[entry.only(t, "NtryRef")] = true
		var whole strings.Builder
		for _, part := range entry.find("NtryDtls", "TxDtls", "RmtInf", "Ustrd") {
			whole.WriteString(part.text)
		}
		if i < 2 {
			require.Equal(t, "tx_id "+s.Movements[i].TxID, whole.String())
		}
	}
	require.Len(t, ids, 4)
	require.Contains(t, statement.find("Ntry")[2].only(t, "AddtlNtryInf"), "]]>é😀")
}

func TestStatement_WhatDoesNotAddUpIsNotWritten(t *testing.T) {
	t.Parallel()
	wide, err := money.NewCurrency("XTS", 6)
	require.NoError(t, err)
	for want, change := range map[string]func(*books.Statement){
		"the movements lead to 102.00 EUR, and the closing balance is 102.01 EUR": func(s *books.Statement) { s.Closing.Minor++ },
		`"TX-0" stands in the statement of DJ81-CAC-1 twice`:                      func(s *books.Statement) { s.Movements[1].TxID = "TX-0" },
		`movement "TX-1" is of "another"`:                                         func(s *books.Statement) { s.Movements[1].Account = "another" },
		`movement "TX-1" is in "USD"`:                                             func(s *books.Statement) { s.Movements[1].Amount.Currency = money.USD() },
		`movement "TX-1" is of 2026-05-01`:                                        func(s *books.Statement) { s.Movements[1].ValueDate = date("2026-05-01") },
		`movement "TX-1" has neither`:                                             func(s *books.Statement) { s.Movements[1].ValueDate = wallet.Date{} },
		"has no tx_id":                                                            func(s *books.Statement) { s.Movements[1].TxID = "" },
		"needs a currency":                                                        func(s *books.Statement) { s.Opening.Currency = money.USD() },
		"needs a first and a last day":                                            func(s *books.Statement) { s.To = date("2026-03-01") },
		"needs the wallet or account":                                             func(s *books.Statement) { s.Account = "" },
		"beyond what can be counted": func(s *books.Statement) {
			s.Movements[0].Amount.Minor, s.Movements[2].Amount.Minor = math.MaxInt64, math.MaxInt64
		},
	} {
		s := statementOf(3)
		change(s)
		var out bytes.Buffer
		require.ErrorContains(t, s.WriteCSV(&out), want)
		require.ErrorContains(t, s.WriteCAMT053(&out, created), want)
		require.Zero(t, out.Len())
	}
	for want, s := range map[string]*books.Statement{
		"at most 18 digits":  {Currency: money.EUR(), Opening: amount(math.MaxInt64, money.EUR()), Closing: amount(math.MaxInt64, money.EUR())},
		"at most 5 decimals": {Currency: wide, Opening: amount(1, wide), Closing: amount(1, wide)},
	} {
		s.Account, s.From, s.To = "a", date("2026-04-01"), date("2026-04-30")
		require.ErrorContains(t, s.WriteCAMT053(&bytes.Buffer{}, created), want)
	}
}

// Whatever moves, the totals that are written agree with the entries to the last unit, in each currency.
func TestStatement_TotalsAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := statementOf(0)
		s.Currency = []money.Currency{money.DJF(), money.USD(), money.EUR(), money.XOF()}[seed%4]
		s.Opening = amount(random.Int64N(2e12)-1e12, s.Currency)
		s.Closing = s.Opening
		for i := range random.IntN(80) {
			m := books.Movement{
				Account: s.Account, TxID: fmt.Sprint("TX-", i), Amount: amount(random.Int64N(2e9)-1e9, s.Currency), ValueDate: date("2026-04-12"),
			}
			s.Closing.Minor += m.Amount.Minor
			s.Movements = append(s.Movements, m)
		}
		statement := validate(t, write(t, s)).find("BkToCstmrStmt", "Stmt")[0]
		signed := func(e *element) *big.Rat {
			value := exact(t, e.only(t, "Amt"))
			if e.only(t, "CdtDbtInd") == "DBIT" {
				value.Neg(value)
			}
			return value
		}
		sum := signed(statement.find("Bal")[0])
		credits, debits := new(big.Rat), new(big.Rat)
		for _, entry := range statement.find("Ntry") {
			value := signed(entry)
			if sum.Add(sum, value); value.Sign() < 0 {
				debits.Sub(debits, value)
			} else {
				credits.Add(credits, value)
			}
		}
		require.Zero(t, sum.Cmp(signed(statement.find("Bal")[1])), "opening and entries make the closing")
		require.Zero(t, credits.Cmp(exact(t, statement.only(t, "TxsSummry", "TtlCdtNtries", "Sum"))))
		require.Zero(t, debits.Cmp(exact(t, statement.only(t, "TxsSummry", "TtlDbtNtries", "Sum"))))

		var out bytes.Buffer
		require.NoError(t, s.WriteCSV(&out))
		table, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		total := exact(t, table[1][7])
		for _, row := range table {
			if row[0] == "movement" {
				require.Zero(t, total.Add(total, exact(t, row[6])).Cmp(exact(t, row[7])))
			}
		}
		require.Zero(t, total.Cmp(exact(t, table[len(table)-1][7])))
	}
}

// wallets is a store of one wallet.
type wallets struct {
	state   walletsync.State
	changes []walletsync.Change
}

func (w *wallets) Load(context.Context, string) (walletsync.State, error) { return w.state, nil }

func (w *wallets) Changes(_ context.Context, _ string, after int64, limit int) ([]walletsync.Change, error) {
	list := w.changes[min(after, int64(len(w.changes))):]
	return list[:min(limit, len(list))], nil
}

func (w *wallets) change(kind walletsync.Kind, id, at string, minor int64) {
	raw := fmt.Sprintf(`{"id":%q,"ts":%q,"type":"card_purchase","amount_minor":%d}`, id, at, minor)
	w.changes = append(w.changes, walletsync.Change{Seq: int64(len(w.changes) + 1), Kind: kind, ID: id, Raw: json.RawMessage(raw)})
	w.state.Seq = int64(len(w.changes))
}

func TestOfWallet(t *testing.T) {
	t.Parallel()
	w := &wallets{state: walletsync.State{Wallet: "w", Sum: 10 + 25 + 40 + 80, Balance: 1155, HasBalance: true}}
	w.change(walletsync.Added, "march", "2026-03-31T23:59:59Z", 10)
	w.change(walletsync.Added, "b", "2026-04-30T22:00:00Z", 40)
	w.change(walletsync.Added, "a", "2026-04-01T00:00:00Z", 20)
	w.change(walletsync.Added, "gone", "2026-04-02T00:00:00Z", 5)
	w.change(walletsync.Modified, "a", "2026-04-01T00:00:00Z", 25)
	w.change(walletsync.Removed, "gone", "2026-04-02T00:00:00Z", 5)
	w.change(walletsync.Added, "may", "2026-05-01T00:00:00Z", 80)
	s, err := books.OfWallet(t.Context(), w, "w", money.XOF(), date("2026-04-01"), date("2026-04-30"), nil)
	require.NoError(t, err)
	require.EqualValues(t, 1010, s.Opening.Minor, "what was there before the first transaction, and March")
	require.EqualValues(t, 1075, s.Closing.Minor)
	require.Len(t, s.Movements, 2)
	require.Equal(t, "a", s.Movements[0].TxID)
	require.EqualValues(t, 25, s.Movements[0].Amount.Minor)
	validate(t, write(t, s))

	djibouti := time.FixedZone("EAT", 3*3600)
	s, err = books.OfWallet(t.Context(), w, "w", money.XOF(), date("2026-04-01"), date("2026-04-30"), djibouti)
	require.NoError(t, err)
	require.EqualValues(t, 1035, s.Closing.Minor, "there the last of April is May already, and the last of March is April")
	require.Equal(t, "march", s.Movements[0].TxID)
	require.Contains(t, string(write(t, s)), "<FrDtTm>2026-04-01T00:00:00+03:00</FrDtTm>")

	w.state.Sum++
	_, err = books.OfWallet(t.Context(), w, "w", money.XOF(), date("2026-04-01"), date("2026-04-30"), nil)
	require.ErrorIs(t, err, books.ErrTotals)
	w.state.Seq++
	_, err = books.OfWallet(t.Context(), w, "w", money.XOF(), date("2026-04-01"), date("2026-04-30"), nil)
	require.ErrorContains(t, err, "has no change after")
	w.state.HasBalance = false
	_, err = books.OfWallet(t.Context(), w, "w", money.XOF(), date("2026-04-01"), date("2026-04-30"), nil)
	require.ErrorIs(t, err, books.ErrBalance)
}

func TestOfMyCAC(t *testing.T) {
	t.Parallel()
	djf := money.DJF()
	whole := &mycac.WholeStatement{
		AccountID: "DJ81-CAC-1", Currency: djf, From: date("2026-04-01"), To: date("2026-04-30"), Opening: amount(187000, djf),
		Closing: amount(184500, djf), Lines: []mycac.Line{{
			TxID: "TX-1", ValueDate: date("2026-04-12"), Amount: amount(-2500, djf), Channel: "CACPAY", Counterparty: "Merchant: Beyti Cafe",
			BalanceAfter: amount(184500, djf),
		}},
	}
	s, err := books.OfMyCAC(whole)
	require.NoError(t, err)
	require.Equal(t, "2500", validate(t, write(t, s)).find("BkToCstmrStmt", "Stmt", "Ntry")[0].only(t, "Amt"))

	// The bank gives back what was bought before these days, with the value date of then. Nobody says when it was booked.
	whole.Lines[0].ValueDate = date("2026-02-20")
	s, err = books.OfMyCAC(whole)
	require.NoError(t, err)
	entry := validate(t, write(t, s)).find("BkToCstmrStmt", "Stmt", "Ntry")[0]
	require.Empty(t, entry.find("BookgDt"))
	require.Equal(t, "2026-02-20", entry.only(t, "ValDt", "Dt"))

	whole.Lines[0].Amount.Minor--
	_, err = books.OfMyCAC(whole)
	require.ErrorIs(t, err, books.ErrTotals)
	whole.SetAside = []mycac.RefusedLine{{Reason: nil}}
	_, err = books.OfMyCAC(whole)
	require.ErrorIs(t, err, books.ErrTotals)
	require.ErrorContains(t, err, "were set aside")
}

// Any text in any place gives a message that fits the schema.
func FuzzStatement_CAMT(f *testing.F) {
	f.Add("wal_1", "TX\x00-1", "type", "<&>]]>", "ref", "ok", int64(-5))
	f.Add(strings.Repeat("é", 600), strings.Repeat("x", 36), "\ufffe", "\x01", " ", "\r\n", int64(math.MinInt64))
	f.Add("GB82WEST12345698765432", " ", "", "", strings.Repeat("~", 35), "", int64(1))
	f.Fuzz(func(t *testing.T, account, id, kind, counterparty, ref, status string, minor int64) {
		s := statementOf(0)
		s.Account = account
		s.Movements = []books.Movement{{
			Account: account, TxID: id, Amount: amount(minor, s.Currency), ValueDate: date("2026-04-12"), Type: kind, Counterparty: counterparty,
			Reference: ref, Status: status,
		}}
		var err error
		if s.Closing, err = s.Opening.Add(s.Movements[0].Amount); err != nil {
			t.Skip()
		}
		var out bytes.Buffer
		if s.WriteCAMT053(&out, created) == nil {
			validate(t, out.Bytes())
		}
	})
}
