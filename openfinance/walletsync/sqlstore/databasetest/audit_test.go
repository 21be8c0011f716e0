package databasetest_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

func (d database) auditDialect() audit.Dialect { return audit.Dialect(d.dialect) }

// bind writes parameters as the database has them.
func (d database) bind(query string) string {
	for n := 1; d.dialect == sqlstore.PostgreSQL && strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
	}
	return query
}

func (d database) log(t testing.TB) *audit.Log {
	t.Helper()
	log, err := audit.Open(t.Context(), d.connect(t), d.auditDialect())
	require.NoError(t, err)
	return log
}

var day = time.Date(2026, 5, 28, 9, 0, 0, 0, time.UTC)

func readRecord(i int) audit.Record {
	return audit.Record{
		At: day.Add(time.Duration(i) * time.Minute), Consent: "c0ffee", Action: "read", Scope: "transactions.read", Request: fmt.Sprintf("%016x", i),
		Status: 200, Count: int64(i), Fields: "amount_minor,id,ts",
	}
}

// fill writes chains of so many rows each, w0 and so on, in transactions.
func (d database) fill(t testing.TB, chains, rows int) {
	t.Helper()
	db := d.connect(t)
	for c := range chains {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		for i := range rows {
			require.NoError(t, audit.Append(t.Context(), tx, d.auditDialect(), fmt.Sprint("w", c), readRecord(i)))
		}
		require.NoError(t, tx.Commit())
	}
}

// unguard takes away what refuses updates, as somebody would who can write to the database.
func (d database) unguard(t testing.TB) *sql.DB {
	t.Helper()
	db := d.connect(t)
	statements := []string{"DROP TRIGGER djamo_audit_no_update", "DROP TRIGGER djamo_audit_no_delete"}
	if d.dialect == sqlstore.PostgreSQL {
		statements = []string{"DROP TRIGGER djamo_audit_insert_only ON djamo_audit"}
	}
	for _, statement := range statements {
		_, err := db.Exec(statement)
		require.NoError(t, err)
	}
	return db
}

func keys(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return public, private
}

func checkpoint(t testing.TB, log *audit.Log, key ed25519.PrivateKey) []byte {
	t.Helper()
	var out bytes.Buffer
	_, err := log.Checkpoint(t.Context(), &out, key, day.Add(2*time.Hour))
	require.NoError(t, err)
	return out.Bytes()
}

func TestAudit_IsInsertOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		log := d.log(t)
		d.fill(t, 1, 3)
		db := d.connect(t)
		for _, statement := range []string{"UPDATE djamo_audit SET items = 9", "DELETE FROM djamo_audit"} {
			_, err := db.Exec(statement)
			require.ErrorContains(t, err, "djamo_audit is insert only")
		}
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, audit.Append(t.Context(), tx, d.auditDialect(), "w0", readRecord(4)))
		require.NoError(t, tx.Rollback(), "it goes with what it records")
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, audit.Report{Rows: 3, Chains: 1}, report)
		require.Error(t, audit.Append(t.Context(), db, d.auditDialect(), "", readRecord(1)))
		require.Error(t, audit.Append(t.Context(), db, d.auditDialect(), "w\x00", readRecord(1)))
		_, err = db.Exec("UPDATE djamo_audit_schema SET version = 9")
		require.NoError(t, err)
		_, err = audit.Open(t.Context(), db, d.auditDialect())
		require.ErrorIs(t, err, audit.ErrNewer)
	})
}

func TestAudit_NoLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		_, err := audit.Existing(t.Context(), d.connect(t), d.auditDialect())
		require.ErrorIs(t, err, audit.ErrNone)
		_, err = audit.Open(t.Context(), d.connect(t), "MySQL")
		require.ErrorContains(t, err, "is no dialect")
		report, err := d.log(t).Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Zero(t, report)
	})
}

