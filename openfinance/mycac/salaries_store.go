package mycac

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
)

// planSalaries keeps a plan and its file, once. A plan that is kept already stays as it is, and so does its file.
func (j *Journal) planSalaries(ctx context.Context, plan *SalaryPlan, file SalaryFile) error {
	var kept bytes.Buffer
	if err := (SalaryJSON{}).WriteFile(&kept, plan); err != nil {
		return err
	}
	return j.transact(ctx, func(ctx context.Context, t tx) error {
		added, err := t.exec(ctx, `INSERT INTO djamo_mycac_salaries (reference, digest, plan, content_type, file, file_digest, state)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING`,
			plan.Reference, plan.Digest, kept.Bytes(), file.ContentType, file.Content, file.Digest, string(SubmissionPlanned))
		if err != nil {
			return err
		}
		if added == 0 {
			return t.sameSalaries(ctx, plan)
		}
		for i, entry := range plan.Entries {
			_, err := t.exec(ctx, "INSERT INTO djamo_mycac_salary_entries (plan, reference, place, minor, state) VALUES (?, ?, ?, ?, ?)",
				plan.Reference, entry.Reference, int64(i), entry.Amount.Minor, string(SalaryOpen))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// compareSalaries compares a plan with what the journal holds under its reference: ErrNoSalaries or ErrSalariesDiffer.
func (j *Journal) compareSalaries(ctx context.Context, plan *SalaryPlan) error {
	return j.transact(ctx, func(ctx context.Context, t tx) error { return t.sameSalaries(ctx, plan) })
}

func (t tx) sameSalaries(ctx context.Context, plan *SalaryPlan) error {
	digest, found := "", false
	err := t.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&digest)
	}, "SELECT digest FROM djamo_mycac_salaries WHERE reference = ?", plan.Reference)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: %s", ErrNoSalaries, plan.Reference)
	case digest != plan.Digest:
		return fmt.Errorf("%w: %s: give the new ones a reference of their own, and make sure that the old ones are not paid by them again",
			ErrSalariesDiffer, plan.Reference)
	}
	return nil
}

// Submission reads how far a submission is. The error matches ErrNoSalaries where there is none.
func (j *Journal) Submission(ctx context.Context, reference string) (s Submission, err error) {
	err = j.transact(ctx, func(ctx context.Context, t tx) error {
		s, err = t.submission(ctx, reference)
		return err
	})
	return s, err
}

func (t tx) submission(ctx context.Context, reference string) (s Submission, err error) {
	found, sentAt := false, int64(0)
	err = t.query(ctx, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&s.Reference, &s.State, &s.Attempt, &sentAt, &s.BatchID, &s.Reason)
	}, "SELECT reference, state, attempt, sent_at, batch_id, reason FROM djamo_mycac_salaries WHERE reference = ?", reference)
	if err == nil && !found {
		err = fmt.Errorf("%w: %s", ErrNoSalaries, shownText(reference))
	}
	if sentAt != 0 {
		s.SentAt = time.UnixMicro(sentAt).UTC()
	}
	return s, err
}

// salaryFile reads what is submitted.
func (j *Journal) salaryFile(ctx context.Context, reference string) (file SalaryFile, err error) {
	err = j.transact(ctx, func(ctx context.Context, t tx) error {
		file = SalaryFile{Reference: reference}
		return t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&file.ContentType, &file.Content, &file.Digest) },
			"SELECT content_type, file, file_digest FROM djamo_mycac_salaries WHERE reference = ?", reference)
	})
	if err == nil && digestOf(file.Content) != file.Digest {
		err = fmt.Errorf("%w: the file of %s is not what was kept: it was changed, or the disk is failing", ErrJournal, reference)
	}
	return file, err
}

// move takes a submission from one state to another. It fails with ErrSalariesMoved when the submission is not in the state, or
// not at the attempt, that it was read in.
func (j *Journal) move(ctx context.Context, from, to Submission) error {
	return j.transact(ctx, func(ctx context.Context, t tx) error {
		sentAt := int64(0)
		if !to.SentAt.IsZero() {
			sentAt = to.SentAt.UnixMicro()
		}
		moved, err := t.exec(ctx, `UPDATE djamo_mycac_salaries SET state = ?, attempt = ?, sent_at = ?, batch_id = ?, reason = ?
			WHERE reference = ? AND state = ? AND attempt = ?`,
			string(to.State), int64(to.Attempt), sentAt, to.BatchID, to.Reason, from.Reference, string(from.State), int64(from.Attempt))
		if err == nil && moved == 0 {
			err = fmt.Errorf("%w: %s is not %s any more", ErrSalariesMoved, from.Reference, from.State)
		}
		return err
	})
}

