package sqljournal

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// columns of a payout, in the order in which payoutScanner reads them.
const columns = `id, line, msisdn, amount, reference, description, state, attempts, sent_at, transaction_id, fee, reason, earlier, ` +
	`name, transaction_at`

// payoutScanner reads payouts from the rows of one query. Reports read them by the hundred thousand, so the places that each is
// read into are made once.
type payoutScanner struct {
	payout           payroll.Payout
	sent, transacted sql.NullInt64
	places           []any
}

func newPayoutScanner() *payoutScanner {
	s := &payoutScanner{}
	p := &s.payout
	s.places = []any{
		&p.ID, &p.Line, (*string)(&p.MSISDN), (*int64)(&p.Amount), &p.Reference, &p.Description, (*string)(&p.State), &p.Attempts, &s.sent,
		&p.TransactionID, (*int64)(&p.Fee), &p.Reason, &p.Earlier, &p.Name, &s.transacted,
	}
	return s
}

// scan reads the next payout.
func (s *payoutScanner) scan(rows *sql.Rows) (payroll.Payout, error) {
	err := rows.Scan(s.places...)
	p := s.payout
	p.SentAt, p.TransactionAt = time.Time{}, time.Time{}
	if s.sent.Valid {
		p.SentAt = time.Unix(0, s.sent.Int64).UTC()
	}
	if s.transacted.Valid {
		p.TransactionAt = time.Unix(0, s.transacted.Int64).UTC()
	}
	return p, err
}

// plannedRow is what a plan says of a payout, as the columns of the statement that inserts it.
func plannedRow(p payroll.Payout) []any {
	return []any{p.ID, p.Line, p.MSISDN.E164(), int64(p.Amount), p.Reference, p.Description, clean(p.Name)}
}

// changedRow is what a change to a run writes, as the columns of the statement that updates it.
func changedRow(run int64, c payroll.Change) []any {
	p := c.Payout
	earlier := 0
	if p.Earlier {
		earlier = 1
	}
	return []any{p.ID, string(p.State), p.Attempts, nanoseconds(p.SentAt), clean(p.TransactionID), int64(p.Fee), clean(p.Reason), earlier,
		nanoseconds(p.TransactionAt), run}
}

// nanoseconds is a time as it is stored, a parameter that needs no pointer; nil for none.
func nanoseconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

// array writes rows as one parameter, for dialect.array to take apart.
func array[T any](values []T, row func(T) []any) (string, error) {
	rows := make([][]any, len(values))
	for i, value := range values {
		rows[i] = row(value)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("payroll: writing to the journal: %w", err)
	}
	return string(text), nil
}

// The statements that take such an array. PostgreSQL knows nothing of how many elements an array has, and nothing of a table that was
// filled a moment ago: it would compare all of a table with an array, as long as the table is not large, for each part of a run. Where
// the keys are an array of their own it looks for them by the index, whatever it knows.

// find starts from the references: with IN, SQLite would rather walk through the whole run, in the order it is asked for.
func (d *dialect) find() string {
	if !d.oneConnection { // each by itself, and not all of the run compared with them
		return `SELECT p.` + strings.ReplaceAll(columns, ", ", ", p.") + ` FROM ` + d.array + ` CROSS JOIN LATERAL (
			SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND reference = c.value ->> 0 OFFSET 0) AS p ORDER BY p.id`
	}
	return `SELECT p.` + strings.ReplaceAll(columns, ", ", ", p.") + ` FROM ` + d.array + ` CROSS JOIN djamo_payroll_payouts AS p
		WHERE p.run = ? AND p.reference = c.value ->> 0 ORDER BY p.id`
}

func (d *dialect) insert() string {
	return `INSERT INTO djamo_payroll_payouts (run, id, line, msisdn, amount, reference, description, name, state)
		SELECT CAST(? AS BIGINT), CAST(c.value ->> 0 AS BIGINT), CAST(c.value ->> 1 AS BIGINT), c.value ->> 2,
			CAST(c.value ->> 3 AS BIGINT), c.value ->> 4, c.value ->> 5, c.value ->> 6, 'planned'
		FROM ` + d.array + ` WHERE true ON CONFLICT DO NOTHING`
}

func (d *dialect) standing() string {
	if !d.oneConnection {
		return `SELECT id, state, reference FROM djamo_payroll_payouts
			WHERE id = ANY (ARRAY(SELECT CAST(c.value ->> 0 AS BIGINT) FROM ` + d.array + `)) AND run = ?`
	}
	return `SELECT p.id, p.state, p.reference FROM ` + d.array + ` CROSS JOIN djamo_payroll_payouts AS p
		WHERE p.run = ? AND p.id = CAST(c.value ->> 0 AS BIGINT)`
}

// update has the run in each row: as a parameter it would tempt SQLite to walk through the run for each change. PostgreSQL takes the
// changes out of the array once; was and reference are there for a statement that goes on with conditions on them.
func (d *dialect) update() string {
	if !d.oneConnection {
		return `WITH c AS MATERIALIZED (SELECT CAST(a.value ->> 0 AS BIGINT) AS id, a.value ->> 1 AS state,
				CAST(a.value ->> 2 AS BIGINT) AS attempts, CAST(a.value ->> 3 AS BIGINT) AS sent_at, a.value ->> 4 AS transaction_id,
				CAST(a.value ->> 5 AS BIGINT) AS fee, a.value ->> 6 AS reason, CAST(a.value ->> 7 AS BIGINT) AS earlier,
				CAST(a.value ->> 8 AS BIGINT) AS transaction_at, CAST(a.value ->> 9 AS BIGINT) AS run, a.value ->> 10 AS was,
				a.value ->> 11 AS reference
				FROM jsonb_array_elements(CAST(? AS JSONB)) AS a (value))
			UPDATE djamo_payroll_payouts AS p SET state = c.state, attempts = c.attempts, sent_at = c.sent_at,
				transaction_id = c.transaction_id, fee = c.fee, reason = c.reason, earlier = c.earlier, transaction_at = c.transaction_at
			FROM c WHERE p.run = (SELECT run FROM c LIMIT 1) AND p.id = ANY (ARRAY(SELECT id FROM c)) AND p.id = c.id`
	}
	return `UPDATE djamo_payroll_payouts AS p SET state = c.value ->> 1, attempts = CAST(c.value ->> 2 AS BIGINT),
			sent_at = CAST(c.value ->> 3 AS BIGINT), transaction_id = c.value ->> 4, fee = CAST(c.value ->> 5 AS BIGINT),
			reason = c.value ->> 6, earlier = CAST(c.value ->> 7 AS BIGINT),
			transaction_at = CAST(c.value ->> 8 AS BIGINT)
		FROM ` + d.array + ` WHERE p.run = CAST(c.value ->> 9 AS BIGINT) AND p.id = CAST(c.value ->> 0 AS BIGINT)`
}

// clean replaces what no database keeps as text.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// storable reports whether a time fits the nanoseconds of an int64: from 1678 to 2261.
func storable(t time.Time) bool {
	return t.IsZero() || time.Unix(0, t.UnixNano()).Equal(t)
}