// Every edit, deletion and reorder is found without a checkpoint, and the first bad row of the chain is named.
func TestAudit_FindsWhatWasAltered(t *testing.T) {
	t.Parallel()
	const chains, rows = 3, 12
	type alteration struct {
		name, statement string
		row             int64
		problem         string
	}
	var alterations []alteration
	for column, value := range map[string]string{
		"at": "at + 1", "consent": "'x'", "action": "'idle'", "scope": "''", "request": "'x'", "status": "403", "items": "items + 1",
		"fields": "'id'", "format": "1", "hash": "'00'",
	} {
		for _, n := range []int64{1, 5, rows} {
			alterations = append(alterations, alteration{
				fmt.Sprint(column, " of ", n), fmt.Sprintf("UPDATE djamo_audit SET %s = %s WHERE chain = 'w1' AND n = %d", column, value, n), n, "hash",
			})
		}
	}
	for _, n := range []int64{1, 5, rows} {
		alterations = append(alterations, alteration{
			fmt.Sprint("deletion of ", n), fmt.Sprintf("DELETE FROM djamo_audit WHERE chain = 'w1' AND n = %d", n), n, "is missing",
		})
	}
	alterations = append(alterations,
		alteration{"a number", "UPDATE djamo_audit SET n = 100 WHERE chain = 'w1' AND n = 3", 3, "is missing"},
		alteration{"a number before all", "UPDATE djamo_audit SET n = -1 WHERE chain = 'w1' AND n = 3", -1, "stands where row 1 must be"},
		alteration{"a chain", "DELETE FROM djamo_audit WHERE chain = 'w1'", 1, "all of the chain"},
		alteration{"a format of nobody's", "UPDATE djamo_audit SET format = 7 WHERE chain = 'w1' AND n = 4", 4, "format"},
		alteration{"its head", "DELETE FROM djamo_audit_heads WHERE chain = 'w1'", rows + 1, "was deleted"},
		alteration{"its head is behind", "UPDATE djamo_audit_heads SET n = 5 WHERE chain = 'w1'", 6, "was added"},
		alteration{"its head has another hash", "UPDATE djamo_audit_heads SET hash = '' WHERE chain = 'w1'", rows, "is not the one"},
		alteration{"another chain", "UPDATE djamo_audit SET chain = 'w11' WHERE chain = 'w1'", 1, ""},
	)
	swap := []string{
		"UPDATE djamo_audit SET n = -3 WHERE chain = 'w1' AND n = 3", "UPDATE djamo_audit SET n = 3 WHERE chain = 'w1' AND n = 4",
		"UPDATE djamo_audit SET n = 4 WHERE chain = 'w1' AND n = -3",
	}
	alterations = append(alterations, alteration{"two rows in each other's place", strings.Join(swap, "; "), 3, "hash"})
	each(t, func(t *testing.T, d database) {
		log := d.log(t)
		d.fill(t, chains, rows)
		db := d.unguard(t)
		public, private := keys(t)
		signed := checkpoint(t, log, private)
		backup := []string{
			"CREATE TABLE kept AS SELECT * FROM djamo_audit", "CREATE TABLE kept_heads AS SELECT * FROM djamo_audit_heads",
		}
		restore := []string{
			"DELETE FROM djamo_audit", "INSERT INTO djamo_audit SELECT * FROM kept", "DELETE FROM djamo_audit_heads",
			"INSERT INTO djamo_audit_heads SELECT * FROM kept_heads",
		}
		all := func(statements []string) {
			for _, statement := range statements {
				_, err := db.Exec(statement)
				require.NoError(t, err, statement)
			}
		}
		all(backup)
		for _, a := range alterations {
			all(strings.Split(a.statement, "; "))
			for _, against := range []*audit.Signed{nil, {Checkpoint: bytes.NewReader(signed), PublicKey: public}} {
				report, err := log.Verify(t.Context(), against)
				require.NoError(t, err, a.name)
				require.NotEmpty(t, report.Faults, a.name)
				require.Equal(t, "w1", report.Faults[0].Chain, a.name)
				require.Equal(t, a.row, report.Faults[0].N, "%s: %v", a.name, report.Faults)
				require.Contains(t, report.Faults[0].Error(), a.problem, a.name)
				if !strings.Contains(a.name, "another chain") {
					require.Len(t, report.Faults, 1, "%s: the other chains are good", a.name)
				}
			}
			all(restore)
		}
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, audit.Report{Rows: chains * rows, Chains: chains}, report)
	})
}

