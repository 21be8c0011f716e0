package lang_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// French counts in the plural from two on.
func TestSay_OnlyOne(t *testing.T) {
	t.Parallel()
	for count, wanted := range map[int64]string{
		0: `Paie "juin" : 0 paiement, 5 F en tout.`, 1: `Paie "juin" : 1 paiement, 5 F en tout.`, 2: `Paie "juin" : 2 paiements, 5 F en tout.`,
		11: `Paie "juin" : 11 paiements, 5 F en tout.`, 101: `Paie "juin" : 101 paiements, 5 F en tout.`,
	} {
		require.Equal(t, wanted, lang.French.Say("Run %q: %d payouts, %s in all.", "juin", count, "5 F"))
	}
	require.Equal(t, "1 paiement en 1 pièce (A), 5 F au débit et au crédit.",
		lang.French.Say("%d payments in %d pieces (%s), %s to the debit and to the credit.", 1, 1, "A", "5 F"))
	require.Equal(t, "1 reçu.", lang.French.Say("%d receipts.", 1))
	require.Equal(t, "21 reçus.", lang.French.Say("%d receipts.", 21))
}
