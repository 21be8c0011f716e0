package review

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// AddJournal adds the runs of a database, the newest first, but for one of this name: that is the plan's own.
func (p *Past) AddJournal(ctx context.Context, db *sql.DB, dialect sqljournal.Dialect, except string) error {
	infos, err := sqljournal.ListRuns(ctx, db, dialect)
	if err != nil {
		return err
	}
	for i := len(infos) - 1; i >= 0 && len(p.Runs) < maxRuns; i-- {
		if infos[i].Plan == nil || infos[i].Name == except {
			continue
		}
		if err := p.addRun(ctx, db, dialect, infos[i].Name); err != nil {
			return lang.Errorf("run %q: %w", infos[i].Name, err)
		}
	}
	return nil
}

// AddSource adds what an operator names: a journal, by its file or its address, a report, or a file that was paid. The run of this
// name in a journal is the plan's own.
func (p *Past) AddSource(ctx context.Context, source, except string, file payoutfile.Options, t terminal.Terminal) error {
	if isAddress(source) {
		db, err := postgres.Open(source, t)
		if err != nil {
			return err
		}
		return errors.Join(p.AddJournal(ctx, db, sqljournal.PostgreSQL, except), db.Close())
	}
	journal, err := isJournal(source)
	if err != nil {
		return err
	}
	if !journal {
		return p.AddFile(ctx, source, file)
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(source))
	if err != nil {
		return err
	}
	return errors.Join(p.AddJournal(ctx, db, sqljournal.SQLite, except), db.Close())
}

// isAddress reports whether a journal is in PostgreSQL.
func isAddress(source string) bool {
	return strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://")
}

// NameOf is a source as it may be shown: an address may hold a password.
func NameOf(source string) string {
	if isAddress(source) {
		return "in the database"
	}
	return fmt.Sprintf("%q", source)
}

func (p *Past) addRun(ctx context.Context, db *sql.DB, dialect sqljournal.Dialect, name string) (err error) {
	journal, err := sqljournal.Open(ctx, db, dialect, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	return p.Add(name, PayoutsOf(ctx, journal))
}

// PayoutsOf reads the payouts of a journal that are in these states, or all of them.
func PayoutsOf(ctx context.Context, journal payroll.Journal, states ...payroll.State) iter.Seq2[payroll.Payout, error] {
	const page = 1_000
	return func(yield func(payroll.Payout, error) bool) {
		for after := int64(0); ; {
			payouts, err := journal.Payouts(ctx, after, page, states...)
			if err != nil {
				yield(payroll.Payout{}, err)
				return
			}
			for _, p := range payouts {
				if after = p.ID; !yield(p, nil) {
					return
				}
			}
			if len(payouts) < page {
				return
			}
		}
	}
}

// isJournal reports whether a file is a journal in SQLite.
func isJournal(path string) (bool, error) {
	const magic = "SQLite format 3\x00"
	head, err := headOf(path, len(magic))
	return string(head) == magic, err
}

func headOf(path string, length int) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, length)
	n, err := io.ReadFull(file, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// AddFile adds an earlier run from its report in JSON, CSV or XLSX, or from the file that was paid.
func (p *Past) AddFile(ctx context.Context, path string, file payoutfile.Options) error {
	head, err := headOf(path, 64)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"); len(text) > 0 && text[0] == '{' {
		return p.addJSON(path, name)
	}
	file.Path, file.Run, file.Min, file.Max, file.Sheet = path, "past", 0, 0, ""
	source, err := payoutfile.Open(ctx, file, terminal.Terminal{Err: io.Discard})
	if err != nil {
		return err
	}
	defer source.Close() //nolint:errcheck // it was read only
	plan, err := payoutfile.Read(ctx, source, file)
	if err != nil {
		return err
	}
	return p.Add(name, plan.Payouts())
}

// addJSON adds the run of a report in JSON.
func (p *Past) addJSON(path, name string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	var report struct {
		Run     string `json:"run"`
		Payouts []struct {
			Reference string        `json:"reference"`
			MSISDN    djamo.MSISDN  `json:"msisdn"`
			Amount    djamo.XOF     `json:"amount"`
			Status    payroll.State `json:"status"`
			Name      string        `json:"name"`
		} `json:"payouts"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &report); err != nil {
		return lang.Errorf("it is no report of this program: %w", err)
	}
	if report.Run != "" {
		name = report.Run
	}
	return p.Add(name, func(yield func(payroll.Payout, error) bool) {
		for i, row := range report.Payouts {
			if err := errors.Join(row.MSISDN.Validate(), positive(row.Amount)); err != nil {
				yield(payroll.Payout{}, lang.Errorf("payout %d of the report: %w", i+1, err))
				return
			}
			payout := payroll.Payout{
				ID: int64(i) + 1, MSISDN: row.MSISDN, Amount: row.Amount, Reference: row.Reference, State: row.Status, Name: row.Name,
			}
			if !yield(payout, nil) {
				return
			}
		}
	})
}

func positive(amount djamo.XOF) error {
	if amount <= 0 {
		return lang.Errorf("amount: must be positive, got %d", int64(amount))
	}
	return nil
}

// HasBegun reports whether the journal holds the plan of a run, which was confirmed when it was stored.
func HasBegun(ctx context.Context, db *sql.DB, dialect sqljournal.Dialect, run string) (bool, error) {
	infos, err := sqljournal.ListRuns(ctx, db, dialect)
	return slices.ContainsFunc(infos, func(info sqljournal.RunInfo) bool { return info.Name == run && info.Plan != nil }), err
}
