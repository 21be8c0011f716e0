package payroll_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
)

func TestNoRun_NearestNames(t *testing.T) {
	t.Parallel()
	names := []string{"salaries-2026-06", "salaries-2026-07", "bonus-2026", "primes-été", "x"}
	for asked, row := range map[string]struct {
		nearest []string
		text    string
	}{
		"salaries-2026-6":  {[]string{"salaries-2026-06", "salaries-2026-07"}, `there is no run "salaries-2026-6": did you mean "salaries-2026-06" or "salaries-2026-07"?`},
		"SALARIES-2026-06": {[]string{"salaries-2026-06", "salaries-2026-07"}, `did you mean "salaries-2026-06"`},
		"bonus":            {[]string{"bonus-2026"}, `did you mean "bonus-2026"?`},
		"primes-ete":       {[]string{"primes-été"}, `did you mean "primes-été"?`},
		"something else":   {nil, `payroll: there is no run "something else"`},
	} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			err := payroll.NoRun(asked, names)
			require.Equal(t, row.nearest, err.Nearest)
			require.ErrorIs(t, err, payroll.ErrNoRun)
			require.ErrorContains(t, err, row.text)
		})
	}
	require.Empty(t, payroll.NoRun("june", nil).Nearest)
}
