package audit

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Format of an export.
type Format string

// The formats: a table with a first row of names, or a JSON object a line.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// Selection says which rows are exported. Its zero value is all of them.
type Selection struct {
	Account string    // wallet, account or ConsentChain; empty: all
	From    time.Time // inclusive; zero: from the beginning
	Until   time.Time // exclusive; zero: to the end
}

// ExportedRow is a row as it is exported. Its names, also those of the columns of a CSV, are stable.
type ExportedRow struct {
	Time    string `json:"time"`    // RFC 3339, UTC; of the last one, when several reads are folded
	Account string `json:"account"` // wallet or account; empty for what happened to a consent itself
	Consent string `json:"consent"` // keyed hash of its id
	Action  string `json:"action"`
	Scope   string `json:"scope"`
	Request string `json:"request_hash"`
	Status  int    `json:"response_code"` // 0: there was no answer
	Count   int64  `json:"count"`         // items that came, or reads that are folded
	Fields  string `json:"fields"`        // kept, with commas between them
	Chain   string `json:"chain"`
	N       int64  `json:"row"`
	Hash    string `json:"hash"` // empty: reads of an hour that is not over, which are not chained yet
}

func columns() []string {
	return []string{
		"time", "account", "consent", "action", "scope", "request_hash", "response_code", "count", "fields", "chain", "row", "hash",
	}
}

func exported(r *Row) ExportedRow {
	return ExportedRow{
		Time: r.At.UTC().Format(time.RFC3339Nano), Account: r.Account(), Consent: r.Consent, Action: r.Action, Scope: r.Scope,
		Request: r.Request, Status: r.Status, Count: r.Count, Fields: r.Fields, Chain: r.Chain, N: r.N, Hash: r.Hash,
	}
}

// Export writes rows for an auditor, by chain and in their order, as one state of the database has them, and returns how many
// there were. Reads of an hour that is not over come last, without a hash. Nothing secret is in it.
func (l *Log) Export(ctx context.Context, to io.Writer, format Format, selection Selection) (int64, error) {
	write, flush, err := writer(to, format)
	if err != nil {
		return 0, err
	}
	var count int64
	began := false
	err = l.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		if began {
			return fmt.Errorf("audit: the database gave way to another after %d rows: export again", count)
		}
		began = true
		put := func(r *Row) error {
			if !selection.From.IsZero() && r.At.Before(selection.From) || !selection.Until.IsZero() && !r.At.Before(selection.Until) {
				return nil
			}
			count++
			return write(exported(r))
		}
		for row, err := range l.rows(ctx, conn, selection.Account) {
			if err == nil {
				err = put(row)
			}
			if err != nil {
				return err
			}
		}
		for head, err := range l.heads(ctx, conn, selection.Account) {
			if err == nil && head.Open.Count > 0 {
				err = put(&Row{Record: head.Open.record(), Chain: head.chain, N: head.N + 1})
			}
			if err != nil {
				return err
			}
		}
		return flush()
	})
	return count, err
}

func writer(to io.Writer, format Format) (write func(ExportedRow) error, flush func() error, err error) {
	switch format {
	case JSONL:
		buffered := bufio.NewWriter(to)
		out := json.NewEncoder(buffered)
		out.SetEscapeHTML(false)
		return func(r ExportedRow) error { return out.Encode(r) }, buffered.Flush, nil
	case CSV:
		out := csv.NewWriter(to)
		flush = func() error {
			out.Flush()
			return out.Error()
		}
		return func(r ExportedRow) error {
			return out.Write([]string{
				r.Time, cell(r.Account), cell(r.Consent), cell(r.Action), cell(r.Scope), cell(r.Request), strconv.Itoa(r.Status),
				strconv.FormatInt(r.Count, 10), cell(r.Fields), cell(r.Chain), strconv.FormatInt(r.N, 10), r.Hash,
			})
		}, flush, out.Write(columns())
	}
	return nil, nil, fmt.Errorf("audit: %q is no format: use csv or jsonl", format)
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
