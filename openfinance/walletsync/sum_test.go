package walletsync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// follower goes on with a wallet of scripted, a read at a time.
func follower(t *testing.T, store *memoryStore, gateway Gateway) (*Engine, *memory) {
	t.Helper()
	now := time.Date(2026, 5, 28, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	state := store.wallets["w"].state
	return &Engine{
		Store: store, Gateway: gateway, Owner: "p", Now: clock,
		Keeper: &consent.Keeper{Store: store, Sealer: sealer, Owner: "p", Now: clock},
	}, &memory{lease: Lease{Wallet: "w", Owner: state.Owner, Fence: state.Fence}}
}

// Items that are taken out can bring the sum beyond what an amount can be. Then nothing of the pages is stored, the wallet shows it,
// and is well again when the gateway is.
func TestEngine_ASumThatIsTooLargeStoresNothing(t *testing.T) {
	t.Parallel()
	const start = "m:9223372036854775807 p:-10"
	for name, test := range map[string]struct {
		bad, good []answered
		sum       int64
	}{
		"a posted item replaces its pending one": {
			[]answered{{"q:5::p", "c2", nil}}, []answered{{"q:-7::p", "c2", nil}, {"", "c2", nil}}, 9223372036854775800,
		},
		"after others of the same page": {
			[]answered{{"a:-1 q:5::p", "c2", nil}}, []answered{{"a:-1 q:1::p", "c2", nil}, {"", "c2", nil}}, 9223372036854775807,
		},
		"an item does not come again": {
			[]answered{{"", "", wallet.ErrInvalidCursor}, {"m:9223372036854775807 n:5", "d1", nil}, {"", "d1", nil}},
			[]answered{{"m:9223372036854775807", "d1", nil}, {"", "d1", nil}}, 9223372036854775807,
		},
		"and the pages change behind it": {
			[]answered{{"", "", wallet.ErrInvalidCursor}, {"q:5::p m:9223372036854775807", "d1", nil}, {"", "", wallet.ErrMutation}},
			[]answered{{"m:9223372036854775807", "d1", nil}, {"", "d1", nil}}, 9223372036854775807,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, store, gateway := scripted(t, answered{start, "c1", nil}, answered{"", "c1", nil})
			kept := store.wallets["w"]
			require.Equal(t, int64(9223372036854775797), kept.state.Sum)
			engine, m := follower(t, store, gateway)
			gateway.answers = test.bad
			var err error
			for len(gateway.answers) > 0 {
				_, err = engine.step(t.Context(), m, live)
			}
			require.ErrorIs(t, err, errSum)
			require.Contains(t, kept.state.Failing, "sum")
			require.Len(t, kept.changes, 2)
			require.Contains(t, []string{"", "c1"}, kept.state.Cursor)
			require.Equal(t, int64(9223372036854775797), kept.state.Sum)
			gateway.answers = test.good
			for len(gateway.answers) > 0 {
				_, err = engine.step(t.Context(), m, live)
				require.NoError(t, err)
			}
			require.Empty(t, kept.state.Failing)
			require.True(t, kept.state.InStep)
			require.Equal(t, test.sum, kept.state.Sum)
			require.Empty(t, kept.quarantine)
		})
	}
}

// The sum may be beyond what an amount can be on the way from one item to the one that replaces it, and between two versions.
func TestEngine_ALargeAmountIsReplaced(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []answered
		want    string
		sum     int64
	}{
		"by the posted item": {
			[]answered{{"p:9223372036854775000:pending", "c1", nil}, {"", "c1", nil}, {"q:9223372036854775001:settled:p", "c2", nil}},
			"added p v1 9223372036854775000\nadded q v1 9223372036854775001\nremoved p v2 9223372036854775000", 9223372036854775001,
		},
		"by its other sign": {
			[]answered{{"p:9223372036854775000", "c1", nil}, {"", "c1", nil}, {"p:-9223372036854775000", "c2", nil}},
			"added p v1 9223372036854775000\nmodified p v2 -9223372036854775000", -9223372036854775000,
		},
		"and back, when the pages change": {
			[]answered{
				{"p:9223372036854775000", "c1", nil}, {"", "c1", nil}, {"p:-9223372036854775000", "c2", nil}, {"", "", wallet.ErrMutation},
				{"a:1", "c3", nil}, {"", "c3", nil},
			},
			"added p v1 9223372036854775000\nmodified p v2 -9223372036854775000\nadded a v1 1\nmodified p v3 9223372036854775000",
			9223372036854775001,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, store, _ := scripted(t, test.answers...)
			require.Equal(t, test.want, changes)
			require.Equal(t, test.sum, store.wallets["w"].state.Sum)
			require.True(t, store.wallets["w"].state.InStep)
			require.Empty(t, store.wallets["w"].quarantine)
		})
	}
}
