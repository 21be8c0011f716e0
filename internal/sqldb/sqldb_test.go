package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/stretchr/testify/require"
)

// scripted is a database that notes what it is told and answers with what a test has prepared.
type scripted struct {
	statements []string
	fails      string           // a part of the statement that fails
	answers    [][]driver.Value // the rows of the next queries, one each; nil is none
	broken     error            // what reading rows ends with, once they are read
}

var errFails = errors.New("it fails")

func (s *scripted) open(t testing.TB) *sql.DB {
	t.Helper()
	db := sql.OpenDB(s)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (s *scripted) Connect(context.Context) (driver.Conn, error) { return conn{s}, nil }
func (s *scripted) Driver() driver.Driver                        { return nil }

func (s *scripted) note(statement string) error {
	s.statements = append(s.statements, strings.Join(strings.Fields(statement), " "))
	if s.fails != "" && strings.Contains(statement, s.fails) {
		return errFails
	}
	return nil
}

type conn struct{ *scripted }

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("no transaction") }

func (c conn) ExecContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.note(statement)
}

func (c conn) QueryContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Rows, error) {
	if err := c.note(statement); err != nil {
		return nil, err
	}
	answer := &rows{end: io.EOF}
	if c.broken != nil {
		answer.end = c.broken
	}
	if len(c.answers) > 0 {
		answer.left, c.scripted.answers = c.answers[0], c.answers[1:]
	}
	return answer, nil
}

type rows struct {
	left []driver.Value
	end  error
}

func (r *rows) Columns() []string { return make([]string, max(1, len(r.left))) }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(to []driver.Value) error {
	if r.left == nil {
		return r.end
	}
	copy(to, r.left)
	r.left = nil
	return nil
}

// query reads from a scripted database.
func (s *scripted) query(t testing.TB) sqldb.Query {
	t.Helper()
	db := s.open(t)
	return func(ctx context.Context, scan func(*sql.Rows) error, statement string, args ...any) error {
		found, err := db.QueryContext(ctx, statement, args...)
		return sqldb.Scan(found, err, scan)
	}
}

func TestNumbered(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]string{
		"":                                     "",
		"SELECT 1":                             "SELECT 1",
		"a = ?":                                "a = $1",
		"? ?? ?":                               "$1 $2$3 $4",
		strings.Repeat("?,", 11):               "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,",
		"UPDATE t SET a = ? WHERE é = ? AND b": "UPDATE t SET a = $1 WHERE é = $2 AND b",
	} {
		require.Equal(t, want, sqldb.Numbered(statement))
	}
}

func TestScan_ReturnsWhatGoesWrong(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*scripted{
		"the query fails":   {fails: "SELECT"},
		"reading rows ends": {answers: [][]driver.Value{{int64(1)}}, broken: errFails},
	} {
		err := s.query(t)(t.Context(), func(*sql.Rows) error { return nil }, "SELECT 1")
		require.ErrorIs(t, err, errFails, name)
	}
	s := &scripted{answers: [][]driver.Value{{int64(7)}}}
	err := s.query(t)(t.Context(), func(*sql.Rows) error { return errFails }, "SELECT 1")
	require.ErrorIs(t, err, errFails, "the scan fails")

	var read int64
	s = &scripted{answers: [][]driver.Value{{int64(7)}}}
	require.NoError(t, s.query(t)(t.Context(), func(rows *sql.Rows) error { return rows.Scan(&read) }, "SELECT 1"))
	require.EqualValues(t, 7, read)
}

func TestRetry(t *testing.T) {
	t.Parallel()
	busy := errors.New("database is locked")
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		require.NoError(t, sqldb.Retry(t.Context(), sqldb.IsBusySQLite, func() error {
			if calls++; calls < 20 {
				return busy
			}
			return nil
		}))
		require.Equal(t, 20, calls)

		calls = 0
		err := sqldb.Retry(t.Context(), sqldb.IsBusySQLite, func() error { calls++; return errFails })
		require.ErrorIs(t, err, errFails)
		require.Equal(t, 1, calls, "only a busy database is asked again")

		started := time.Now()
		require.ErrorIs(t, sqldb.Retry(t.Context(), sqldb.IsBusySQLite, func() error { return busy }), busy)
		require.InDelta(t, 10*time.Second, time.Since(started), float64(100*time.Millisecond))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = sqldb.Retry(ctx, sqldb.IsBusySQLite, func() error { return busy })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, busy, "the last error is not lost")
	})
}

// coded is an error of a PostgreSQL driver.
type coded string

func (c coded) Error() string    { return "ERROR (SQLSTATE " + string(c) + ")" }
func (c coded) SQLState() string { return string(c) }

func TestIsBusy(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]struct{ sqlite, postgres bool }{
		errors.New("database is locked (5) (SQLITE_BUSY)"): {sqlite: true},
		errors.New("database table is locked: runs"):       {sqlite: true},
		errors.New("database or disk is full (13)"):        {},
		coded("40001"):               {postgres: true},
		coded("40P01"):               {postgres: true},
		coded("42P01"):               {},
		error(&sqldb.VersionError{}): {},
	} {
		require.Equal(t, want.sqlite, sqldb.IsBusySQLite(err), err)
		require.Equal(t, want.postgres, sqldb.IsBusyPostgres(err), err)
	}
	require.Equal(t, "42P05", sqldb.State(errors.Join(errFails, coded("42P05"))))
	require.Empty(t, sqldb.State(errFails))
}

