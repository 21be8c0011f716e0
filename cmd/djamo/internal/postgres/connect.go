// Package postgres says how the program connects to PostgreSQL servers, and how long it waits for one that says nothing.
package postgres

import (
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// ConnectTimeout is how long a server may take to let the program in: one that takes the connection and says nothing would never
// answer.
const ConnectTimeout = 15 * time.Second

// Bound bounds how long a server may say nothing: before it has let the program in, unless its address says so itself, and twice
// as long whenever it is to answer. The operator is told what is waited for.
func Bound(config *pgx.ConnConfig, t terminal.Terminal) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = ConnectTimeout
	}
	Watch(config, func(waited time.Duration) {
		if t.Err != nil {
			t.Tell("Waiting for the database, which has not answered for %s and lets others in: it is busy, or another program has locked "+
				"what this one needs.", waited.Round(time.Second))
		}
	})
}

// Open opens the database of an address. What an error says may hold the password.
func Open(address string, t terminal.Terminal) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	Bound(config, t)
	return stdlib.OpenDB(*config), nil
}