// What was cut off together with the head, or written anew to the end, is found against a checkpoint.
func TestAudit_FindsWhatOnlyACheckpointShows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		log := d.log(t)
		d.fill(t, 3, 10)
		public, private := keys(t)
		signed := checkpoint(t, log, private)
		against := func() *audit.Signed { return &audit.Signed{Checkpoint: bytes.NewReader(signed), PublicKey: public} }
		require.NoError(t, audit.Append(t.Context(), d.connect(t), d.auditDialect(), "w9", readRecord(1)), "what came later is no fault")
		report, err := log.Verify(t.Context(), against())
		require.NoError(t, err)
		require.Empty(t, report.Faults)
		require.Equal(t, day.Add(2*time.Hour), report.Checkpoint)

		db := d.unguard(t)
		hashOf := func(n int) (hash string) {
			require.NoError(t, db.QueryRow(fmt.Sprintf("SELECT hash FROM djamo_audit WHERE chain = 'w1' AND n = %d", n)).Scan(&hash))
			return hash
		}
		exec := func(statement string, args ...any) {
			_, err := db.Exec(d.bind(statement), args...)
			require.NoError(t, err)
		}
		// Cut off, and the head with it.
		exec("UPDATE djamo_audit_heads SET n = 7, hash = ? WHERE chain = 'w1'", hashOf(7))
		exec("DELETE FROM djamo_audit WHERE chain = 'w1' AND n > 7")
		report, err = log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, report.Faults, "a chain alone does not show it")
		report, err = log.Verify(t.Context(), against())
		require.NoError(t, err)
		require.Equal(t, []audit.Fault{{Chain: "w1", N: 8, Problem: "is missing: the chain was cut off, the checkpoint has 10 rows of it"}}, report.Faults)
		// Written anew behind it, longer than it was.
		for i := range 6 {
			require.NoError(t, audit.Append(t.Context(), db, d.auditDialect(), "w1", readRecord(100+i)))
		}
		report, err = log.Verify(t.Context(), against())
		require.NoError(t, err)
		require.Len(t, report.Faults, 1)
		require.Contains(t, report.Faults[0].Error(), "row 10 of w1 is another than that of the checkpoint")
		// A whole chain and its head.
		exec("DELETE FROM djamo_audit WHERE chain = 'w2'")
		exec("DELETE FROM djamo_audit_heads WHERE chain = 'w2'")
		report, err = log.Verify(t.Context(), against())
		require.NoError(t, err)
		require.Len(t, report.Faults, 2)
		require.Contains(t, report.Faults[1].Error(), "row 1 of w2 is missing")
		require.EqualValues(t, 2, report.Bad)
	})
}

