package lang_test

import (
	"fmt"
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
		lang.French.Say("%d payments in %d vouchers (%s), %s to the debit and to the credit.", 1, 1, "A", "5 F"))
	require.Equal(t, "1 reçu.", lang.French.Say("%d receipts.", 1))
	require.Equal(t, "21 reçus.", lang.French.Say("%d receipts.", 21))
}

// English counts one in the singular, with its verb.
func TestSay_JustOne(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"1 part is open, 1 of them newly enqueued.":   lang.English.Say("%d parts are open, %d of them newly enqueued.", 1, 1),
		"0 parts are open, 0 of them newly enqueued.": lang.English.Say("%d parts are open, %d of them newly enqueued.", 0, 0),
		"1 part waits since 10:00: away":              lang.English.Say("%d parts wait since %s: %s", 1, "10:00", "away"),
		"21 parts wait since 10:00: away":             lang.English.Say("%d parts wait since %s: %s", 21, "10:00", "away"),
		"1 receipt.":                                  lang.English.Say("%d receipts.", 1),
		"1 payment in 1 voucher (A), 5 F to the debit and to the credit.": lang.English.Say(
			"%d payments in %d vouchers (%s), %s to the debit and to the credit.", 1, 1, "A", "5 F"),
		"1 of 1 payouts, 5 F, were paid earlier under these references, and not now.": lang.English.Say(
			"%d of %d payouts, %s, were paid earlier under these references, and not now.", 1, 1, "5 F"),
		`Run "june": 1 payout, 5 F in all.`: lang.English.Say("Run %q: %d payouts, %s in all.", "june", 1, "5 F"),
	} {
		require.Equal(t, want, text)
	}
}

// What an operator has named is typed again as it is said.
func TestSay_LeavesNamesAlone(t *testing.T) {
	t.Parallel()
	for _, l := range []lang.Language{lang.English, lang.French} {
		for _, name := range []string{"bonus 1 payments", "prime 1 paiements", "(1 parts are open", "\ue000", ""} {
			require.Contains(t, l.Say("Next, type: %s", name), name)
			require.Contains(t, l.Say("Run %q: %d payouts, %s in all.", name, 1, "5 F"), fmt.Sprintf("%q", name))
		}
	}
	require.Equal(t, "\ue000, b", lang.English.Say("%s, %s", "\ue000", "b"))
	require.Equal(t, "a     1 payment b", lang.English.Say("%-5s %d payments %s", "a", 1, "b"))
}
