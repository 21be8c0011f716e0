package pgtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
)

// Watch opens a database so that it is seen which value a setting has at the end of each transaction, before it is committed. values
// returns those since it was called last.
func Watch(t testing.TB, driverName, address, setting string) (db *sql.DB, values func() []string) {
	t.Helper()
	plain, err := sql.Open(driverName, address)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{of: plain.Driver(), address: address, setting: setting}
	_ = plain.Close()
	db = sql.OpenDB(w)
	t.Cleanup(func() { _ = db.Close() })
	return db, w.take
}

type watcher struct {
	of               driver.Driver
	address, setting string

	mu   sync.Mutex
	seen []string
}

func (w *watcher) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

func (w *watcher) Connect(context.Context) (driver.Conn, error) {
	conn, err := w.of.Open(w.address)
	return &watchedConn{conn, w}, err
}

func (w *watcher) Driver() driver.Driver { return w.of }

type watchedConn struct {
	driver.Conn

	watcher *watcher
}

func (c *watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if query == "COMMIT" {
		if err := c.look(ctx); err != nil {
			return nil, err
		}
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args) //nolint:forcetypeassert // drivers of PostgreSQL are one
}

func (c *watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args) //nolint:forcetypeassert // as above
}

// look reads the setting within the transaction.
func (c *watchedConn) look(ctx context.Context) error {
	rows, err := c.QueryContext(ctx, "SHOW "+c.watcher.setting, nil)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // there is one row
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return err
	}
	text, _ := value[0].(string)
	c.watcher.mu.Lock()
	defer c.watcher.mu.Unlock()
	c.watcher.seen = append(c.watcher.seen, text)
	return nil
}
