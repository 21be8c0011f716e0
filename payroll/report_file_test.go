package payroll //nolint:testpackage // the name of the system is no one else's

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A report that Windows would write somewhere else is refused there.
func TestCheckFileName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"con.html", "AUX.csv", "nul .xlsx", "com1.json", "LPT9.html", "june:july.html", "a?.csv", "report.html.", "report.html "} {
		require.ErrorContains(t, checkFileName("windows", name), "must be a name that Windows allows", name)
		require.NoError(t, checkFileName("linux", name))
	}
	for _, name := range []string{"report.html", "console.html", "com10.csv", "rapport été – 2026.xlsx", "nul-part.csv"} {
		require.NoError(t, checkFileName("windows", name))
	}
}
