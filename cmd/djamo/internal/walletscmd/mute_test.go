package walletscmd_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// A database that lets everybody in and then answers nothing: each command ends by itself and says why; the gateway is not asked.
func TestWallets_DatabaseThatAnswersNothing(t *testing.T) {
	t.Setenv("DJAMO_CONSENT_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	o := newOperator(t)
	db, _ := pgtest.Mute(t)
	for _, args := range [][]string{
		{"status"}, {"quarantine"}, {"changes", "--wallet", wallet}, {"export", "--wallet", wallet, "--from", "2026-05-01", "--to", "2026-05-02"},
		{"run", "--gateway", o.url, "--wallet", wallet, "--consents", o.consents, "--once"},
		{"run", "--gateway", o.url, "--wallet", wallet, "--consents", o.consents},
	} {
		require.Equal(t, exit.Failed, o.djamo(t.Context(), append(args, "--db", db)...), "%v: %s", args, o.stderr.String())
		require.Contains(t, o.stderr.String(), "has not answered it for", "%v", args)
		require.Empty(t, o.stdout.String())
		require.NotContains(t, o.stderr.String(), "secret")
	}
	require.Zero(t, o.gateway.Reads())
}

// A database that is named wrongly is bad input, as it is for djamo payroll: no second try mends it.
func TestWallets_DatabaseThatIsNamedWrongly(t *testing.T) {
	t.Setenv("DJAMO_CONSENT_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	o := newOperator(t)
	db := pgtest.Schema(t, "pgx") + "&database=nothing_of_the_kind"
	for _, args := range [][]string{
		{"status"}, {"quarantine"}, {"changes", "--wallet", wallet}, {"run", "--gateway", o.url, "--wallet", wallet, "--consents", o.consents, "--once"},
	} {
		require.Equal(t, exit.Usage, o.djamo(t.Context(), append(args, "--db", db)...), "%v: %s", args, o.stderr.String())
		require.Contains(t, o.stderr.String(), "nothing was done", "%v", args)
	}
}
