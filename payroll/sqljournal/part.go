package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Part is the journal of one part of a run that was divided: it has a lease of its own, and of the run's payouts it
// shows its own. It is a payroll.Journal, safe for concurrent use; it holds no connection and needs no closing.
//
// Each call is a transaction of its own. After one that failed, what the database has kept is not known: whoever drives
// the part reads it again from the start, as [payroll.Runner.Step] does.
type Part struct {
	db          *sql.DB
	dialect     *dialect
	run, number int64
	first, last int64 // the IDs of its payouts

	timeline  string        // of the server, when the part was opened
	cancelled bool          // the run was, when the part was opened
	resumed   time.Time     // when the run was enqueued or resumed, by the clock of the database
	idle      time.Duration // how long ago that was
	trouble   string        // why the part has waited so far
	compared  sql.NullInt64 // how far back payments are compared with the run, in microseconds
	seals     *Seals        // of the payouts of the whole run, once they were approved
}

var _ payroll.Journal = (*Part)(nil)

// OpenPart opens a part of a run in PostgreSQL, by its number, which Divide has returned. It writes nothing. The error
// matches payroll.ErrNoPlan when there is no such part.
func OpenPart(ctx context.Context, db *sql.DB, run string, number int64) (*Part, error) {
	p := &Part{db: db, dialect: postgres(), number: number, seals: &Seals{}}
	if err := p.checkVersion(ctx); err != nil {
		return nil, err
	}
	var claimedOn string
	var idle int64
	err := p.read(ctx, func(rows *sql.Rows) error {
		return rows.Scan(&p.run, &p.first, &p.last, &p.cancelled, &p.resumed, &idle, &p.compared, &p.trouble, &claimedOn, &p.timeline)
	}, `SELECT p.run, p.first, p.last, r.cancelled IS NOT NULL, r.resumed,
			CAST(EXTRACT(EPOCH FROM clock_timestamp() - r.resumed) * 1000000 AS BIGINT),
			CAST(EXTRACT(EPOCH FROM clock_timestamp() - r.repeats_since) * 1000000 AS BIGINT),
			p.trouble, p.timeline, `+timeline+`
		FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run WHERE r.name = ? AND p.part = ?`, run, number)
	switch {
	case err != nil:
		return nil, err
	case p.run == 0:
		return nil, fmt.Errorf("%w: the run %q has no part %d", payroll.ErrNoPlan, run, number)
	}
	p.idle = sqldb.Microseconds(idle)
	if claimedOn == p.timeline {
		return p, nil
	}
	return p, p.failOver(ctx)
}

// Resumed is when the run was last enqueued or resumed when the part was opened, by the clock of the database.
func (p *Part) Resumed() time.Time { return p.resumed }

// checkVersion refuses tables that another version of the program has made, which may mean something else by them.
func (p *Part) checkVersion(ctx context.Context) error {
	version := 0
	err := p.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&version) }, "SELECT version FROM djamo_payroll_schema")
	if err != nil {
		return err
	}
	return p.dialect.checkVersion(version)
}

// Cancelled reports whether the run was cancelled when the part was opened.
func (p *Part) Cancelled() bool { return p.cancelled }

// SinceResumed is how long ago the run was last enqueued or resumed when the part was opened, by the clock of the database.
func (p *Part) SinceResumed() time.Duration { return p.idle }

// read runs a query outside of any transaction and scans each row.
func (p *Part) read(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := p.db.QueryContext(ctx, sqldb.Numbered(query), args...)
	err = sqldb.Scan(rows, err, scan)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("payroll: reading the journal: %w", ctx.Err())
	default:
		return p.dialect.explain(err)
	}
}

// CheckSend implements payroll.Journal.
func (p *Part) CheckSend(ctx context.Context, lease payroll.Lease) error {
	var now current
	var version int
	var timelineNow string
	err := p.read(ctx, func(rows *sql.Rows) error {
		var live sql.NullBool
		defer func() { now.live = live.Bool }()
		return rows.Scan(&now.lease.Owner, &now.lease.Fence, &live, &now.cancelled, &version, &timelineNow)
	}, `SELECT p.owner, p.fence, p.until > clock_timestamp(), r.cancelled IS NOT NULL, s.version, `+timeline+`
		FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run CROSS JOIN djamo_payroll_schema AS s
		WHERE p.run = ? AND p.part = ?`, p.run, p.number)
	if err != nil {
		return err
	}
	if err := p.sameServer(version, timelineNow); err != nil {
		return err
	}
	return now.checkSend(lease)
}

// sameServer refuses to claim or send when the tables or the server are no longer those with which the part was opened.
func (p *Part) sameServer(version int, timelineNow string) error {
	if err := p.dialect.checkVersion(version); err != nil {
		return err
	}
	if timelineNow != p.timeline {
		return fmt.Errorf("%w: the database has failed over to another server, which may not know what was sent", payroll.ErrLeaseLost)
	}
	return nil
}

