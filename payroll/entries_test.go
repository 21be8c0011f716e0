package payroll_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func entriesOf(t testing.TB, writer payroll.ReportWriter, journal payroll.Journal, options payroll.EntryOptions) (string, payroll.Entries) {
	t.Helper()
	var out bytes.Buffer
	entries, err := writer.WriteEntries(t.Context(), &out, journal, options)
	require.NoError(t, err)
	return strings.TrimPrefix(out.String(), "\ufeff"), entries
}

func paidOn(at time.Time, i int, amount, fee djamo.XOF) payroll.Payout {
	return payroll.Payout{
		MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: amount, Reference: fmt.Sprint("july/", i), Name: "Aya Koné", Description: "Salaire",
		State: payroll.Completed, Fee: fee, Attempts: 1, SentAt: at, TransactionAt: at,
	}
}

func TestReportWriter_WriteEntries(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 7, 28, 23, 59, 0, 0, time.UTC)
	odd := paidOn(late.Add(2*time.Minute), 3, 5_000, 0)
	odd.Name, odd.Description, odd.Reference = "=1+1", "a +2250748710501", "r3"
	earlier := paidOn(time.Time{}, 4, 9_000, 90)
	earlier.Earlier = true
	failed := paidOn(late, 5, 9_000, 0)
	failed.State = payroll.Failed
	journal := journalOf(t, paidOn(late, 1, 300_000, 750), paidOn(late, 2, 150_000, 375), odd, earlier, failed)

	text, entries := entriesOf(t, payroll.ReportWriter{}, journal, payroll.EntryOptions{})
	planned, err := journal.Planned(t.Context())
	require.NoError(t, err)
	voucher := strings.ToUpper(planned.Digest[:6])
	require.Equal(t, strings.ReplaceAll(`journal,date,voucher,account,third party,label,debit,credit,reference
DJ,2026-07-28,NUMBER-260728,422,Aya Koné,Salaire · Aya Koné,300000,,july/1
DJ,2026-07-28,NUMBER-260728,422,Aya Koné,Salaire · Aya Koné,150000,,july/2
DJ,2026-07-28,NUMBER-260728,6317,,Djamo’s fees · june & july,1125,,
DJ,2026-07-28,NUMBER-260728,552,,Djamo · june & july,,451125,
DJ,2026-07-29,NUMBER-260729,422,'=1+1,a +22507******01 · =1+1,5000,,r3
DJ,2026-07-29,NUMBER-260729,552,,Djamo · june & july,,5000,
`, "NUMBER", voucher), text)
	require.Equal(t, payroll.Entries{Vouchers: []string{voucher + "-260728", voucher + "-260729"}, Payments: 3, Earlier: 1, Debit: 456_125, Credit: 456_125}, entries)

	again, _ := entriesOf(t, payroll.ReportWriter{}, journal, payroll.EntryOptions{})
	require.Equal(t, text, again, "the same run gives the same entries")

	text, _ = entriesOf(t, payroll.ReportWriter{Language: payroll.French, Separator: ';'}, journal,
		payroll.EntryOptions{Salaries: "4221", Treasury: "521100", Fees: "6318", Journal: "BQ1", Summed: true})
	require.Equal(t, strings.ReplaceAll(`Journal;Date;Pièce;Compte;Tiers;Libellé;Débit;Crédit;Référence
BQ1;28/07/2026;NUMBER-260728;4221;;june & july · 2 paiements;450000;;
BQ1;28/07/2026;NUMBER-260728;6318;;Frais Djamo · june & july;1125;;
BQ1;28/07/2026;NUMBER-260728;521100;;Djamo · june & july;;451125;
BQ1;29/07/2026;NUMBER-260729;4221;;june & july · 1 paiement;5000;;
BQ1;29/07/2026;NUMBER-260729;521100;;Djamo · june & july;;5000;
`, "NUMBER", voucher), text)

	abidjan := time.FixedZone("Asia/Tokyo", 9*60*60)
	_, entries = entriesOf(t, payroll.ReportWriter{Location: abidjan}, journal, payroll.EntryOptions{})
	require.Equal(t, []string{voucher + "-260729"}, entries.Vouchers, "by the clock of the people")
}

func TestReportWriter_WriteEntriesRefuses(t *testing.T) {
	t.Parallel()
	_, err := payroll.ReportWriter{}.WriteEntries(t.Context(), io.Discard, mixed(t), payroll.EntryOptions{})
	require.ErrorIs(t, err, payroll.ErrUnfinished)
	require.ErrorContains(t, err, "4 of 9 payouts have no outcome yet")
	_, entries := entriesOf(t, payroll.ReportWriter{}, mixed(t), payroll.EntryOptions{Unfinished: true})
	require.EqualValues(t, 1, entries.Payments)
	for field, options := range map[string]payroll.EntryOptions{
		`Salaries "4 2"`: {Salaries: "4 2"}, `Treasury "=1"`: {Treasury: "=1"}, "Fees": {Fees: strings.Repeat("6", 14)}, "Journal": {Journal: "é"},
		"Treasury must be another account": {Treasury: "422"},
	} {
		_, err := payroll.ReportWriter{}.WriteEntries(t.Context(), io.Discard, mixed(t), options)
		require.ErrorContains(t, err, "EntryOptions."+field)
	}
	_, err = payroll.ReportWriter{}.WriteEntries(t.Context(), io.Discard, spoiled{Memory: mixed(t), payouts: func(p []payroll.Payout) []payroll.Payout { return p[1:] }}, payroll.EntryOptions{Unfinished: true})
	require.ErrorContains(t, err, "the run went on")
}

// Every voucher of every run balances to the franc, summed or not, and comes to what the run has paid.
func TestReportWriter_EntriesBalance(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(18, 5))
	start := time.Date(2026, 7, 28, 0, 0, 0, 0, time.UTC)
	for range 60 {
		payouts := make([]payroll.Payout, 1+random.IntN(80))
		paid := int64(0)
		for i := range payouts {
			p := paidOn(start.Add(time.Duration(random.Int64N(int64(96*time.Hour)))), i, djamo.XOF(1+random.Int64N(1<<45)), djamo.XOF(random.Int64N(3)*750))
			switch random.IntN(5) {
			case 0:
				p.State, p.Fee = payroll.Failed, 0
			case 1:
				p.Earlier = true
			default:
				paid += int64(p.Amount + p.Fee)
			}
			payouts[i] = p
		}
		journal := journalOf(t, payouts...)
		for _, summed := range []bool{false, true} {
			text, entries := entriesOf(t, payroll.ReportWriter{}, journal, payroll.EntryOptions{Summed: summed})
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			require.NoError(t, err)
			balance, credit := map[string]int64{}, int64(0)
			for _, row := range rows[1:] {
				for column, sign := range map[int]int64{6: 1, 7: -1} {
					if row[column] == "" {
						continue
					}
					n, err := strconv.ParseInt(row[column], 10, 64)
					require.NoError(t, err)
					balance[row[2]] += sign * n
					if sign < 0 {
						credit += n
					}
				}
				require.LessOrEqual(t, len(row[2]), 13)
			}
			require.Equal(t, paid, credit)
			require.EqualValues(t, paid, entries.Debit)
			require.Len(t, balance, len(entries.Vouchers))
			for voucher, left := range balance {
				require.Zero(t, left, voucher)
			}
		}
	}
}
