package sqldeduper

import (
	"fmt"
	"strconv"
	"strings"
)

// Dialect is the SQL that a database speaks.
type Dialect int

// The dialects. The zero value is none of them: say which.
const (
	PostgreSQL Dialect = iota + 1
	SQLite
)

// String names the dialect.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// pruned is how many rows one statement of Prune deletes at most.
const pruned = 1000

// statements are those of one dialect for one table. Each that writes is one statement, and so atomic: who of several is
// granted a claim is decided by the database, which lets one of them after the other write the row.
type statements struct {
	table, index                      string
	look, claim, done, release, prune string
}

// While a claim is held expires_at is the end of its lease, and once the delivery is done, when it may be forgotten.
//
// clock_timestamp is the time at which it is asked for, even by a statement that waited for another to end. now, the time
// at which the statement began, is one an index can be searched for.
func (d Dialect) statements(table string) statements {
	names := []string{"{table}", quoteName(table), "{index}", quoteName(unqualified(table) + "_expires_at"), "{pruned}", strconv.Itoa(pruned)}
	switch d {
	case PostgreSQL:
		names = append(names,
			"{text}", `text COLLATE "C"`, "{time}", "timestamptz",
			"{now}", "clock_timestamp()", "{started}", "now()",
			"{later}", "clock_timestamp() + CAST($3 AS bigint) * interval '1 millisecond'",
			"$", "$")
	case SQLite: // milliseconds since 1970
		now := "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
		names = append(names,
			"{text}", "text", "{time}", "integer",
			"{now}", now, "{started}", now,
			"{later}", now+" + CAST(?3 AS INTEGER)",
			"$", "?")
	}
	fill := strings.NewReplacer(names...).Replace
	return statements{
		table: fill(`CREATE TABLE IF NOT EXISTS {table} (
	delivery {text} NOT NULL PRIMARY KEY,
	owner text NOT NULL,
	done boolean NOT NULL,
	expires_at {time} NOT NULL
)`),
		index: fill(`CREATE INDEX IF NOT EXISTS {index} ON {table} (expires_at)`),
		look:  fill(`SELECT done, owner <> $2 AND expires_at > {now} FROM {table} WHERE delivery = $1`),
		claim: fill(`INSERT INTO {table} AS kept (delivery, owner, done, expires_at) VALUES ($1, $2, false, {later})
ON CONFLICT (delivery) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE NOT kept.done AND (kept.owner = excluded.owner OR kept.expires_at <= {now})`),
		done: fill(`INSERT INTO {table} AS kept (delivery, owner, done, expires_at) VALUES ($1, $2, true, {later})
ON CONFLICT (delivery) DO UPDATE SET owner = excluded.owner, done = true, expires_at = excluded.expires_at
WHERE NOT kept.done`),
		release: fill(`DELETE FROM {table} WHERE delivery = $1 AND owner = $2 AND NOT done`),
		// The time is asked for twice: a row that is claimed or done meanwhile is looked at again before it is deleted.
		prune: fill(`DELETE FROM {table} WHERE expires_at < {started} AND delivery IN (
	SELECT delivery FROM {table} WHERE expires_at < {started} ORDER BY expires_at LIMIT {pruned}
)`),
	}
}

// validTable says whether a name can stand in a statement as it is, and leaves room for what is put behind it.
func validTable(name string, dialect Dialect) bool {
	const maxLength = 50 // of the 63 that PostgreSQL keeps
	schema, table, qualified := strings.Cut(name, ".")
	if !qualified {
		schema, table = "public", name
	}
	if qualified && dialect != PostgreSQL {
		return false
	}
	for _, part := range []string{schema, table} {
		if part == "" || len(part) > maxLength || part[0] >= '0' && part[0] <= '9' {
			return false
		}
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

func unqualified(table string) string { return table[strings.IndexByte(table, '.')+1:] }

// quoteName lets a table have a name that is a word of SQL, such as order.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, ".", `"."`) + `"` }
