package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// everyRun is what stands for the run of a text that is about all of them.
const everyRun = 0

// query runs a query and scans each row.
type query func(scan func(*sql.Rows) error, text string, args ...any) error

// selectRecord reads what was signed for a run, and the clock of the database in microseconds, zero where that of the process
// counts. Nothing is deleted, so the newest of each act is the last.
func (d *dialect) selectRecord() string {
	now := "0"
	if !d.oneConnection {
		now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
	}
	return `SELECT act, text, signature, ` + now + ` FROM djamo_payroll_approvals WHERE run = 0 OR run = ? ORDER BY id`
}

// readRecord reads what was signed for a run, and the time at which that is to be looked at.
func readRecord(read query, d *dialect, run int64) (approval.Record, time.Time, error) {
	var record approval.Record
	now := time.Now()
	err := read(func(rows *sql.Rows) error {
		var act approval.Act
		var signed approval.Signed
		var micros int64
		if err := rows.Scan(&act, &signed.Text, &signed.Signature, &micros); err != nil {
			return err
		}
		if micros != 0 {
			now = time.UnixMicro(micros)
		}
		switch act {
		case approval.Appoint:
			record.Policies = append(record.Policies, signed)
		case approval.Plan:
			record.Request = signed
		case approval.Approve:
			record.Approval = signed
		}
		return nil
	}, d.selectRecord(), run)
	return record, now, err
}

// checkApproval refuses a plan that the journal holds no approval for. The account is the one that the run has recorded, unless one
// is given. It is asked in the transaction that stores or claims, with the run locked, and reads in statements of its own: one that
// has waited for a lock sees other rows as they were when it began.
func checkApproval(read query, d *dialect, run int64, plan string, account djamo.Account) (approval.Standing, error) {
	record, now, err := readRecord(read, d, run)
	if err != nil || len(record.Policies) == 0 {
		return approval.Standing{}, err
	}
	standing, err := record.At(now)
	if err != nil {
		return standing, err
	}
	var name, stored string
	var digest sql.NullString
	err = read(func(rows *sql.Rows) error { return rows.Scan(&name, &digest, &stored) },
		`SELECT name, digest, account FROM djamo_payroll_runs WHERE id = ?`, run)
	if err != nil {
		return standing, err
	}
	if plan == "" {
		plan = digest.String
	}
	if account.Host == "" {
		if account, err = parseAccount(stored); err != nil {
			return standing, err
		}
	}
	return standing, standing.Check(name, plan, account)
}

// claims reports whether a change begins to send.
func claims(changes []payroll.Change) bool {
	return slices.ContainsFunc(changes, func(c payroll.Change) bool { return c.From == payroll.Planned })
}

// checkApproval is checkApproval in a transaction of the journal.
func (tx *transaction) checkApproval(plan string) (approval.Standing, error) {
	return checkApproval(tx.query, tx.dialect, tx.run, plan, djamo.Account{})
}

// CheckApproval implements payroll.Journal. Where the plan is stored, its payouts must be those that were approved.
func (j *Journal) CheckApproval(ctx context.Context, plan payroll.PlanInfo, account djamo.Account) error {
	read := func(scan func(*sql.Rows) error, text string, args ...any) error {
		return j.read(ctx, scan, text, args...)
	}
	standing, err := checkApproval(read, j.dialect, j.run, plan.Digest, account)
	if err != nil || !standing.Policy.Required {
		return err
	}
	if _, err := j.Planned(ctx); err != nil {
		if errors.Is(err, payroll.ErrNoPlan) {
			err = nil
		}
		return err
	}
	return j.seals.check(read, j.run, standing, nil)
}

// CheckApproval implements payroll.Journal. The payouts of the whole run must be those that were approved.
func (p *Part) CheckApproval(ctx context.Context, plan payroll.PlanInfo, account djamo.Account) error {
	read := func(scan func(*sql.Rows) error, text string, args ...any) error {
		return p.read(ctx, scan, text, args...)
	}
	standing, err := checkApproval(read, p.dialect, p.run, plan.Digest, account)
	if err != nil {
		return err
	}
	return p.seals.check(read, p.run, standing, nil)
}

// Standing says where the run stands: who asks for an approval, who has approved, and why it may not be paid.
func (j *Journal) Standing(ctx context.Context) (approval.Standing, error) {
	record, now, err := j.record(ctx)
	if err != nil {
		return approval.Standing{}, err
	}
	return record.At(now)
}

// Record is everything that was signed for the run.
func (j *Journal) Record(ctx context.Context) (approval.Record, error) {
	record, _, err := j.record(ctx)
	return record, err
}

func (j *Journal) record(ctx context.Context) (approval.Record, time.Time, error) {
	return readRecord(func(scan func(*sql.Rows) error, text string, args ...any) error {
		return j.read(ctx, scan, text, args...)
	}, j.dialect, j.run)
}

// Sign stores what somebody has signed for the run: a request, of act approval.Plan, or the approval of the newest request. It stores
// nothing that does not hold now, by the clock that the journal goes by; an *approval.Refusal says why. It is safe to repeat.
func (j *Journal) Sign(ctx context.Context, act approval.Act, signed approval.Signed) error {
	if err := j.lock(ctx); err != nil {
		return err
	}
	defer j.unlock()
	return j.transact(ctx, advanceLimit, func(tx *transaction) error {
		if err := tx.lockApprovals(); err != nil {
			return err
		}
		record, now, err := readRecord(tx.query, j.dialect, j.run)
		if err != nil {
			return err
		}
		if !signed.IsZero() && (act == approval.Plan && record.Request == signed || act == approval.Approve && record.Approval == signed) {
			return nil
		}
		if act == approval.Plan {
			record.Request, record.Approval = signed, approval.Signed{}
		} else {
			record.Approval = signed
		}
		standing, err := record.At(now)
		if err != nil {
			return err
		}
		if err := j.mayStore(tx, act, standing); err != nil {
			return err
		}
		return tx.storeSigned(j.run, act, now, signed)
	})
}

