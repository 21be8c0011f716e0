// Package databasetest runs package sqljournal on real databases: SQLite always, PostgreSQL where
// DJAMO_TEST_DATABASE_URL names one. It is a module of its own so that users of the SDK link no driver they do not use.
package databasetest
