// Package sqldeduper remembers handled webhook deliveries in a table that several machines share, in PostgreSQL or
// SQLite: a delivery that reaches two of them runs the callback of a [djamo.WebhookHandler] once, and one whose machine
// was killed in the middle is handled again by another.
//
// The package imports no driver: open the database with one of your choice, create the table once, and hand the
// [Deduper] to the handler.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	seen, err := sqldeduper.New(db, sqldeduper.PostgreSQL)
//	err = seen.Create(ctx) // or run seen.Schema() with the tool that keeps your other tables
//
// # PostgreSQL
//
// Version 9.5 or newer, through any driver that writes parameters as $1, such as github.com/jackc/pgx/v5/stdlib. Leases
// are measured by the clock of the server, so the machines' own clocks do not matter. After a failover to a replica that
// lags, deliveries handled last may be forgotten; a handler must bear to run twice then.
//
// MySQL and MariaDB are not supported: their statements that write under a condition differ.
//
// # SQLite
//
// Version 3.42 or newer, for several processes on one machine or one that restarts; never on a network share. With
// modernc.org/sqlite open it like this:
//
//	db, err := sql.Open("sqlite", "file:djamo.db?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
//	db.SetMaxOpenConns(1) // one writes at a time anyway, and in turn
//
// The busy timeout makes a writer wait for others rather than fail; without one the Deduper itself asks again, for ten
// seconds. A database in memory (":memory:") is another one for each connection, unless there is only one.
//
// # What is kept, and for how long
//
// One row for each delivery. A handled delivery is kept for 30 days, or what [WithRetention] says, and then until
// [Deduper.Prune] is next called: call it once a day, from a ticker or a scheduled job, on one machine or on all.
//
//	for range time.Tick(24 * time.Hour) {
//		if _, err := seen.Prune(ctx); err != nil {
//			logger.Error("pruning handled deliveries", "error", err)
//		}
//	}
//
// Applications that share a database need a table each, named by [WithTable]: in one they share, what one has handled is
// done for the other too, and its callback does not run.
//
// Nothing in a row is secret or personal: a hash that names the delivery, and a random name of who handled it.
package sqldeduper
