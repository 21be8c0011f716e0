package sqljournal

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// columns of a payout, in the order in which scanPayout reads them.
const columns = `id, line, msisdn, amount, reference, description, state, attempts, sent_at, transaction_id, fee, reason, earlier`

func scanPayout(rows *sql.Rows) (payroll.Payout, error) {
	var p payroll.Payout
	var msisdn, state string
	var amount, fee int64
	var sent sql.NullInt64
	err := rows.Scan(&p.ID, &p.Line, &msisdn, &amount, &p.Reference, &p.Description,
		&state, &p.Attempts, &sent, &p.TransactionID, &fee, &p.Reason, &p.Earlier)
	p.MSISDN, p.State, p.Amount, p.Fee = djamo.MSISDN(msisdn), payroll.State(state), djamo.XOF(amount), djamo.XOF(fee)
	if sent.Valid {
		p.SentAt = time.Unix(0, sent.Int64).UTC()
	}
	return p, err
}

// plannedRow is what a plan says of a payout, as the columns of the statement that inserts it.
func plannedRow(p payroll.Payout) []any {
	return []any{p.ID, p.Line, p.MSISDN.E164(), int64(p.Amount), p.Reference, p.Description}
}

// changedRow is what a change to a run writes, as the columns of the statement that updates it.
func changedRow(run int64, c payroll.Change) []any {
	p := c.Payout
	var sent *int64
	if !p.SentAt.IsZero() {
		nanoseconds := p.SentAt.UnixNano()
		sent = &nanoseconds
	}
	earlier := 0
	if p.Earlier {
		earlier = 1
	}
	return []any{p.ID, string(p.State), p.Attempts, sent, clean(p.TransactionID), int64(p.Fee), clean(p.Reason), earlier, run}
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

// The statements that take such an array.

// find starts from the references: with IN, SQLite would rather walk through the whole run, in the order it is asked for.
func (d *dialect) find() string {
	return `SELECT p.` + strings.ReplaceAll(columns, ", ", ", p.") + ` FROM ` + d.array + ` CROSS JOIN djamo_payroll_payouts AS p
		WHERE p.run = ? AND p.reference = c.value ->> 0 ORDER BY p.id`
}

func (d *dialect) insert() string {
	return `INSERT INTO djamo_payroll_payouts (run, id, line, msisdn, amount, reference, description, state)
		SELECT CAST(? AS BIGINT), CAST(c.value ->> 0 AS BIGINT), CAST(c.value ->> 1 AS BIGINT), c.value ->> 2,
			CAST(c.value ->> 3 AS BIGINT), c.value ->> 4, c.value ->> 5, 'planned'
		FROM ` + d.array + ` WHERE true ON CONFLICT DO NOTHING`
}

func (d *dialect) standing() string {
	return `SELECT p.id, p.state, p.reference FROM ` + d.array + ` CROSS JOIN djamo_payroll_payouts AS p
		WHERE p.run = ? AND p.id = CAST(c.value ->> 0 AS BIGINT)`
}

// update has the run in each row: as a parameter it would tempt SQLite to walk through the run for each change.
func (d *dialect) update() string {
	return `UPDATE djamo_payroll_payouts AS p SET state = c.value ->> 1, attempts = CAST(c.value ->> 2 AS BIGINT),
			sent_at = CAST(c.value ->> 3 AS BIGINT), transaction_id = c.value ->> 4, fee = CAST(c.value ->> 5 AS BIGINT),
			reason = c.value ->> 6, earlier = CAST(c.value ->> 7 AS BIGINT)
		FROM ` + d.array + ` WHERE p.run = CAST(c.value ->> 8 AS BIGINT) AND p.id = CAST(c.value ->> 0 AS BIGINT)`
}

// The statements that change payouts one by one, or several that are alike, in the order of changedRow.
const (
	updateAlike = `UPDATE djamo_payroll_payouts SET state = ?, attempts = ?, sent_at = ?, transaction_id = ?, fee = ?, reason = ?, earlier = ?
		WHERE run = ? AND id BETWEEN ? AND ? AND state = ?`
	updateOne        = updateAlike + ` AND reference = ?`
	selectReferences = `SELECT reference FROM djamo_payroll_payouts WHERE run = ? AND id BETWEEN ? AND ? ORDER BY id`
)

// clean replaces what no database keeps as text.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// storable reports whether a time fits the nanoseconds of an int64: from 1678 to 2261.
func storable(t time.Time) bool {
	return t.IsZero() || time.Unix(0, t.UnixNano()).Equal(t)
}
