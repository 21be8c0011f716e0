// Package sqldb has what packages that keep their data in SQLite or PostgreSQL share: reading rows, repeating what
// failed because the database was busy, bringing tables to a version, and leases in a row of a table.
//
// It imports no driver and knows no table: callers hand in both.
package sqldb
