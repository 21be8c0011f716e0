// Package walletservice is what a program that keeps wallets in a database does beside reading its command line: it checks
// the settings, takes consents from a file or the environment, opens the database, receives pushes, runs the engine of package
// walletsync, and writes changes and states as JSON. Example wallet-sync and djamo wallets are such programs.
//
// The drivers are the program's to import: one named "sqlite", such as modernc.org/sqlite, and one named "pgx",
// github.com/jackc/pgx/v5/stdlib.
//
// Like the packages it is made of, it is outside of the module's compatibility promise until a gateway confirms the shapes.
package walletservice
