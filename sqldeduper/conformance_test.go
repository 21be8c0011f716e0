package sqldeduper_test

import (
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/dedupertest"
)

func TestDeduper_Conforms(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		open func(t testing.TB) store
	}{
		{"SQLite", sqliteStore},
		{"SQLite with several connections", func(t testing.TB) store {
			s := sqliteStore(t)
			s.connections = 3
			return s
		}},
		{"SQLite with a rollback journal", func(t testing.TB) store {
			return sqliteStore(t).with(t, "_pragma", "journal_mode(DELETE)")
		}},
		{"PostgreSQL", postgresStore},
		{"PostgreSQL that is serializable by default", func(t testing.TB) store {
			return postgresStore(t).with(t, "default_transaction_isolation", "serializable")
		}},
		{"PostgreSQL with a statement at a time", func(t testing.TB) store { // as poolers between need it
			return postgresStore(t).with(t, "default_query_exec_mode", "exec")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.open(t)
			dedupertest.Run(t, func(t testing.TB) djamo.Deduper { return s.machine(t) })
		})
	}
}
