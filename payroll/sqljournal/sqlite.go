package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// applicationID marks an SQLite file as a journal, in its header: "Djmo".
const applicationID = 0x446a6d6f

func sqlite() *dialect {
	return &dialect{
		connect: connectSQLite,
		setUp:   setUpSQLite,
		version: versionSQLite,
		upgrade: func(_, to int) []string {
			return []string{fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", to)}
		},
		rebind:        func(query string) string { return query },
		explain:       explainSQLite,
		begin:         "BEGIN IMMEDIATE",
		beginUpgrade:  []string{"BEGIN EXCLUSIVE"},
		array:         "json_each(?) AS c",
		lease:         "SELECT owner, fence, 1, 0, '' FROM djamo_payroll_runs WHERE id = ?",
		leaseLocked:   "SELECT owner, fence, 1, 0, '' FROM djamo_payroll_runs WHERE id = ?",
		oneByOne:      true,
		oneConnection: true,
	}
}

// connectSQLite takes the only connection there may be: a second one would find the file locked.
func connectSQLite(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	if db.Stats().InUse > 0 {
		return nil, unusable("this sql.DB is in use already: open the file once for each journal")
	}
	db.SetMaxOpenConns(1)
	return db.Conn(ctx)
}

// setUpSQLite locks the file and makes sure that what is committed is on the disk. SQLite does not say when it ignores
// a setting, so each is read back.
func setUpSQLite(ctx context.Context, _ *sql.DB, conn *sql.Conn) error {
	for _, setting := range []struct{ pragma, want string }{
		{"busy_timeout = 0", "0"},                 // a locked file is refused at once
		{"locking_mode = EXCLUSIVE", "exclusive"}, // before the first access to the file, so that it needs no shared memory
		{"journal_mode = WAL", "wal"},
	} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+setting.pragma).Scan(&got); err != nil {
			return err
		}
		if got != setting.want {
			return unusable("SQLite cannot keep it safely here: PRAGMA %s gives %s", setting.pragma, got)
		}
	}
	for _, setting := range []struct{ name, set, want string }{
		{"synchronous", "FULL", "2"},
		{"fullfsync", "1", "1"}, // a sync on macOS reaches no further than the drive's cache without it
		{"checkpoint_fullfsync", "1", "1"},
		{"cache_size", "-2000", "-2000"}, // 2 MB: more saves little, and counts as memory
	} {
		if _, err := conn.ExecContext(ctx, "PRAGMA "+setting.name+" = "+setting.set); err != nil {
			return err
		}
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+setting.name).Scan(&got); err != nil {
			return err
		}
		if got != setting.want {
			return unusable("SQLite cannot keep it safely here: PRAGMA %s is %s, not %s", setting.name, got, setting.want)
		}
	}
	// The plan of a large run leaves a large -wal file.
	if _, err := conn.ExecContext(ctx, "PRAGMA journal_size_limit = 67108864"); err != nil {
		return err
	}
	return checkSQLite(ctx, conn)
}

// checkSQLite looks for damage in the whole file, which takes half a second for a million payouts.
func checkSQLite(ctx context.Context, conn *sql.Conn) error {
	var found string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return errors.New("malformed: " + found)
	}
	return nil
}

// versionSQLite reads the version of the tables, 0 for an empty file.
func versionSQLite(ctx context.Context, conn *sql.Conn) (int, error) {
	var application, version, tables int
	for _, read := range []struct {
		query string
		into  *int
	}{
		{"PRAGMA application_id", &application},
		{"PRAGMA user_version", &version},
		{"SELECT COUNT(*) FROM sqlite_schema", &tables},
	} {
		if err := conn.QueryRowContext(ctx, read.query).Scan(read.into); err != nil {
			return 0, err
		}
	}
	switch {
	case application == applicationID:
		return version, nil
	case application != 0 || version != 0 || tables != 0:
		return 0, unusable("the file is the database of another program: give the journal a file of its own")
	}
	return 0, nil
}

// explainSQLite goes by the texts of SQLite itself, which are the same whatever the driver.
func explainSQLite(err error) error {
	if explained(err) {
		return err
	}
	text := err.Error()
	for _, known := range []struct{ part, meaning string }{
		{"not a database", "the file is no SQLite database"},
		{"malformed", "the file is corrupt: go back to a copy of it, or start a new journal, which finds at the API what was paid already"},
		{"disk is full", "the disk is full: make room and start again; nothing that is not recorded was sent"},
		{"readonly database", "the file or its directory cannot be written to"},
		{"3850", "the file cannot be locked: it may not be written to, or its disk has no locks, as NFS"}, // SQLITE_IOERR_LOCK
		{"unable to open", "the file cannot be opened"},
	} {
		if strings.Contains(text, known.part) {
			return unusable("%s (%w)", known.meaning, err)
		}
	}
	if sqldb.IsBusySQLite(err) {
		return fmt.Errorf("%w: it has locked the journal's file (%w)", payroll.ErrLeaseHeld, err)
	}
	return unusable("%w", err)
}
