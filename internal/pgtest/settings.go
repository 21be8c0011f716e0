package pgtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"

	"github.com/djamo/djamo-go/internal/drivertest"
)

// Watch opens a database so that it is seen which value a setting has at the end of each transaction, before it is committed. values
// returns those since it was called last.
func Watch(t testing.TB, driverName, address, setting string) (db *sql.DB, values func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	db = sql.OpenDB(&drivertest.Connector{
		Name: driverName, Address: address,
		Around: func(ctx context.Context, conn driver.Conn, query string, carryOut func() error) error {
			if query == "COMMIT" {
				value, err := show(ctx, conn, setting)
				if err != nil {
					return err
				}
				mu.Lock()
				seen = append(seen, value)
				mu.Unlock()
			}
			return carryOut()
		},
	})
	t.Cleanup(func() { _ = db.Close() })
	return db, func() []string {
		mu.Lock()
		defer mu.Unlock()
		values := seen
		seen = nil
		return values
	}
}

// show reads a setting within the transaction.
func show(ctx context.Context, conn driver.Conn, setting string) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SHOW "+setting, nil) //nolint:forcetypeassert // drivers of PostgreSQL are one
	if err != nil {
		return "", err
	}
	defer rows.Close() //nolint:errcheck // there is one row
	value := make([]driver.Value, 1)
	err = rows.Next(value)
	text, _ := value[0].(string)
	return text, err
}
