package sqldeduper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

// PostgreSQL finds the rows to delete first and waits for those that others write at the moment: when such a row is
// claimed anew by then, it must stay.
func TestPrune_LooksAgainAtARowItWaitedFor(t *testing.T) {
	t.Parallel()
	s := postgresStore(t)
	d, db := s.machine(t), s.db(t)
	_, err := db.Exec(manyOld(s, 1))
	require.NoError(t, err)

	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(`UPDATE "` + s.table + `" SET owner = 'new', done = false, expires_at = now() + interval '1 hour'`)
	require.NoError(t, err)

	type result struct {
		deleted int64
		err     error
	}
	pruned := make(chan result, 1)
	go func() {
		deleted, err := d.Prune(t.Context())
		pruned <- result{deleted, err}
	}()
	require.Eventually(t, func() bool {
		var waiting int
		err := db.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE%' || $1 || '%'`,
			s.table).Scan(&waiting)
		return err == nil && waiting == 1
	}, 5*time.Minute, time.Millisecond, "Prune must wait for the row")
	require.NoError(t, tx.Commit())

	require.Equal(t, result{0, nil}, <-pruned)
	claims(t, d, "old 1", "another", djamo.ClaimHeld)
}
