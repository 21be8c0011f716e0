package payroll_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// Whatever a file holds, it is refused with lines that it has, or it becomes a plan that reads the same each time and
// that, written out again, is the same plan.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"", header, header + threeRows, "\uFEFF" + strings.ReplaceAll(header+threeRows, "\n", "\r\n"), strings.ReplaceAll(header+threeRows, "\n", "\r"),
		strings.ReplaceAll("msisdn,amount\n+2250748710523,5000\n+2250748710523,5000\n", ",", ";"), header + "x,y,,\"\n\n", "\xFF\xFEm\x00", "a\x00",
		header + "+2250748710523,5000,a,\xE9\n", header + "=1,2E+5,a\"b,#\n", "msisdn\tamount\treference\n+2250748710523\t50.000\ta\n+2250748710523\t50 000\ta\n",
		header + "+2250748710523,5000,a,\"x\r\r\ny\"\n",
		"msisdn,amount,Référence\n\n,,\n+2250748710523,5000,a,\n", header + "+2250748710523,9223372036854775807,,\n+2250748710524,9223372036854775807,,\n",
	} {
		f.Add(seed, "june")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, file, run string) {
		options := payroll.CSVOptions{Run: run, Limits: &djamo.Limits{}, MaxProblems: 5}
		plan, err := readCSV(file, options)
		if err != nil {
			checkRefusal(t, file, err)
			return
		}
		payouts := payoutsOf(t, plan)
		require.Len(t, payouts, int(plan.Count))
		require.Equal(t, payouts, payoutsOf(t, plan))
		again, err := payroll.ReadCSV(bytes.NewReader(writeCSV(t, payouts)), options)
		require.NoError(t, err)
		require.Equal(t, plan.PlanInfo, again.PlanInfo)
	})
}

func checkRefusal(t *testing.T, file string, err error) {
	t.Helper()
	require.ErrorIs(t, err, payroll.ErrBadPlan)
	bad, ok := errors.AsType[*payroll.PlanError](err)
	if !ok {
		require.ErrorContains(t, err, "the name of the run")
		return
	}
	require.NotEmpty(t, bad.Problems)
	require.LessOrEqual(t, len(bad.Problems), 5)
	lines := int64(1 + strings.Count(file, "\n") + strings.Count(file, "\r"))
	for _, problem := range bad.Problems {
		require.GreaterOrEqual(t, problem.Line, int64(0))
		require.LessOrEqual(t, problem.Line, lines)
		require.NotEmpty(t, problem.Rule)
		require.LessOrEqual(t, len(problem.Value), 300)
	}
	require.True(t, slices.IsSortedFunc(bad.Problems, func(a, b payroll.Problem) int { return int(a.Line - b.Line) }))
}

func writeCSV(t *testing.T, payouts []payroll.Payout) []byte {
	t.Helper()
	var file bytes.Buffer
	writer := csv.NewWriter(&file)
	require.NoError(t, writer.Write([]string{"reference", "description", "amount", "msisdn"}))
	for _, p := range payouts {
		require.NoError(t, writer.Write([]string{p.Reference, p.Description, fmt.Sprint(int64(p.Amount)), p.MSISDN.E164()}))
	}
	writer.Flush()
	return file.Bytes()
}

// Random salaries, written in a random form, are read back to the franc.
func TestReadCSV_RoundTripsRandomFiles(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for range 200 {
		comma, newline, mark := pick(",", ";", "\t"), pick("\n", "\r\n", "\r"), pick("", "\uFEFF")
		columns := []string{"msisdn", "amount", "reference", "description", "extra"}
		random.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		var want []payroll.Payout
		var file strings.Builder
		file.WriteString(mark + strings.ToUpper(strings.Join(columns, comma)) + newline)
		for i := range 1 + random.IntN(20) {
			p := payroll.Payout{ID: int64(i + 1), Line: int64(i + 2), State: payroll.Planned, MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", random.IntN(1e8))), Amount: djamo.XOF(1 + random.Int64N(9_999_999)),
				Reference: fmt.Sprintf("%s%d", pick("a;", "b,", `c"`, "é/", "-", "+"), i+1), Description: pick("", "juin", "a,b;c\td", `"quoted"`, "-x")}
			want = append(want, p)
			cells := map[string]string{
				"msisdn": pick("", " ") + p.MSISDN.E164()[:6] + pick("", " ", ".", "-", "\u00a0") + p.MSISDN.E164()[6:], "reference": p.Reference, "description": p.Description, "extra": pick("", "x", "=1"),
				"amount": pick(fmt.Sprint(int64(p.Amount)), p.Amount.String(), strings.ReplaceAll(strings.TrimSuffix(p.Amount.String(), "\u202fFCFA"), "\u202f", pick(".", ",", " "))),
			}
			for at, column := range columns {
				if at > 0 {
					file.WriteString(comma)
				}
				cell := cells[column]
				if strings.ContainsAny(cell, "\"\r\n"+comma) || random.IntN(4) == 0 {
					cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
				}
				file.WriteString(cell)
			}
			file.WriteString(newline)
		}
		plan, err := readCSV(file.String(), payroll.CSVOptions{Limits: &djamo.Limits{}})
		require.NoError(t, err, file.String())
		require.Equal(t, want, payoutsOf(t, plan))
	}
}
