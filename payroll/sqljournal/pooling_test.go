package sqljournal_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/stretchr/testify/require"
)

// pooler fails as a pooler does that hands each transaction to another connection.
type pooler struct{ state, text string }

func (p pooler) Connect(context.Context) (driver.Conn, error) { return p, nil }
func (p pooler) Driver() driver.Driver                        { return nil }
func (p pooler) Prepare(string) (driver.Stmt, error)          { return nil, p }
func (p pooler) Close() error                                 { return nil }
func (p pooler) Begin() (driver.Tx, error)                    { return nil, p }
func (p pooler) Error() string                                { return p.text + " (SQLSTATE " + p.state + ")" }
func (p pooler) SQLState() string                             { return p.state }

// Only what transaction pooling does to statements is called that: the same state stands for refusals of the pooler itself.
func TestOpen_D21_SaysThatATransactionPoolerIsInTheWay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		state, text string
		pooled      bool
	}{
		{"42P05", `prepared statement "stmtcache_1" already exists`, true},
		{"26000", `prepared statement "stmtcache_1" does not exist`, true},
		{"26000", `unnamed prepared statement does not exist`, true},
		{"08P01", `bind message supplies 2 parameters, but prepared statement "" requires 1`, true},
		{"08P01", `bind message has 2 result formats but query has 1 columns`, true},
		{"08P01", `le message bind fournit 2 paramètres, mais l'instruction préparée « » en requiert 1`, true},
		{"26000", `l'instruction préparée « stmtcache_1 » n'existe pas`, true},
		{"34000", `portal "" does not exist`, true},
		{"08P01", `no more connections allowed (max_client_conn)`, false},
		{"08P01", `unsupported startup parameter: search_path`, false},
		{"08P01", `query_wait_timeout`, false},
		{"08P01", `server login has been failing, try again later (server_login_retry)`, false},
		{"28P01", `password authentication failed for user "paie"`, false},
		{"3D000", `database "prepared statement" does not exist`, false},
		{"53300", `sorry, too many clients already`, false},
		{"42P01", `relation does not exist`, false},
	} {
		db := sql.OpenDB(pooler{row.state, row.text})
		_, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, "june")
		require.ErrorIs(t, err, payroll.ErrJournal)
		require.Equal(t, row.pooled, strings.Contains(err.Error(), "session pooling"), "%s: %v", row.text, err)
		require.ErrorContains(t, err, row.text, "the database's own words are kept")
		require.ErrorAs(t, err, new(pooler))
		require.NoError(t, db.Close())
	}
}
