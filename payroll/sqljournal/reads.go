package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

const selectPlan = `SELECT plan, digest, count, total FROM djamo_payroll_runs WHERE id = ? AND digest IS NOT NULL`

// Planned implements payroll.Journal.
func (j *Journal) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	info := payroll.PlanInfo{}
	err := j.read(ctx, func(rows *sql.Rows) error { return scanPlan(rows, &info) }, selectPlan, j.run)
	if err == nil && info.Digest == "" {
		err = payroll.ErrNoPlan
	}
	return info, err
}

func scanPlan(rows *sql.Rows, info *payroll.PlanInfo) error {
	var total int64
	err := rows.Scan(&info.Run, &info.Digest, &info.Count, &total)
	info.Total = djamo.XOF(total)
	return err
}

// Payouts implements payroll.Journal.
func (j *Journal) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	if len(states) > 0 {
		// What is no state finds nothing, and no query grows beyond one part for each state.
		states = slices.DeleteFunc(payroll.States(), func(s payroll.State) bool { return !slices.Contains(states, s) })
		if len(states) == 0 {
			limit = 0
		}
	}
	if limit <= 0 {
		return nil, j.readNothing(ctx)
	}
	const whole = `SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND id > ? ORDER BY id LIMIT ?`
	switch {
	case len(states) == 0 || len(states) == len(payroll.States()):
		return j.readPayouts(ctx, limit, whole, j.run, after, limit)
	case j.dialect.oneConnection && len(states) == 1 && states[0] == payroll.Planned:
		return j.planned(ctx, after, limit)
	case j.dialect.oneConnection && slices.ContainsFunc(states, func(s payroll.State) bool { return !hasIndex(s) }):
		// Most payouts are in one of these states, before and after: there is no index to keep for them.
		args := []any{j.run, after}
		for _, state := range states {
			args = append(args, string(state))
		}
		query := `SELECT ` + columns + ` FROM djamo_payroll_payouts WHERE run = ? AND id > ? AND state IN (?` +
			strings.Repeat(", ?", len(states)-1) + `) ORDER BY id LIMIT ?`
		return j.readPayouts(ctx, limit, query, append(args, limit)...)
	}
	// One part for each state, each in the order of its index: what has to be read is in proportion to the limit and
	// not to the run.
	table, open := `djamo_payroll_payouts`, `true`
	if j.dialect.oneConnection { // SQLite would rather walk through the whole run
		table, open = table+` INDEXED BY djamo_payroll_payouts_open`, isOpen
	}
	part := `SELECT ` + columns + ` FROM (SELECT ` + columns + ` FROM ` + table + `
		WHERE run = ? AND state = ? AND id > ? AND ` + open + ` ORDER BY id LIMIT ?) AS part`
	var query strings.Builder
	var args []any
	for i, state := range states {
		if i > 0 {
			query.WriteString(" UNION ALL ")
		}
		query.WriteString(part)
		args = append(args, j.run, string(state), after, limit)
	}
	query.WriteString(" ORDER BY id LIMIT ?")
	return j.readPayouts(ctx, limit, query.String(), append(args, limit)...)
}

// hasIndex reports whether payouts in a state are found by an index of a file: isOpen in Go.
func hasIndex(s payroll.State) bool {
	return s == payroll.Submitting || s == payroll.Unknown || s == payroll.Submitted
}

// planned reads payouts that are planned from a file, where they follow those that are not.
func (j *Journal) planned(ctx context.Context, after int64, limit int) ([]payroll.Payout, error) {
	const maxAtOnce = 1_000
	payouts, scanner := make([]payroll.Payout, 0, min(limit, maxAtOnce)), newPayoutScanner()
	err := j.readPlanned(ctx, after, func(rows *sql.Rows) error {
		payout, err := scanner.scan(rows)
		payouts = append(payouts, payout)
		j.seen = append(j.seen, sighting{payout.ID, payout.Reference})
		return err
	}, `SELECT `+columns+` FROM djamo_payroll_payouts WHERE run = ? AND id > ? AND state = 'planned' ORDER BY id LIMIT ?`, j.run, after, limit)
	if err != nil || len(payouts) == 0 {
		return nil, err
	}
	return payouts, nil
}

// readNothing is the answer to a question that needs no database.
func (j *Journal) readNothing(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: reading the journal: %w", ctx.Err())
	}
	return j.usable()
}

// Find implements payroll.Journal.
func (j *Journal) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	wanted, err := findable(references)
	if err != nil {
		return nil, err
	}
	return j.readPayouts(ctx, len(references), j.dialect.find(), wanted, j.run)
}

// findable is the references that can be found, as the parameter of dialect.find: each once, or it would be found twice.
func findable(references []string) (string, error) {
	known := slices.DeleteFunc(slices.Clone(references), func(reference string) bool { return reference != clean(reference) })
	slices.Sort(known)
	return array(slices.Compact(known), func(reference string) []any { return []any{reference} })
}

func (j *Journal) readPayouts(ctx context.Context, atMost int, query string, args ...any) ([]payroll.Payout, error) {
	return payoutsOf(ctx, j.readStates, atMost, query, args...)
}