// confirm keeps what became of entries. What is final stays as it is: a bank that says otherwise later is named by contradicts.
func (j *Journal) confirm(ctx context.Context, reference string, confirmed []SalaryConfirmation) (contradicts []string, err error) {
	err = j.transact(ctx, func(ctx context.Context, t tx) error {
		contradicts = nil
		for _, c := range confirmed {
			if c.State == SalaryOpen {
				continue
			}
			changed, err := t.exec(ctx, `UPDATE djamo_mycac_salary_entries SET state = ?, tx_id = ?, reason = ?
				WHERE plan = ? AND reference = ? AND state = ?`, string(c.State), c.TxID, c.Reason, reference, c.Reference, string(SalaryOpen))
			if err != nil {
				return err
			}
			if changed > 0 {
				continue
			}
			var state, txID string
			err = t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&state, &txID) },
				"SELECT state, tx_id FROM djamo_mycac_salary_entries WHERE plan = ? AND reference = ?", reference, c.Reference)
			if err != nil {
				return err
			}
			if state != string(c.State) || txID != c.TxID {
				contradicts = append(contradicts, c.Reference)
			}
		}
		return nil
	})
	return contradicts, err
}

// SalaryOutcomes reads the entries of salaries and what became of each, in the order of the plan.
func (j *Journal) SalaryOutcomes(ctx context.Context, reference string, options SalaryOptions) (outcomes []SalaryOutcome, err error) {
	var kept []byte
	type outcome struct{ state, txID, reason string }
	var became []outcome
	err = j.transact(ctx, func(ctx context.Context, t tx) error {
		became = nil
		if _, err := t.submission(ctx, reference); err != nil {
			return err
		}
		err := t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&kept) },
			"SELECT plan FROM djamo_mycac_salaries WHERE reference = ?", reference)
		if err != nil {
			return err
		}
		return t.query(ctx, func(rows *sql.Rows) error {
			var o outcome
			err := rows.Scan(&o.state, &o.txID, &o.reason)
			became = append(became, o)
			return err
		}, "SELECT state, tx_id, reason FROM djamo_mycac_salary_entries WHERE plan = ? ORDER BY place", reference)
	})
	if err != nil {
		return nil, err
	}
	options.MaxBytes, options.MaxEntries, options.MaxAmount = int64(len(kept))+1, len(became)+1, 0 // it was checked when it was planned
	options.Today = SalaryOptions{}.Today
	plan, err := ReadSalaries(bytes.NewReader(kept), options)
	if err != nil || len(plan.Entries) != len(became) {
		return nil, fmt.Errorf("%w: the plan of %s is not what was kept", ErrJournal, reference)
	}
	for i, entry := range plan.Entries {
		outcomes = append(outcomes, SalaryOutcome{
			SalaryEntry: entry, State: SalaryState(became[i].state), TxID: became[i].txID, Reason: became[i].reason,
		})
	}
	return outcomes, nil
}

// totals adds the entries up by what became of them.
func (j *Journal) totals(ctx context.Context, reference string, options SalaryOptions) (SalaryTotals, error) {
	var totals SalaryTotals
	var err error
	if totals.Submission, err = j.Submission(ctx, reference); err != nil {
		return totals, err
	}
	outcomes, err := j.SalaryOutcomes(ctx, reference, options)
	if err != nil {
		return totals, err
	}
	zero := money.Amount{Currency: outcomes[0].Amount.Currency}
	for _, sum := range []*SalarySum{&totals.Planned, &totals.Paid, &totals.Failed, &totals.Conflict, &totals.Open} {
		sum.Amount = zero
	}
	of := map[SalaryState]*SalarySum{
		SalaryPaid: &totals.Paid, SalaryFailed: &totals.Failed, SalaryConflict: &totals.Conflict, SalaryOpen: &totals.Open,
	}
	for _, o := range outcomes {
		for _, sum := range []*SalarySum{&totals.Planned, of[o.State]} {
			if sum == nil {
				return totals, fmt.Errorf("%w: the entry %s is in a state that is not known: update the program", ErrJournal, o.Reference)
			}
			sum.Count++
			if sum.Amount, err = sum.Amount.Add(o.Amount); err != nil {
				return totals, err
			}
		}
	}
	return totals, nil
}
