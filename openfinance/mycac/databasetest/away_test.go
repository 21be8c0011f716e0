package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/drivertest"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

var errAway = errors.New("the disk is away")

// A journal whose disk was away works when it is back, without anybody opening it again.
func TestJournal_WorksAgainWhenTheDiskIsBack(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	db := sql.OpenDB(&drivertest.Connector{
		Name: "sqlite", Address: filepath.Join(t.TempDir(), "mycac.db"),
		Around: func(_ context.Context, _ driver.Conn, _ string, carryOut func() error) error {
			if away.Load() {
				return errAway
			}
			return carryOut()
		},
	})
	t.Cleanup(func() { _ = db.Close() })
	journal, err := mycac.OpenJournal(t.Context(), db, mycac.SQLite)
	require.NoError(t, err)
	for _, body := range []string{"one", "two"} {
		away.Store(true)
		for range 2 {
			err = journal.QuarantineEvent(t.Context(), []byte(body), errors.New("why"))
			require.ErrorIs(t, err, errAway)
			require.ErrorIs(t, err, mycac.ErrJournal)
		}
		away.Store(false)
		require.NoError(t, journal.QuarantineEvent(t.Context(), []byte(body), errors.New("why")))
	}
	list, err := journal.Quarantined(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	away.Store(true)
	require.Error(t, journal.QuarantineEvent(t.Context(), []byte("three"), errors.New("why")))
	journal.Close()
}
