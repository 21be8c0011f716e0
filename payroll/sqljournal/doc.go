// Package sqljournal keeps the journal of a payroll run in SQLite or PostgreSQL, over database/sql. It imports no driver:
// the program chooses one, such as modernc.org/sqlite or github.com/jackc/pgx/v5/stdlib.
//
// # SQLite
//
// One file, one process. [Open] puts the database into WAL mode with synchronous=FULL and locks it for as long as the
// journal is open, so what is written survives a power cut, a second process is refused at once with
// [payroll.ErrLeaseHeld], and the lock of a process that was killed is gone the moment it is. No lease can therefore belong
// to anybody but a user of this very Journal: when a file is opened, the run is free whoever held it last, and
// leases are measured by this process alone. One sql.DB serves one Journal at a time, which uses a single connection.
//
// Keep the file on a local disk, never on NFS or SMB, whose locks and syncs promise less than SQLite needs. While a
// journal is open, its latest writes are in a second file beside it, whose name ends in -wal: never delete it, and copy
// a closed journal only, or use VACUUM INTO.
//
// # PostgreSQL
//
// Many processes on many machines, one of them driving each run. Leases are measured by the clock of the database and
// by no other, and a run passes on when its holder's lease has run out. A journal keeps one connection for its
// writes and takes others from the pool, so the pool must allow two. Pooling by a proxy must be by session, and
// synchronous_commit on or remote_apply. A standby that is promoted without the latest transactions does not
// know what was sent last: the journal notices that the server has another history, and looks up what is planned there
// before it is sent.
//
// MySQL and MariaDB are not supported.
//
// # Both
//
// A database holds any number of runs, told apart by their names. The tables are made, and later changed, by Open. A
// database that a newer version has changed is refused.
//
// Every transition is durable when [Journal.Advance] returns. Calls made at the same time share a transaction and its
// one sync to the disk, so many callers get many times the throughput of one, while each fails for its own reasons
// only. After a failed write nothing is known about what the database has kept: the journal then refuses everything,
// with [payroll.ErrJournal], until it is opened again.
package sqljournal
