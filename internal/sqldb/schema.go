package sqldb

import (
	"context"
	"database/sql"
	"fmt"
)

// Schema is how the tables of a package came to be, version by version.
type Schema struct {
	// Versions has, for each version, the statements that make it from the one before. A version that was released never
	// changes: what comes next is added.
	Versions [][]string
	// Begin starts a transaction in which no other process upgrades the tables.
	Begin []string
	// Version reads the version of the tables, 0 when there are none.
	Version func(context.Context, *sql.Conn) (int, error)
	// Record returns the statements that write the new version down.
	Record func(from, to int) []string
}

// VersionError is about tables of another version than the program's.
type VersionError struct{ Found, Known int }

// IsNewer reports whether the tables are from a newer version of the program.
func (e *VersionError) IsNewer() bool { return e.Found > e.Known || e.Found < 0 }

// Error says what to do.
func (e *VersionError) Error() string {
	if e.IsNewer() {
		return fmt.Sprintf("it is from a newer version of this program (its tables have version %d, this program knows %d): update the program",
			e.Found, e.Known)
	}
	return fmt.Sprintf("its tables have version %d, and this program needs %d: migrate it first", e.Found, e.Known)
}

// CheckVersion refuses tables of another version than the schema's, with a *VersionError.
func (s Schema) CheckVersion(found int) error {
	if known := len(s.Versions); found != known {
		return &VersionError{Found: found, Known: known}
	}
	return nil
}

// Check refuses a database whose tables are of another version, with a *VersionError. It changes nothing.
func (s Schema) Check(ctx context.Context, conn *sql.Conn) error {
	version, err := s.Version(ctx, conn)
	if err != nil {
		return err
	}
	return s.CheckVersion(version)
}

// Migrate brings the tables to the schema's version, or makes them; a newer version is a *VersionError. It is safe to
// repeat, and for several processes at once. After an error the transaction is still open on the connection: close it.
//
// Tables that are up to date are not locked: a process that is frozen while it migrates holds up no other.
func (s Schema) Migrate(ctx context.Context, conn *sql.Conn) error {
	if version, err := s.Version(ctx, conn); err != nil || version == len(s.Versions) {
		return err
	}
	if err := execAll(ctx, conn, s.Begin); err != nil {
		return err
	}
	missing, err := s.missing(ctx, conn)
	if err != nil {
		return err
	}
	return execAll(ctx, conn, append(missing, "COMMIT"))
}

// missing returns the statements that the tables lack.
func (s Schema) missing(ctx context.Context, conn *sql.Conn) ([]string, error) {
	version, err := s.Version(ctx, conn)
	if err != nil {
		return nil, err
	}
	known := len(s.Versions)
	switch mismatch := (&VersionError{Found: version, Known: known}); {
	case version == known:
		return nil, nil
	case mismatch.IsNewer():
		return nil, mismatch
	}
	var statements []string
	for _, step := range s.Versions[version:] {
		statements = append(statements, step...)
	}
	return append(statements, s.Record(version, known)...), nil
}

func execAll(ctx context.Context, conn *sql.Conn, statements []string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