func TestAudit_ACheckpointThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	d := database{"sqlite", t.TempDir() + "/audit.db", sqlstore.SQLite}
	log := d.log(t)
	d.fill(t, 3, 2)
	public, private := keys(t)
	other, _ := keys(t)
	signed := checkpoint(t, log, private)
	lines := bytes.SplitAfter(signed, []byte("\n"))
	for name, text := range map[string][]byte{
		"empty": nil, "cut off": bytes.Join(lines[:3], nil), "a mark less": slices.Concat(lines[0], lines[1], lines[3], lines[4]),
		"a mark twice": slices.Concat(lines[0], lines[1], lines[1], lines[2], lines[3], lines[4]),
		"altered":      bytes.Replace(signed, []byte(`"n":2`), []byte(`"n":1`), 1), "more behind it": append(slices.Clone(signed), lines[1]...),
		"another time": bytes.Replace(signed, []byte("2026"), []byte("2025"), 1), "no checkpoint": []byte("{}\n"),
		"a bracket":   append(bytes.TrimSuffix(slices.Clone(signed), []byte("\n")), " }\n"...),
		"a long line": append(slices.Clone(lines[0]), bytes.Repeat([]byte("x"), 1<<20)...),
	} {
		_, err := log.Verify(t.Context(), &audit.Signed{Checkpoint: bytes.NewReader(text), PublicKey: public})
		require.ErrorIs(t, err, audit.ErrCheckpoint, name)
	}
	for _, key := range []ed25519.PublicKey{other, nil} {
		_, err := log.Verify(t.Context(), &audit.Signed{Checkpoint: bytes.NewReader(signed), PublicKey: key})
		require.ErrorIs(t, err, audit.ErrCheckpoint)
	}
	_, err := log.Checkpoint(t.Context(), &bytes.Buffer{}, nil, day)
	require.ErrorContains(t, err, "needs an ed25519 key")
}

// Reads that found nothing become one row for each wallet and hour, whoever records them and however often.
func TestAudit_FoldsReadsThatFoundNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		_, key := grant(t, store, "w", "x")
		log, err := store.Audit(t.Context())
		require.NoError(t, err)
		for minute := range 150 { // two hours and a half
			for _, id := range []string{"w", "x"} {
				at := day.Add(time.Duration(minute) * time.Minute)
				require.NoError(t, store.Touch(t.Context(), []walletsync.Idle{{Wallet: id, Consent: key, Last: at, Count: 2}}))
			}
		}
		require.NoError(t, store.Touch(t.Context(), []walletsync.Idle{{Wallet: "gone", Consent: key, Last: day, Count: 2}}))
		rows := func() (list []audit.ExportedRow) {
			var out bytes.Buffer
			_, err := log.Export(t.Context(), &out, audit.JSONL, audit.Selection{Account: "w"})
			require.NoError(t, err)
			for decoder := json.NewDecoder(&out); decoder.More(); {
				var row audit.ExportedRow
				require.NoError(t, decoder.Decode(&row))
				list = append(list, row)
			}
			return list
		}
		list := rows()
		require.Len(t, list, 3)
		for i, count := range []int64{120, 120, 60} {
			require.Equal(t, count, list[i].Count)
			require.Equal(t, "idle", list[i].Action)
			require.Equal(t, "transactions.read", list[i].Scope)
			require.EqualValues(t, i+1, list[i].N)
			require.Equal(t, i < 2, list[i].Hash != "", "the hour that is not over is not chained yet")
		}
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, report.Faults)
		require.EqualValues(t, 2, report.Open)
		// A page closes the hour that is over, and so does a checkpoint.
		require.NoError(t, store.Update(t.Context(), "w", func(tx walletsync.Tx) error {
			return tx.Audit(walletsync.Audit{At: day.Add(3 * time.Hour), Wallet: "w", Consent: key, Action: "read", Status: 200})
		}))
		list = rows()
		require.Equal(t, []string{"idle", "idle", "idle", "read"}, []string{list[0].Action, list[1].Action, list[2].Action, list[3].Action})
		require.NoError(t, log.CloseHours(t.Context(), day.Add(3*time.Hour)))
		report, err = log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, report.Faults)
		require.Zero(t, report.Open)
		require.EqualValues(t, 3, report.Chains, "two wallets and their consent")
	})
}

