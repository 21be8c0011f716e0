package sqljournal

import (
	"context"
	"database/sql"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// timeline is an expression for the history that the tables have: the server's timeline, which a standby that is promoted, or
// a backup whose log is replayed, begins anew; the server itself; and the table of payouts itself, which a dump that is
// restored makes anew. A server that was copied while it was down, disk and all, has the history of the original: nothing in
// it tells them apart.
const timeline = `substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || ' ' ||
	(SELECT CAST(system_identifier AS TEXT) FROM pg_control_system()) || ' ' ||
	CAST(CAST(CAST('djamo_payroll_payouts' AS regclass) AS oid) AS TEXT)`

// countAsSent is what a part begins with on a server that has a history of its own. What was claimed on the server before
// may be lost there, so whatever looks planned may have been sent: it counts as on its way, is looked up, and waits for a
// quiet period that begins now.
const countAsSent = `UPDATE djamo_payroll_payouts SET state = 'submitting', reason = 'the database failed over'
	WHERE run = $1 AND id BETWEEN $2 AND $3 AND state = 'planned'`

// failOver looks at the part as one that was claimed on another server.
func (p *Part) failOver(ctx context.Context) error {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return p.failed(ctx, err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing once it is committed
	var before string
	err = tx.QueryRowContext(ctx, `SELECT timeline, `+sqldb.Local("10s")+` FROM djamo_payroll_parts WHERE run = $1 AND part = $2 FOR UPDATE`,
		p.run, p.number).Scan(&before, new(string))
	if err == nil && before != "" && before != p.timeline {
		_, err = tx.ExecContext(ctx, countAsSent, p.run, p.first, p.last)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE djamo_payroll_parts SET timeline = $3, lost = clock_timestamp() WHERE run = $1 AND part = $2`,
			p.run, p.number, p.timeline)
	}
	if err == nil {
		err = tx.Commit()
	}
	return p.failed(ctx, err)
}

// failOver looks at a run that was not divided as one that was claimed on another server, if it was. It is part of opening
// the journal, before anybody can acquire the run by it. It is one statement, so it is done whole or not at all.
func (j *Journal) failOver(ctx context.Context) error {
	const statement = `WITH now AS (SELECT ` + timeline + ` AS timeline),
		elsewhere AS (SELECT id, r.timeline FROM djamo_payroll_runs AS r, now
			WHERE id = $1 AND parts = 0 AND r.timeline <> now.timeline FOR UPDATE OF r),
		noted AS (UPDATE djamo_payroll_runs AS r SET timeline = now.timeline FROM elsewhere, now WHERE r.id = elsewhere.id)
		UPDATE djamo_payroll_payouts AS p SET state = 'submitting', reason = 'the database failed over'
			FROM elsewhere WHERE p.run = elsewhere.id AND elsewhere.timeline <> '' AND p.state = 'planned'`
	_, err := j.conn.ExecContext(ctx, statement, j.run)
	return err
}
