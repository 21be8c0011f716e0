package databasetest_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

// A process that is frozen in the middle of a transaction keeps its locks for a minute at most, or for as long as the caller lets it
// where that is less, and what is committed is on the disk.
func TestJournal_SetsWhatATransactionNeeds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ setting, set, want string }{
		{"idle_in_transaction_session_timeout", "0", "1min"},
		{"idle_in_transaction_session_timeout", "3s", "3s"},
		{"synchronous_commit", "off", "on"},
		{"synchronous_commit", "remote_apply", "remote_apply"},
	} {
		db, values := pgtest.Watch(t, "pgx", pgtest.Schema(t, "pgx")+"&"+row.setting+"="+row.set, row.setting)
		journal, err := mycac.OpenJournal(t.Context(), db, mycac.PostgreSQL)
		require.NoError(t, err)
		require.NoError(t, journal.QuarantineEvent(t.Context(), []byte("one"), errors.New("why")))
		require.Equal(t, []string{row.want, row.want}, values(), "making the tables, and the event")
	}
}
