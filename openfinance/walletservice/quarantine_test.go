package walletservice

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// A reason says what is wrong, and nothing of what the item has.
func TestUnquoted(t *testing.T) {
	t.Parallel()
	for item, want := range map[string]string{
		`{"id":"a","ts":"2026-05-28T09:14:02Z"}`:                                              "amount_minor is missing",
		`{"ts":"2026-05-28T09:14:02Z","amount_minor":-5}`:                                     "id is missing",
		`{"id":"a","ts":"Kofi","amount_minor":-5}`:                                            "ts is no time such as …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":"Kofi"}`:                        "amount_minor: …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":{"Kofi":"+2250700000001"}}`:     "amount_minor: …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":["Kofi"]}`:                      "amount_minor: …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":-77777777777777777777777}`:      "amount_minor: …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":-5,"value_date":"Kofi"}`:        "value_date: …",
		`{"id":"a","ts":"2026-05-28T09:14:02Z","amount_minor":-5,"merchant":{"name":"Kofi"}}`: "merchant is no text",
		`"Kofi"`: "the item is no JSON object",
	} {
		_, err := wallet.DecodeEvent([]byte(item))
		require.Error(t, err)
		require.Equal(t, want, unquoted(err.Error()))
		require.NotContains(t, unquoted(err.Error()), "Kofi")
	}
	require.Equal(t, "it is final and comes with another amount", unquoted("it is final with the amount -300 and comes with -7"))
	const beyond = "the sum of the wallet would be beyond what an amount can be"
	require.Equal(t, beyond, unquoted(beyond))
}
