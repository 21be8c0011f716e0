package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Hold cancels the part's run on behalf of a worker, which has found why nothing of it should be sent before a person has
// looked at it: [RunInfo] and the error of [Divide] say why. A run that was enqueued or resumed since the part was opened,
// or cancelled, stays as it is.
func (p *Part) Hold(ctx context.Context, why string) error {
	return p.read(ctx, func(*sql.Rows) error { return nil }, `UPDATE djamo_payroll_runs SET cancelled = clock_timestamp(), held = ?
		WHERE id = ? AND cancelled IS NULL AND resumed = ?`, shortened(clean(djamo.MaskPhones(why))), p.run, p.resumed)
}

// CompareWindow is how far back payments are compared with the run before it is sent, when the part was opened; zero for the
// default of payroll.RecentOptions.
func (p *Part) CompareWindow() time.Duration {
	if !p.compared.Valid {
		return 0
	}
	return max(sqldb.Microseconds(p.compared.Int64), time.Microsecond)
}

// WholeRun is a view of all payouts of the part's run, for reading.
func (p *Part) WholeRun() *Part {
	whole := *p
	whole.first, whole.last = 0, math.MaxInt64
	return &whole
}

func (p *Part) isWholeRun() bool { return p.last == math.MaxInt64 }

// CompareSince sets, in the caller's transaction, from when on payments are compared with a run before it is sent: those of
// so long ago until now, unless that is set already or anew. Zero takes all payments until now for known.
func CompareSince(ctx context.Context, tx *sql.Tx, run string, ago time.Duration, anew bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE djamo_payroll_runs
		SET repeats_since = clock_timestamp() - CAST($2 AS BIGINT) * INTERVAL '1 microsecond'
		WHERE name = $1 AND ($3 OR repeats_since IS NULL)`, run, ago.Microseconds(), anew)
	if err != nil {
		return fmt.Errorf("payroll: noting how far back payments are compared: %w", postgres().explain(err))
	}
	return nil
}

// shortened bounds a text that operators read in a line.
func shortened(text string) string {
	const maxLength = 300
	if len(text) > maxLength {
		return strings.ToValidUTF8(text[:maxLength], "") + "…"
	}
	return text
}

// cancelledError says when and why a run was cancelled.
func cancelledError(at time.Time, held string) error {
	if held != "" {
		return fmt.Errorf("%w: it was held at %s: %s", payroll.ErrCancelled, at.UTC().Format(time.RFC3339), held)
	}
	return fmt.Errorf("%w: it was cancelled at %s", payroll.ErrCancelled, at.UTC().Format(time.RFC3339))
}

// Waiting is how many payouts of a run are still to be paid in another one, and in which.
type Waiting struct {
	Payouts int64
	Run     string // the first of them by name
}

// WaitingElsewhere looks, in the caller's transaction, for runs that were divided, are not cancelled, and are still to pay the
// same payees the same amounts under other references as a run does: none of their payments can be found at the API yet.
// Whoever asks waits for others that do so in their transactions: of two such runs the second finds the first. The
// transaction must be READ COMMITTED, and may not stand still for longer than 10 s from then on.
func WaitingElsewhere(ctx context.Context, tx *sql.Tx, run string) (Waiting, error) {
	var w Waiting
	var isolation string
	err := tx.QueryRowContext(ctx, "SELECT "+isolationAnd(shortIdle)).Scan(&isolation, new(string))
	if err == nil {
		if err := checkIsolation(isolation); err != nil {
			return w, err
		}
		_, err = tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('djamo payroll waiting', 0))")
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, `SELECT COUNT(DISTINCT p.id), COALESCE(MIN(r.name), '')
			FROM djamo_payroll_payouts AS p
			JOIN djamo_payroll_payouts AS o ON o.msisdn = p.msisdn AND o.amount = p.amount AND o.run <> p.run AND o.reference <> p.reference
			JOIN djamo_payroll_runs AS r ON r.id = o.run
			WHERE p.run = (SELECT id FROM djamo_payroll_runs WHERE name = $1) AND p.state IN ('planned', 'submitting', 'unknown')
				AND o.state IN ('planned', 'submitting', 'unknown', 'submitted') AND r.parts > 0 AND r.cancelled IS NULL`, run,
		).Scan(&w.Payouts, &w.Run)
	}
	if err != nil {
		return Waiting{}, fmt.Errorf("payroll: comparing with runs that wait: %w", postgres().explain(err))
	}
	return w, nil
}
