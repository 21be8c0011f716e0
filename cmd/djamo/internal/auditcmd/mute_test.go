package auditcmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// A database that lets everybody in and then answers nothing: each command ends by itself, says why, and prints nothing. One that
// is named wrongly is bad input.
func TestAudit_DatabasesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	mute, _ := pgtest.Mute(t)
	for address, want := range map[string]struct {
		code int
		said string
	}{
		mute: {exit.Failed, "ne lui a pas répondu depuis"},
		pgtest.Schema(t, "pgx") + "&database=nothing_of_the_kind": {exit.Usage, "rien n'a été fait"},
	} {
		a := newAuditor(t)
		a.address = address
		for _, args := range [][]string{
			{"verify"}, {"export"}, {"checkpoint", "--key", a.file("audit.key")}, {"prune", "--before", "2016-01-01"},
		} {
			require.Equal(t, want.code, a.djamo(t.Context(), args...), "%v: %s", args, a.stderr.String())
			require.Contains(t, a.stderr.String(), want.said, "%v", args)
			require.Empty(t, a.stdout.String())
			require.NotContains(t, a.stderr.String(), "secret")
		}
	}
}