// schemaAt is a schema of three versions on a database that has one of them.
func schemaAt(version int) sqldb.Schema {
	return sqldb.Schema{
		Versions: [][]string{{"CREATE a", "CREATE b"}, {"ALTER a"}, {"ALTER b"}},
		Begin:    []string{"BEGIN", "LOCK"},
		Version:  func(context.Context, *sql.Conn) (int, error) { return version, nil },
		Record: func(from, to int) []string {
			return []string{"RECORD " + string(rune('0'+from)) + " " + string(rune('0'+to))}
		},
	}
}

func TestSchema_Migrate(t *testing.T) {
	t.Parallel()
	for version, want := range map[int][]string{
		0: {"BEGIN", "LOCK", "CREATE a", "CREATE b", "ALTER a", "ALTER b", "RECORD 0 3", "COMMIT"},
		2: {"BEGIN", "LOCK", "ALTER b", "RECORD 2 3", "COMMIT"},
		3: nil, // nothing is locked
	} {
		s := &scripted{}
		conn, err := s.open(t).Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, schemaAt(version).Migrate(t.Context(), conn))
		require.Equal(t, want, s.statements)
		require.NoError(t, conn.Close())
	}
	for _, newer := range []int{4, -1} {
		s := &scripted{}
		conn, err := s.open(t).Conn(t.Context())
		require.NoError(t, err)
		mismatch := (*sqldb.VersionError)(nil)
		require.ErrorAs(t, schemaAt(newer).Migrate(t.Context(), conn), &mismatch)
		require.True(t, mismatch.IsNewer())
		require.ErrorContains(t, mismatch, "update the program")
		require.Equal(t, []string{"BEGIN", "LOCK"}, s.statements, "nothing is changed")
		require.NoError(t, conn.Close())
	}
}

func TestSchema_MigrateStopsAtWhatFails(t *testing.T) {
	t.Parallel()
	all := []string{"BEGIN", "LOCK", "CREATE a", "CREATE b", "ALTER a", "ALTER b", "RECORD 0 3", "COMMIT"}
	for i, fails := range all {
		s := &scripted{fails: fails}
		conn, err := s.open(t).Conn(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, schemaAt(0).Migrate(t.Context(), conn), errFails)
		require.Equal(t, all[:i+1], s.statements, "nothing follows what failed")
		require.NoError(t, conn.Close())
	}
}

func TestSchema_Check(t *testing.T) {
	t.Parallel()
	conn, err := (&scripted{}).open(t).Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, schemaAt(3).Check(t.Context(), conn))
	require.ErrorContains(t, schemaAt(2).Check(t.Context(), conn), "its tables have version 2, and this program needs 3: migrate it first")
	require.ErrorContains(t, schemaAt(4).Check(t.Context(), conn), "update the program")
	unreadable := schemaAt(3)
	unreadable.Version = func(context.Context, *sql.Conn) (int, error) { return 0, errFails }
	require.ErrorIs(t, unreadable.Check(t.Context(), conn), errFails)
}

func TestLeaseRow(t *testing.T) {
	t.Parallel()
	row := func(s *scripted) sqldb.LeaseRow {
		return sqldb.LeaseRow{Query: s.query(t), Table: "leases", Key: "id = ?", Args: []any{int64(9)}}
	}
	s := &scripted{answers: [][]driver.Value{{int64(4)}}}
	fence, err := row(s).Acquire(t.Context(), "me", time.Second)
	require.NoError(t, err)
	require.EqualValues(t, 4, fence)
	require.Len(t, s.statements, 1)
	require.Contains(t, s.statements[0], "UPDATE leases SET")
	require.Contains(t, s.statements[0], "id = ?")

	s = &scripted{answers: [][]driver.Value{nil, {"another", int64(2_500_000)}}}
	_, err = row(s).Acquire(t.Context(), "me", time.Second)
	held := (*sqldb.HeldError)(nil)
	require.ErrorAs(t, err, &held)
	require.Equal(t, sqldb.HeldError{Owner: "another", ExpiresIn: 2500 * time.Millisecond}, *held)
	require.ErrorContains(t, err, "held by another for another 2.5s")

	s = &scripted{answers: [][]driver.Value{nil, {"another", int64(-5)}}}
	_, err = row(s).Acquire(t.Context(), "me", time.Second)
	require.ErrorAs(t, err, &held)
	require.Zero(t, held.ExpiresIn, "it expired between the two statements")

	_, err = row(&scripted{}).Acquire(t.Context(), "me", time.Second)
	require.ErrorAs(t, err, new(sqldb.NoLeaseError))

	for _, fails := range []string{"UPDATE", "SELECT"} {
		_, err = row(&scripted{fails: fails}).Acquire(t.Context(), "me", time.Second)
		require.ErrorIs(t, err, errFails)
	}
	s = &scripted{}
	require.NoError(t, row(s).Release(t.Context(), "me", 4))
	require.Equal(t, []string{"UPDATE leases SET owner = '' WHERE owner = ? AND fence = ? AND id = ?"}, s.statements)
}

// A moment comes back from its column as it was, and no moment as none.
func TestNanoseconds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 10, 0, 0, 123456789, time.FixedZone("", 3600))
	require.Equal(t, at.UTC(), sqldb.Moment(sqldb.Nanoseconds(at)))
	require.Zero(t, sqldb.Nanoseconds(time.Time{}))
	require.True(t, sqldb.Moment(0).IsZero())
}