// NoteTrouble records why the part waits, for whoever asks how far the run is; "" when it waits no longer.
func (p *Part) NoteTrouble(ctx context.Context, trouble string) error {
	trouble = shortened(clean(djamo.MaskPhones(trouble)))
	if trouble == p.trouble {
		return nil
	}
	p.trouble = trouble
	return p.read(ctx, func(*sql.Rows) error { return nil }, `UPDATE djamo_payroll_parts SET trouble = ?,
		troubled = CASE WHEN trouble = '' THEN clock_timestamp() ELSE troubled END WHERE run = ? AND part = ?`, trouble, p.run, p.number)
}

// leaseRow is where the lease of the part is.
func (p *Part) leaseRow() sqldb.LeaseRow {
	return sqldb.LeaseRow{
		Query:  p.read,
		Table:  "djamo_payroll_parts",
		Key:    "run = ? AND part = ?",
		Args:   []any{p.run, p.number},
		Length: "lease",
	}
}

// Acquire implements payroll.Journal, by the clock of the database.
func (p *Part) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	if err := checkLease(ctx, owner, lease); err != nil {
		return payroll.Lease{}, err
	}
	return acquire(ctx, p.leaseRow(), owner, lease)
}

// Release implements payroll.Journal.
func (p *Part) Release(ctx context.Context, lease payroll.Lease) error {
	return p.leaseRow().Release(ctx, lease.Owner, lease.Fence)
}

// SinceLostAnswer is how long ago the answer to a request of this part was last lost, by the clock of the database. It outlives
// the process that has lost it, for payroll.Runner.SinceLostAnswer.
func (p *Part) SinceLostAnswer(ctx context.Context) (time.Duration, error) {
	// A time ahead of the clock, which was set back, would be waited for: the quiet period begins again instead.
	err := p.read(ctx, func(*sql.Rows) error { return nil },
		`UPDATE djamo_payroll_parts SET lost = clock_timestamp() WHERE run = ? AND part = ? AND lost > clock_timestamp()`, p.run, p.number)
	if err != nil {
		return 0, err
	}
	var silence int64
	err = p.read(
		ctx,
		func(rows *sql.Rows) error { return rows.Scan(&silence) },
		`SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp() - lost) * 1000000 AS BIGINT) FROM djamo_payroll_parts WHERE run = ? AND part = ?`,
		p.run,
		p.number,
	)
	return sqldb.Microseconds(silence), err
}

// Held reports whether the part has an owner whose lease has not expired.
func (p *Part) Held(ctx context.Context) (bool, error) {
	held := false
	if err := p.leaseRow().Limit(ctx); err != nil {
		return false, err
	}
	err := p.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&held) },
		`SELECT owner <> '' AND until > clock_timestamp() FROM djamo_payroll_parts WHERE run = ? AND part = ?`, p.run, p.number)
	return held, err
}

// Plan implements payroll.Journal: a part has the plan it was divided from, and no other.
func (p *Part) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	if err := p.Advance(ctx, lease); err != nil {
		return err
	}
	held, err := p.Planned(ctx)
	if err != nil || held.Digest == plan.Digest {
		return err
	}
	return same(&held, plan.PlanInfo, nil)
}

// Planned implements payroll.Journal: the name and digest of the whole plan, the count and total of the part.
func (p *Part) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	info := payroll.PlanInfo{}
	err := p.read(ctx, func(rows *sql.Rows) error { return scanPlan(rows, &info) },
		`SELECT r.plan, r.digest, p.last - p.first + 1, p.total FROM djamo_payroll_parts AS p JOIN djamo_payroll_runs AS r ON r.id = p.run
			WHERE p.run = ? AND p.part = ?`, p.run, p.number)
	return info, err
}

// Payouts implements payroll.Journal.
func (p *Part) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	query := `SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ? AND id > ?`
	args := []any{p.run, p.first, p.last, after}
	if len(states) > 0 {
		// A list, and no subquery: the payouts are read in their order then, and no further than the limit, whatever the database
		// knows of the table. A run that was stored a moment ago would be read and sorted to its end for each page.
		query += ` AND state IN (?` + strings.Repeat(`, ?`, len(states)-1) + `)`
		for _, state := range states {
			args = append(args, string(state))
		}
	}
	return p.readPayouts(ctx, limit, query+` ORDER BY id LIMIT ?`, append(args, max(0, limit))...)
}

// Find implements payroll.Journal.
func (p *Part) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	wanted, err := findable(references)
	if err != nil {
		return nil, err
	}
	if p.isWholeRun() {
		return p.readPayouts(ctx, len(references), p.dialect.find(), wanted, p.run)
	}
	// The listing of an account shows what other parts have sent, too: to read a part costs less than to look for all of it.
	const query = `SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ?`
	return p.readPayouts(ctx, len(references), query+` AND reference IN (SELECT c.value ->> 0 FROM `+p.dialect.array+`) ORDER BY id`,
		p.run, p.first, p.last, wanted)
}

func (p *Part) readPayouts(ctx context.Context, atMost int, query string, args ...any) ([]payroll.Payout, error) {
	return payoutsOf(ctx, p.read, atMost, query, args...)
}

// Sums implements payroll.Journal. It reads the part and not the run.
func (p *Part) Sums(ctx context.Context) (map[payroll.State]payroll.Sum, error) {
	info, err := p.Planned(ctx)
	if err != nil {
		return nil, err
	}
	return sums(ctx, info, p.read, "run = ? AND id BETWEEN ? AND ?", p.run, p.first, p.last)
}
