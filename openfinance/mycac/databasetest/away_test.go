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

	"github.com/djamo/djamo-go/openfinance/mycac"
)

// disk is a database that may be away.
type disk struct {
	of      driver.Driver
	address string
	away    atomic.Bool
}

var errAway = errors.New("the disk is away")

func (d *disk) Driver() driver.Driver { return d.of }

func (d *disk) Connect(context.Context) (driver.Conn, error) {
	if d.away.Load() {
		return nil, errAway
	}
	conn, err := d.of.Open(d.address)
	return &diskConn{conn, d}, err
}

type diskConn struct {
	driver.Conn

	disk *disk
}

func (c *diskConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.disk.away.Load() {
		return nil, errAway
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *diskConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// A journal whose disk was away works when it is back, without anybody opening it again.
func TestJournal_WorksAgainWhenTheDiskIsBack(t *testing.T) {
	t.Parallel()
	driverOf, err := sql.Open("sqlite", "")
	require.NoError(t, err)
	d := &disk{of: driverOf.Driver(), address: filepath.Join(t.TempDir(), "mycac.db")}
	require.NoError(t, driverOf.Close())
	db := sql.OpenDB(d)
	t.Cleanup(func() { _ = db.Close() })
	journal, err := mycac.OpenJournal(t.Context(), db, mycac.SQLite)
	require.NoError(t, err)
	for _, body := range []string{"one", "two"} {
		d.away.Store(true)
		for range 2 {
			err = journal.QuarantineEvent(t.Context(), []byte(body), errors.New("why"))
			require.ErrorIs(t, err, errAway)
			require.ErrorIs(t, err, mycac.ErrJournal)
		}
		d.away.Store(false)
		require.NoError(t, journal.QuarantineEvent(t.Context(), []byte(body), errors.New("why")))
	}
	list, err := journal.Quarantined(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	d.away.Store(true)
	require.Error(t, journal.QuarantineEvent(t.Context(), []byte("three"), errors.New("why")))
	journal.Close()
}
