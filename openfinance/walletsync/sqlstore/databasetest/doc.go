// Package databasetest tests package sqlstore on SQLite and on PostgreSQL. It is a module of its own, so that their drivers
// do not become dependencies of those who use another.
package databasetest
