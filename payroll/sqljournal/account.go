package sqljournal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

const selectAccount = `SELECT account FROM djamo_payroll_runs WHERE id = ?`

// RecordAccount notes which account pays the run, for its report, before anything is sent. It is safe to repeat. A run
// that another account pays, in another environment or of another company, is refused with an error that matches
// payroll.ErrOtherAccount. A test server may come back on another port.
func (j *Journal) RecordAccount(ctx context.Context, account djamo.Account) error {
	if err := j.lock(ctx); err != nil {
		return err
	}
	defer j.unlock()
	return j.transact(ctx, advanceLimit, func(tx *transaction) error {
		query, stored := selectAccount, ""
		if !j.dialect.oneConnection {
			query += " FOR UPDATE"
		}
		err := tx.query(func(rows *sql.Rows) error { return rows.Scan(&stored) }, query, j.run)
		if err != nil {
			return err
		}
		held, err := parseAccount(stored)
		if err != nil {
			return err
		}
		if held, err = sameAccount(held, account); err != nil {
			return err
		}
		text, err := json.Marshal(held)
		if err != nil {
			return fmt.Errorf("payroll: recording the account: %w", err)
		}
		if string(text) == stored {
			return nil
		}
		return tx.exec(`UPDATE djamo_payroll_runs SET account = ? WHERE id = ?`, string(text), j.run)
	})
}

// Account returns the account that RecordAccount has noted; zero when none was.
func (j *Journal) Account(ctx context.Context) (djamo.Account, error) {
	var stored string
	if err := j.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&stored) }, selectAccount, j.run); err != nil {
		return djamo.Account{}, err
	}
	return parseAccount(stored)
}

func parseAccount(stored string) (account djamo.Account, err error) {
	if stored == "" {
		return account, nil
	}
	if err := json.Unmarshal([]byte(stored), &account); err != nil {
		return account, unusable("the account of the run cannot be read: %w", err)
	}
	return account, nil
}

// sameAccount is what is known of an account that was noted before, unless another one is given.
func sameAccount(held, given djamo.Account) (djamo.Account, error) {
	if held == (djamo.Account{}) {
		return given, nil
	}
	if held.Environment != given.Environment || held.CompanyID != "" && given.CompanyID != "" && held.CompanyID != given.CompanyID {
		return held, fmt.Errorf("%w: it belongs to %s, and this is %s", payroll.ErrOtherAccount, shownAccount(held), shownAccount(given))
	}
	if given.CompanyID == "" {
		given.CompanyID = held.CompanyID
	}
	return given, nil
}

func shownAccount(a djamo.Account) string {
	text := string(a.Environment)
	if text == "" {
		text = a.Host
	}
	if a.CompanyID != "" {
		text += " (" + a.CompanyID + ")"
	}
	return text
}
