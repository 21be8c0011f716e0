package payrollcmd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

func TestPay_PrintsNeitherNumbersNorControls(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,june/+2250748710523,x\n+2250748710524,10000,b,x\n")
	require.NoError(t, o.server.Fail("+2250748710524", "account \x1b[2J+2250748710524\x07 closed"))
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	for _, part := range []string{"0748710523", "0748710524", "\x1b", "\x07"} {
		require.NotContains(t, o.out, part)
	}
	require.Contains(t, o.out, "june/+22507******23")
}