// Pages, reads that found nothing and the closing of hours append at the same time, and every record is there once.
func TestAudit_ManyAppendAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		_, key := grant(t, store, "w", "x")
		log, err := store.Audit(t.Context())
		require.NoError(t, err)
		const times = 40
		var group sync.WaitGroup
		failures := make(chan error, 4*times)
		at := func(i int) time.Time { return day.Add(time.Duration(i) * 20 * time.Minute) }
		for _, do := range []func(i int) error{
			func(i int) error {
				return store.Update(context.WithoutCancel(t.Context()), "w", func(tx walletsync.Tx) error {
					tx.State().Seq++
					return tx.Audit(walletsync.Audit{At: at(i), Consent: key, Action: "read", Status: 200, Count: 1})
				})
			},
			func(i int) error {
				return store.Touch(context.WithoutCancel(t.Context()), []walletsync.Idle{
					{Wallet: "x", Consent: key, Last: at(i), Count: 1}, {Wallet: "w", Consent: key, Last: at(i), Count: 1},
				})
			},
			func(i int) error { return log.CloseHours(context.WithoutCancel(t.Context()), at(i)) },
			func(i int) error {
				_, err := log.Verify(context.WithoutCancel(t.Context()), nil)
				return err
			},
		} {
			group.Go(func() {
				for i := range times {
					failures <- do(i)
				}
			})
		}
		group.Wait()
		close(failures)
		for err := range failures {
			require.NoError(t, err)
		}
		require.NoError(t, log.CloseHours(t.Context(), at(times+3)))
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, report.Faults)
		var reads, idle int64
		require.NoError(t, d.connect(t).QueryRow("SELECT CAST(SUM(CASE WHEN action = 'read' THEN 1 ELSE 0 END) AS BIGINT), "+
			"CAST(SUM(CASE WHEN action = 'idle' THEN items ELSE 0 END) AS BIGINT) FROM djamo_audit").Scan(&reads, &idle))
		require.EqualValues(t, times, reads)
		require.EqualValues(t, 2*times, idle)
	})
}

// What a regulator is given: each read with its consent, scope, hash of the request, code and kept fields, and no secret.
func TestAudit_ExportsWhatWasRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		keeper, key := grant(t, store, "w")
		leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		gateway := &pages{page: func() *wallet.Page { return pageOf(t, "w", 0, 3) }}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p", Now: func() time.Time { return day }}
		_, _, err = engine.Step(t.Context(), &walletsync.Reader{Lease: leases[0]}, false)
		require.NoError(t, err)
		require.NoError(t, keeper.Revoke(t.Context(), "con"))
		log, err := store.Audit(t.Context())
		require.NoError(t, err)
		var out bytes.Buffer
		count, err := log.Export(t.Context(), &out, audit.CSV, audit.Selection{})
		require.NoError(t, err)
		table, err := csv.NewReader(bytes.NewReader(out.Bytes())).ReadAll()
		require.NoError(t, err)
		require.Len(t, table, int(count)+1)
		require.Equal(t, "time,account,consent,action,scope,request_hash,response_code,count,fields,chain,row,hash", strings.Join(table[0], ","))
		last := table[len(table)-1]
		require.Equal(t, []string{
			day.Format(time.RFC3339), "w", key, "read", "transactions.read", last[5], "200", "3",
			"amount_minor,counterparty_masked,custodian,filler,id,rail,rail_reference,status,ts,type", "w",
		}, last[:10])
		require.Regexp(t, "^[0-9a-f]{16}$", last[5])
		var actions []string
		for _, row := range table[1:] {
			if row[1] == "" {
				actions = append(actions, row[3])
				require.Equal(t, "consent:"+key, row[9])
			}
		}
		require.Equal(t, []string{"granted", "revoked"}, actions)
		for _, secret := range []string{"con,", "tok", "ref", "tx_0000", "wave", "***"} {
			require.NotContains(t, strings.ReplaceAll(out.String(), "rail_reference", ""), secret)
		}
		out.Reset()
		count, err = log.Export(t.Context(), &out, audit.JSONL, audit.Selection{Account: "w", From: day.Add(time.Second)})
		require.NoError(t, err)
		require.Zero(t, count)
		_, err = log.Export(t.Context(), &out, "xml", audit.Selection{})
		require.ErrorContains(t, err, "use csv or jsonl")
	})
}

