// Package databasetest tests the journal of package mycac on SQLite and on PostgreSQL, and what is built on it. It is a module of
// its own, so that their drivers do not become dependencies of those who use another.
package databasetest