// payoutsOf reads the payouts that a query selects, of which there are so many at most.
func payoutsOf(
	ctx context.Context,
	read func(context.Context, func(*sql.Rows) error, string, ...any) error,
	atMost int,
	query string,
	args ...any,
) ([]payroll.Payout, error) {
	var payouts []payroll.Payout
	scanner := newPayoutScanner()
	err := read(ctx, func(rows *sql.Rows) error {
		if payouts == nil {
			const maxAtOnce = 1_000 // a caller may name more than there are
			payouts = make([]payroll.Payout, 0, min(max(atMost, 0), maxAtOnce))
		}
		payout, err := scanner.scan(rows)
		payouts = append(payouts, payout)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return payouts, nil
}

// Sums implements payroll.Journal. It reads the whole run, which takes a good part of a second for a million payouts:
// whoever shows progress adds up for itself.
func (j *Journal) Sums(ctx context.Context) (map[payroll.State]payroll.Sum, error) {
	info, err := j.Planned(ctx)
	if err != nil && !errors.Is(err, payroll.ErrNoPlan) {
		return nil, err
	}
	return sums(ctx, info, j.readStates, "run = ?", j.run)
}

// SentSince counts the payouts that were last sent after a moment, by the clocks of the processes that have sent them. It
// changes nothing.
func (j *Journal) SentSince(ctx context.Context, since time.Time) (int64, error) {
	var count int64
	err := j.readStates(ctx, func(rows *sql.Rows) error { return rows.Scan(&count) },
		"SELECT COUNT(*) FROM djamo_payroll_payouts WHERE run = ? AND sent_at > ?", j.run, since.UnixNano())
	return count, err
}

// sums adds up the payouts that a condition selects.
func sums(
	ctx context.Context,
	info payroll.PlanInfo,
	read func(context.Context, func(*sql.Rows) error, string, ...any) error,
	where string,
	args ...any,
) (map[payroll.State]payroll.Sum, error) {
	// Upper and lower halves are added up apart, since SQLite cannot add beyond 64 bits. What the states are joined to
	// keeps SQLite from going through the index of states, and from there to each row, one by one.
	query := `
		SELECT MIN(state), COUNT(*),
			CAST(SUM(amount >> 32) AS BIGINT), CAST(SUM(amount & 4294967295) AS BIGINT),
			CAST(SUM(fee >> 32) AS BIGINT), CAST(SUM(fee & 4294967295) AS BIGINT),
			CAST(SUM(earlier) AS BIGINT), CAST(SUM((amount * earlier) >> 32) AS BIGINT), CAST(SUM((amount * earlier) & 4294967295) AS BIGINT)
		FROM djamo_payroll_payouts WHERE ` + where + ` GROUP BY state || ''`
	found := map[payroll.State]stateSum{}
	err := read(ctx, func(rows *sql.Rows) error {
		var state string
		var sum stateSum
		err := rows.Scan(&state, &sum.count, &sum.amount.high, &sum.amount.low, &sum.fees.high, &sum.fees.low,
			&sum.earlier, &sum.earlierAmount.high, &sum.earlierAmount.low)
		found[payroll.State(state)] = sum
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return addUp(info, found)
}

// stateSum is what the database adds up for one state.
type stateSum struct {
	count, earlier              int64
	amount, fees, earlierAmount halves
}

// halves are the sums of the upper and the lower 32 bits of amounts.
type halves struct{ high, low int64 }

func (h halves) whole() (djamo.XOF, error) {
	sum := new(big.Int).Lsh(big.NewInt(h.high), 32)
	if sum.Add(sum, big.NewInt(h.low)); !sum.IsInt64() {
		return 0, fmt.Errorf("payroll: adding up: %w: %s", djamo.ErrOverflow, sum)
	}
	return djamo.XOF(sum.Int64()), nil
}

// addUp makes sums of what the database found, which must come to what the plan says: payouts and money neither appear
// nor vanish.
func addUp(info payroll.PlanInfo, found map[payroll.State]stateSum) (map[payroll.State]payroll.Sum, error) {
	sums := make(map[payroll.State]payroll.Sum, len(found))
	var count int64
	var total djamo.XOF
	for state, sum := range found {
		amount, err := sum.amount.whole()
		if err != nil {
			return nil, err
		}
		fees, err := sum.fees.whole()
		if err != nil {
			return nil, err
		}
		if total, err = total.Add(amount); err != nil {
			return nil, err
		}
		count += sum.count
		whole := payroll.Sum{Count: sum.count, Amount: amount, Fees: fees}
		if state == payroll.Completed {
			whole.Earlier = sum.earlier
			if whole.EarlierAmount, err = sum.earlierAmount.whole(); err != nil {
				return nil, err
			}
		}
		sums[state] = whole
	}
	if info.Digest != "" && (count != info.Count || total != info.Total) {
		return nil, unusable("it holds %d payouts of %s where its plan has %d of %s", count, total, info.Count, info.Total)
	}
	return sums, nil
}
