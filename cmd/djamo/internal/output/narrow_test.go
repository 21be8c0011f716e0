package output

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// A terminal of any width shows every amount, number and reference whole: what does not fit is left out, and said, or gets
// lines of its own.
func TestList_FitsTheTerminal(t *testing.T) {
	t.Parallel()
	columns := []string{"REFERENCE", "PAYEE", "AMOUNT", "FEE", "STATUS", "CREATED", "ID", "REASON"}
	row := []string{
		"salaire-2026-07/0001", "+22507******23", "150\u202f000\u202fFCFA", "1\u202f500\u202fFCFA", "failed", "2026-11-29 11:07:00Z",
		"txn_047d9881-dbd1-4185-abc3-988f4c839e79", "account closed",
	}
	for _, tt := range []struct {
		width int
		says  string
	}{
		{0, ""}, {200, ""}, {120, "Left out to fit the terminal: ID."}, {100, "Left out to fit the terminal: CREATED, ID."},
		{80, "Left out to fit the terminal: CREATED, ID, REASON."}, {60, ""}, {40, ""},
	} {
		var out, said strings.Builder
		term := terminal.Terminal{Out: &out, Err: &said, Lang: lang.English}
		l := (&Printer{out: &out, format: options.Table, t: term, width: tt.width}).List(columns...)
		for range rowsAhead + 1 {
			require.NoError(t, l.Add(nil, row...))
		}
		require.NoError(t, l.End(nil))
		for i, cell := range row {
			shown := strings.Count(out.String(), cell)
			require.True(t, shown == rowsAhead+1 || shown == 0 && strings.Contains(tt.says, columns[i]), "%d: %s %d times", tt.width, cell, shown)
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			if tt.width >= 80 {
				require.LessOrEqual(t, utf8.RuneCountInString(line), tt.width, line)
			}
		}
		require.Equal(t, tt.says == "", said.String() == "", said.String())
		require.Contains(t, said.String(), tt.says)
	}
}