// A store of version 1 keeps its audit rows, in a log that still shows what was altered.
func TestAudit_TakesOverTheRowsOfAnOlderStore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		text, err := os.ReadFile("testdata/version1.sql")
		require.NoError(t, err)
		db := d.connect(t)
		for statement := range strings.SplitSeq(string(text), ";\n") {
			if d.dialect == sqlstore.PostgreSQL {
				statement = strings.NewReplacer(" INTEGER", " BIGINT", " BLOB", " BYTEA", ") STRICT, WITHOUT ROWID", ")", ") STRICT", ")", "x''", "''").
					Replace(statement)
			}
			_, err := db.Exec(statement)
			require.NoError(t, err, statement)
		}
		store := d.open(t)
		log, err := store.Audit(t.Context())
		require.NoError(t, err)
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, audit.Report{Rows: 5, Chains: 2}, report)
		require.NoError(t, store.Update(t.Context(), "wal_1", func(tx walletsync.Tx) error {
			return tx.Audit(walletsync.Audit{At: day, Action: "read", Status: 200})
		}))
		report, err = log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, audit.Report{Rows: 6, Chains: 2}, report)
		_, err = d.unguard(t).Exec("UPDATE djamo_audit SET items = 7 WHERE chain = 'wal_1' AND n = 2")
		require.NoError(t, err)
		report, err = log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, report.Faults, 1)
		require.Equal(t, "wal_1", report.Faults[0].Chain)
		require.EqualValues(t, 2, report.Faults[0].N)
	})
}

// It has a hundred thousand rows and, with DJAMO_TEST_FULL=1, the million of the promise: at most 60 s.
func BenchmarkAudit_Verify(b *testing.B) {
	const chains = 1000
	rows := 100
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		rows = 1000
	}
	for _, of := range []func() database{
		func() database { return database{"sqlite", b.TempDir() + "/audit.db", sqlstore.SQLite} },
		func() database { return database{"pgx", pgtest.Schema(b, "pgx"), sqlstore.PostgreSQL} },
	} {
		d := of()
		b.Run(string(d.dialect), func(b *testing.B) {
			log := d.log(b)
			d.fillFast(b, chains, rows)
			b.ResetTimer()
			for b.Loop() {
				report, err := log.Verify(b.Context(), nil)
				require.NoError(b, err)
				require.EqualValues(b, chains*rows, report.Rows)
				require.Empty(b, report.Faults)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(chains*rows), "ns/row")
		})
	}
}

// fillFast writes many rows with one statement for each hundred of them.
func (d database) fillFast(b testing.TB, chains, rows int) {
	b.Helper()
	tx, err := d.connect(b).BeginTx(b.Context(), nil)
	require.NoError(b, err)
	columns := strings.Count(audit.RowColumns, ",") + 2
	insert := func(into string, columns int, values []any) {
		row := "(" + strings.Repeat("?,", columns-1) + "?)"
		query := into + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", len(values)/columns), ",")
		if d.dialect == sqlstore.PostgreSQL {
			var numbered strings.Builder
			for i, part := range strings.Split(query, "?") {
				if numbered.WriteString(part); i < len(values) {
					fmt.Fprintf(&numbered, "$%d", i+1)
				}
			}
			query = numbered.String()
		}
		_, err := tx.Exec(query, values...)
		require.NoError(b, err)
	}
	for c := range chains {
		chain := fmt.Sprintf("wal_XOF_%06d", c)
		var head audit.Head
		for from := 0; from < rows; from += 100 {
			var values []any
			for i := from; i < min(rows, from+100); i++ {
				for _, row := range head.Append(chain, readRecord(i)) {
					values = append(append(values, chain), row.Values()...)
				}
			}
			insert("INSERT INTO djamo_audit (chain, "+audit.RowColumns+")", columns, values)
		}
		insert("INSERT INTO djamo_audit_heads (chain, "+audit.HeadColumns+")", 1+len(audit.HeadTypes), append([]any{chain}, head.Values()...))
	}
	require.NoError(b, tx.Commit())
}