// mayStore refuses what would not hold.
func (j *Journal) mayStore(tx *transaction, act approval.Act, standing approval.Standing) error {
	refusal, refused := errors.AsType[*approval.Refusal](standing.Refusal)
	switch {
	case act != approval.Plan && act != approval.Approve:
		return fmt.Errorf("payroll: %q is nothing that a run is signed for", act)
	case !standing.Policy.Required:
		return &approval.Refusal{Reason: approval.ApprovalNotUsed}
	case act == approval.Plan && refused && refusal.Reason == approval.NotApproved:
	case standing.Refusal != nil:
		return standing.Refusal
	}
	terms := *standing.Request.Terms
	held := payroll.PlanInfo{}
	if err := tx.query(func(rows *sql.Rows) error { return scanPlan(rows, &held) }, selectPlan, j.run); err != nil {
		return err
	}
	if terms.Run != j.name || held.Digest != "" && held.Digest != terms.Plan {
		return &approval.Refusal{Reason: approval.OtherPlan, Args: []any{terms.Plan, held.Digest}}
	}
	return nil
}

// lockApprovals keeps others from signing before the transaction ends.
func (tx *transaction) lockApprovals() error {
	if tx.dialect.oneConnection {
		return nil
	}
	return tx.exec("LOCK TABLE djamo_payroll_approvals IN SHARE ROW EXCLUSIVE MODE")
}

func (tx *transaction) storeSigned(run int64, act approval.Act, now time.Time, signed approval.Signed) error {
	return tx.exec(`INSERT INTO djamo_payroll_approvals (run, act, at, text, signature) VALUES (?, ?, ?, ?, ?)`,
		run, string(act), now.UnixNano(), signed.Text, signed.Signature)
}

// Appoint stores who may plan and approve, for all runs of a database, and from then on they need an approval. The first list must be
// signed by somebody who stands in it, and each later one by somebody who may according to the one before, and follow that one; an
// *approval.Refusal says what is wrong. It makes the tables where there are none. Programs of an older version that drive a run lose
// it with the first list. The other errors are those of Open.
func Appoint(ctx context.Context, db *sql.DB, of Dialect, signed approval.Signed) error {
	refusal := error(nil)
	err := withConnection(ctx, db, of, func(d *dialect, conn *sql.Conn) error {
		if err := d.schema().Migrate(ctx, conn); err != nil {
			return err
		}
		var statements []*sql.Stmt // a file stays locked as long as one is open
		defer func() {
			for _, statement := range statements {
				_ = statement.Close()
			}
		}()
		tx := &transaction{ctx: ctx, dialect: d, limit: advanceLimit, statement: func(ctx context.Context, text string) (*sql.Stmt, error) {
			statement, err := conn.PrepareContext(ctx, d.rebind(text))
			if err == nil {
				statements = append(statements, statement)
			}
			return statement, err
		}}
		err := tx.exec(d.begin)
		if err == nil {
			err = tx.appoint(signed)
		}
		if err == nil {
			err = tx.commit()
		}
		if errors.Is(err, payroll.ErrNotApproved) { // the transaction ends with the connection
			refusal, err = err, nil
		}
		return err
	})
	return errors.Join(err, refusal)
}

func (tx *transaction) appoint(signed approval.Signed) error {
	if err := tx.lockApprovals(); err != nil {
		return err
	}
	record, now, err := readRecord(tx.query, tx.dialect, everyRun)
	if err != nil {
		return err
	}
	if n := len(record.Policies); n > 0 && record.Policies[n-1] == signed {
		return nil
	}
	record.Policies = append(record.Policies, signed)
	standing, err := record.At(now)
	if err != nil {
		return err
	}
	if err := standing.CheckClock(now); err != nil {
		return err
	}
	if len(record.Policies) == 1 && !tx.dialect.oneConnection {
		err = tx.exec("UPDATE djamo_payroll_runs SET owner = '', fence = fence + 1 WHERE parts = 0 AND owner <> ''")
	}
	if err != nil {
		return err
	}
	return tx.storeSigned(everyRun, approval.Appoint, now, signed)
}

// ReadRecord reads everything that was signed for a run, or, without a run's name, who may sign. It changes nothing; where the tables
// are of an older version, nothing was signed. The errors are those of Open.
func ReadRecord(ctx context.Context, db *sql.DB, of Dialect, run string) (approval.Record, error) {
	var record approval.Record
	d, err := dialectOf(of)
	if err != nil {
		return record, err
	}
	conn, err := d.connect(ctx, db)
	if err != nil {
		return record, failedToOpen(ctx, d, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	version, err := d.version(ctx, conn)
	if err == nil && version >= d.approvalsSince() {
		read := func(scan func(*sql.Rows) error, text string, args ...any) error {
			rows, err := conn.QueryContext(ctx, d.rebind(text), args...) //nolint:rowserrcheck // Scan looks
			return sqldb.Scan(rows, err, scan)
		}
		id := int64(everyRun)
		if run != "" {
			err = read(func(rows *sql.Rows) error { return rows.Scan(&id) }, `SELECT id FROM djamo_payroll_runs WHERE name = ?`, run)
		}
		if err == nil {
			record, _, err = readRecord(read, d, id)
		}
	}
	if err != nil {
		return record, failedToOpen(ctx, d, err)
	}
	return record, nil
}
