package walletscmd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// What was kept aside is listed with its reason, and shown only to who asks for that, in either database.
func TestWallets_Quarantine(t *testing.T) {
	t.Setenv("DJAMO_CONSENT_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	for name, address := range map[string]func(t *testing.T, o *operator) string{ //nolint:paralleltest // a variable is set
		"SQLite":     func(_ *testing.T, o *operator) string { return o.db },
		"PostgreSQL": func(t *testing.T, _ *operator) string { t.Helper(); return pgtest.Schema(t, "pgx") },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			o.db = address(t, o)
			require.Equal(t, exit.OK, o.once(t), o.stderr.String())
			quarantine := func(args ...string) (lines []walletservice.QuarantineLine) {
				require.Equal(t, exit.OK, o.djamo(t.Context(), append([]string{"quarantine", "--db", o.db}, args...)...), o.stderr.String())
				for line := range bytes.Lines(bytes.Clone(o.stdout.Bytes())) {
					var decoded walletservice.QuarantineLine
					require.NoError(t, json.Unmarshal(line, &decoded))
					lines = append(lines, decoded)
				}
				return lines
			}
			require.Empty(t, quarantine())

			good, odd, final := "good_1", "odd_1", "final_1"
			o.gateway.Add(wallet, map[string]any{"id": good, "type": "fee", "amount_minor": -1, "merchant": "Chez Kofi"})
			o.gateway.Add(wallet, map[string]any{"id": odd, "type": "fee", "amount_minor": -2, "merchant": "Chez Awa"})
			o.gateway.Add(wallet, map[string]any{"id": final, "type": "fee", "amount_minor": -31337, "status": "settled"})
			o.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Drift, Count: -1, Change: func(item map[string]any) {
				if item["id"] == odd {
					item["amount_minor"] = "two hundred"
				}
			}})
			require.Equal(t, exit.Unresolved, o.once(t), o.stderr.String())
			o.gateway.Add(wallet, map[string]any{"id": final, "type": "fee", "amount_minor": -7, "status": "settled"})
			require.Equal(t, exit.Unresolved, o.once(t), o.stderr.String())

			lines := quarantine("--wallet", wallet)
			require.Len(t, lines, 2)
			for _, part := range []string{"Awa", "Kofi", "two hundred", "-31337", `"raw`} {
				require.NotContains(t, o.stdout.String(), part, "nothing personal is shown unasked")
			}
			require.Equal(t, []string{odd, final}, []string{lines[0].ID, lines[1].ID})
			require.Equal(t, "amount_minor: …", lines[0].Reason)
			require.Equal(t, "it is final and comes with another amount", lines[1].Reason)
			for _, line := range lines {
				require.Equal(t, wallet, line.Wallet)
				require.Len(t, line.Hash, 64)
				require.Positive(t, line.Size)
				require.WithinDuration(t, time.Now(), line.At, time.Hour)
			}
			require.Equal(t, lines, quarantine(), "of all wallets")

			lines = quarantine("--raw")
			require.Contains(t, lines[0].Reason, "two hundred")
			require.Contains(t, lines[1].Reason, "31337")
			var item map[string]any
			require.NoError(t, json.Unmarshal(lines[0].Raw, &item))
			require.Equal(t, "Chez Awa", item["merchant"])

			o.gateway.ClearFaults()
			o.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.CursorLost})
			require.Equal(t, exit.Unresolved, o.once(t), o.stderr.String())
			lines = quarantine()
			require.Len(t, lines, 1, "what came again and can be read is not there any more")
			require.Equal(t, final, lines[0].ID)

			require.Equal(t, exit.Usage, o.djamo(t.Context(), "quarantine", "--db", o.db, "--wallet", "wal_unknown"))
			require.Contains(t, o.stderr.String(), "--wallet: ")
			require.Equal(t, exit.Usage, o.djamo(t.Context(), "quarantine", "--db", o.db, "--wallet", "wal 1"))
			require.Equal(t, exit.Usage, o.djamo(t.Context(), "quarantine"))
		})
	}
}
