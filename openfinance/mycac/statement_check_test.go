package mycac_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

// statements is how many generated statements lose and double each of their lines. DJAMO_TEST_FULL=1 makes it 10,000.
func statements() int {
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		return 10_000
	}
	return 60
}

// propertySeeds is how many generated days and plans a property is tried with: so many that a second is enough.
func propertySeeds() uint64 {
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		return 4_000
	}
	return 100
}

// checked is what a check says of lines with known ends.
func checked(lines []mycac.Line, opening, closing money.Amount, newestFirst bool) (*mycac.BalanceCheck, error) {
	check := &mycac.BalanceCheck{Opening: &opening, Closing: &closing, NewestFirst: newestFirst}
	for _, line := range lines {
		if err := check.Next(line); err != nil {
			return check, err
		}
	}
	return check, check.End()
}

// generated is a statement of a gateway with that seed, in one of three currencies.
func generated(t *testing.T, seed uint64) (lines []mycac.Line, opening, closing money.Amount) {
	t.Helper()
	code, decimals := [...]string{"DJF", "USD", "EUR"}[seed%3], [...]int{0, 2, 2}[seed%3]
	gateway := gatewaytest.NewMyCAC(gatewaytest.MyCACOptions{Seed: seed})
	gateway.AddAccount("a", code, decimals, int64(seed)*1_001-500_000)
	gateway.Live("a", april.AddDate(0, 0, -10), 10+int(seed%20)+3)
	ledger := gateway.Ledger("a", "2026-04-01", "")
	c := currencyOf(t, code)
	for _, line := range ledger.Lines {
		lines = append(lines, mycac.Line{
			TxID: line.TxID, Amount: money.Amount{Minor: line.Amount, Currency: c}, BalanceAfter: money.Amount{Minor: line.BalanceAfter, Currency: c},
		})
	}
	return lines, money.Amount{Minor: ledger.Opening, Currency: c}, money.Amount{Minor: ledger.Closing, Currency: c}
}

// Any one line that is lost or comes twice is found, and named.
func TestBalanceCheck_NamesAnyLineThatIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	tried := 0
	for seed := range uint64(statements()) {
		lines, opening, closing := generated(t, seed)
		newestFirst := seed%2 == 1
		if newestFirst {
			slices.Reverse(lines)
		}
		check, err := checked(lines, opening, closing, newestFirst)
		require.NoError(t, err, "seed %d", seed)
		start, movements, end := check.Totals()
		sum, err := start.Add(movements)
		require.NoError(t, err)
		if start != opening || end != closing || sum != closing {
			t.Fatalf("seed %d: %v + %v = %v, not %v to %v", seed, start, movements, end, opening, closing)
		}
		for i := range lines {
			tried++
			id := func(at int) string {
				if at < 0 || at >= len(lines) {
					return ""
				}
				return lines[at].TxID
			}
			_, err := checked(slices.Delete(slices.Clone(lines), i, i+1), opening, closing, newestFirst)
			found, ok := errors.AsType[*mycac.BalanceError](err)
			if !ok || !errors.Is(err, mycac.ErrMissingLine) || found.Line != i+1 || found.TxID != id(i+1) || found.After != id(i-1) || found.Gap != lines[i].Amount {
				t.Fatalf("seed %d, line %d lost: %v", seed, i+1, err)
			}
			_, err = checked(slices.Insert(slices.Clone(lines), i, lines[i]), opening, closing, newestFirst)
			found, ok = errors.AsType[*mycac.BalanceError](err)
			if !ok || !errors.Is(err, mycac.ErrDoubledLine) || found.Line != i+2 || found.First != i+1 || found.TxID != id(i) {
				t.Fatalf("seed %d, line %d doubled: %v", seed, i+1, err)
			}
			again := lines[i] // under an id of its own, the balance alone tells
			again.TxID = "another"
			_, err = checked(slices.Insert(slices.Clone(lines), i+1, again), opening, closing, newestFirst)
			if found, ok = errors.AsType[*mycac.BalanceError](err); !ok || !errors.Is(err, mycac.ErrDoubledLine) || found.Line != i+2 {
				t.Fatalf("seed %d, line %d doubled under another id: %v", seed, i+1, err)
			}
		}
	}
	t.Logf("%d statements, %d lines, each lost, doubled, and doubled under another id", statements(), tried)
}

func TestBalanceCheck_Sums(t *testing.T) {
	t.Parallel()
	c := money.DJF()
	of := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: c} }
	var check mycac.BalanceCheck
	require.NoError(t, check.Next(mycac.Line{TxID: "1", Amount: of(1 << 62), BalanceAfter: of(1 << 62)}))
	require.ErrorIs(t, check.Next(mycac.Line{TxID: "2", Amount: of(1), BalanceAfter: money.Amount{Minor: 1, Currency: money.EUR()}}), money.ErrCurrency)
	require.ErrorIs(t, check.Next(mycac.Line{TxID: "2", Amount: of(-1 << 62), BalanceAfter: of(1<<63 - 1)}), money.ErrRange)
	require.NoError(t, check.Next(mycac.Line{TxID: "2", Amount: of(-5), BalanceAfter: of(1<<62 - 5)}))
	opening, movements, closing := check.Totals()
	require.Equal(t, [3]money.Amount{of(0), of(1<<62 - 5), of(1<<62 - 5)}, [3]money.Amount{opening, movements, closing})

	// A line that was put aside breaks the chain, and no sum is made up for it.
	check.Skip("3")
	require.NoError(t, check.Next(mycac.Line{TxID: "4", Amount: of(1), BalanceAfter: of(9)}))
	require.ErrorIs(t, check.Next(mycac.Line{TxID: "3", Amount: of(1), BalanceAfter: of(10)}), mycac.ErrDoubledLine)
	require.NoError(t, check.End())
}
