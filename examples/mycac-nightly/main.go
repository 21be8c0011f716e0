// Command mycac-nightly is the night of a business with accounts at CAC International Bank, Djibouti: it logs in with a code,
// reads the statements of each account and checks every balance, books each line once, settles the merchants' day, pays the
// salaries, forecasts the month, and verifies the audit log.
//
//	go run ./examples/mycac-nightly
//
// It needs nothing: gateway, ledger and database are made up (demo.go, erp.go). The gateway ends the session in the middle of a
// statement, loses a line of another, and loses its answer to the salaries. With -out FOLDER it keeps the statements (CSV,
// CAMT.053) and the settlement (CSV, a page to print).
package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	folder := flag.String("out", "", "folder for the statements and the settlement; empty: they are checked and not kept")
	flag.Parse()
	err := demo(ctx, os.Stdout, *folder, 2026)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mycac-nightly:", err)
		os.Exit(1)
	}
}

// night is everything that a run needs. All it remembers is in the database: kill it anywhere, and run it again.
type night struct {
	out    io.Writer
	folder string           // for what people read; empty: nothing is kept
	now    func() time.Time // time.Now in a program of yours
	url    string           // of the gateway
	erp    string           // URL of the ledger
	http   *http.Client
	db     *sql.DB
	code   func(context.Context) (string, error)     // asks the holder for the code of the SMS
	events func(context.Context, http.Handler) error // has CACPAY deliver what happened
	check  func(whole *mycac.WholeStatement) error   // compares totals with the gateway's ledger
	send   time.Duration                             // how long a submission of salaries may take

	client  *mycac.Client
	session *mycac.Session
	log     *audit.Log
	outbox  *books.Outbox
	journal *mycac.Journal
}

func accounts() []string { return []string{"DJ81-CAC-0001", "DJ81-CAC-0002", "DJ81-CAC-0003"} }

func (n *night) run(ctx context.Context) error {
	if err := n.open(ctx); err != nil {
		return err
	}
	defer n.journal.Close()
	for _, step := range []func(context.Context) error{
		n.logIn, n.statements, n.post, n.settlement, n.salaries, n.forecast, n.verify,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// open opens the journal, the outbox and the audit log in the database.
func (n *night) open(ctx context.Context) (err error) {
	if n.client, err = mycac.NewClient(mycac.Options{URL: n.url, HTTPClient: n.http, Now: n.now}); err != nil {
		return err
	}
	if n.log, err = audit.Open(ctx, n.db, audit.SQLite); err != nil {
		return err
	}
	if n.outbox, err = books.Open(ctx, n.db, books.SQLite); err != nil {
		return err
	}
	if n.journal, err = mycac.OpenJournal(ctx, n.db, mycac.SQLite); err != nil {
		return err
	}
	n.journal.Now = n.now
	return nil
}

// logIn asks the holder for the code of the SMS.
func (n *night) logIn(ctx context.Context) error {
	challenge, err := n.client.Login(ctx, mycac.Credentials{Username: "amina", PasswordHash: "…", DeviceFingerprint: "nightly-server"})
	if err != nil {
		return err
	}
	code, err := n.code(ctx)
	if err != nil {
		return err
	}
	if n.session, err = challenge.Confirm(ctx, code); err != nil {
		return err
	}
	fmt.Fprintf(n.out, "Logged in with a code by SMS, until %s.\n", n.session.Ends().Format("15:04 MST"))
	return nil
}

// statements reads and books what happened from the first of the month to yesterday, account by account.
func (n *night) statements(ctx context.Context) error {
	table := tabwriter.NewWriter(n.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "account\topening\tmovements\tclosing\tlines\tthe gateway's ledger\t")
	for _, account := range accounts() {
		whole, err := n.statement(ctx, account)
		if err != nil {
			return err
		}
		if err := n.book(ctx, whole); err != nil {
			return err
		}
		if err := n.check(whole); err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\tagrees\t\n", account, whole.Opening.English(), whole.Movements.English(), whole.Closing.English(),
			len(whole.Lines))
	}
	fmt.Fprintln(n.out)
	return table.Flush()
}

// statement reads one statement whole. A session that ends is begun anew, and a line that is missing is asked for again: what
// was read so far counts for nothing, so nothing is booked by half.
func (n *night) statement(ctx context.Context, account string) (*mycac.WholeStatement, error) {
	const tries = 3
	for try := 1; ; try++ {
		whole, err := n.readStatement(ctx, account)
		if err == nil {
			return whole, n.record(ctx, whole)
		}
		fmt.Fprintf(n.out, "%s: %v\n", account, err)
		switch {
		case try == tries:
			return nil, err
		case errors.Is(err, mycac.ErrSessionOver):
			if err := n.logIn(ctx); err != nil {
				return nil, err
			}
		case !errors.Is(err, mycac.ErrMissingLine) && !errors.Is(err, mycac.ErrDoubledLine):
			return nil, err
		}
	}
}

func (n *night) readStatement(ctx context.Context, account string) (*mycac.WholeStatement, error) {
	balance, err := n.session.Balance(ctx, account)
	if err != nil {
		return nil, err
	}
	return n.session.ReadStatement(ctx, mycac.StatementParams{
		AccountID: account, From: wallet.Date{Year: 2026, Month: time.May, Day: 1}, To: wallet.Date{Year: 2026, Month: time.May, Day: 9},
		Closing: &balance.Amount, // nothing was booked since yesterday; Opening would be the closing of the statement before
	})
}

// record writes into the audit log that the statement was read, before anything is made of it.
func (n *night) record(ctx context.Context, whole *mycac.WholeStatement) error {
	hash := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) } // with a secret key in production
	tx, err := n.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := audit.Append(ctx, tx, audit.SQLite, whole.AccountID, audit.Record{
		At: n.now(), Consent: hash("amina"), Action: "read", Scope: "statement.read", Status: http.StatusOK, Count: int64(len(whole.Lines)),
		Request: hash(whole.AccountID + whole.From.String() + whole.To.String()), Fields: "amount,balance_after,channel,tx_id,value_date",
	}); err != nil {
		return err
	}
	return tx.Commit()
}

// book puts every line into the outbox, all of them or none. Those that are there already change nothing, so a night that was
// killed is simply run again.
func (n *night) book(ctx context.Context, whole *mycac.WholeStatement) error {
	statement, err := books.OfMyCAC(whole)
	if err != nil {
		return err
	}
	if _, err := n.outbox.Book(ctx, n.now(), statement.Movements...); err != nil {
		return err
	}
	camt := func(to io.Writer) error { return statement.WriteCAMT053(to, n.now()) }
	return errors.Join(n.keep(whole.AccountID+".csv", statement.WriteCSV), n.keep(whole.AccountID+".camt053.xml", camt))
}

// keep writes a file, where a folder was given.
func (n *night) keep(name string, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil || n.folder == "" {
		return err
	}
	return errors.Join(os.MkdirAll(n.folder, 0o700), os.WriteFile(filepath.Join(n.folder, name), content.Bytes(), 0o600))
}

// post brings what is in the outbox to the ledger, which must book each key once: what was posted before the run was killed, and
// whose answer it did not see, is posted again.
func (n *night) post(ctx context.Context) error {
	posting := &books.Ledger{Outbox: n.outbox, URL: n.erp, HTTPClient: n.http, Now: n.now}
	result, err := posting.Deliver(ctx)
	again, failed := posting.Deliver(ctx)
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	waiting, err := n.outbox.Waiting(ctx, 1)
	if err != nil {
		return err
	}
	fmt.Fprintf(n.out, "\nPosted to the ledger: %d, then %d.\n", result.Posted, again.Posted)
	if len(waiting) > 0 || result.Parked+result.Failed+result.Expired > 0 {
		return fmt.Errorf("the ledger has not booked all: %+v", result)
	}
	return nil
}

// settlement receives what CACPAY sends and settles the day of the merchants.
func (n *night) settlement(ctx context.Context) error {
	if err := n.events(ctx, &mycac.CACPAYHandler{
		Secrets: []string{cacpaySecret}, Handle: n.journal.RecordEvent, Quarantine: n.journal.QuarantineEvent, Now: n.now,
		Deduper: &djamo.MemoryDeduper{}, // one of module sqldeduper in production: it must remember 30 days
	}); err != nil {
		return err
	}
	day, err := n.journal.Settle(ctx, wallet.Date{Year: 2026, Month: time.May, Day: 9}, mycac.CACPAYDecoder{})
	if err != nil {
		return err
	}
	fmt.Fprintf(n.out, "\nSettlement of %s, %s:\n", day.Day, day.Zone)
	for _, total := range day.Totals {
		fmt.Fprintf(n.out, "  payments: %d, %s; refunds: %d, %s; net: %s\n",
			total.Scans, total.Gross.English(), total.Refunded, total.Refunds.English(), total.Net.English())
	}
	for _, refund := range day.SetAside {
		fmt.Fprintf(n.out, "  refund %s of %s is not netted: %s\n", refund.TxID, refund.Amount.English(), refund.Reason)
	}
	page := func(to io.Writer) error { return day.WritePage(to, mycac.PageOptions{}) }
	return errors.Join(n.keep("settlement.csv", day.WriteCSV), n.keep("settlement.html", page))
}

// salaries pays the bulk salaries of the month. The plan is in the journal before anything leaves; a submission whose answer is lost
// is looked up by its reference, and nobody is paid twice.
func (n *night) salaries(ctx context.Context) error {
	plan, err := mycac.ReadSalaries(strings.NewReader(payroll), mycac.SalaryOptions{})
	if err != nil {
		return err // it names each bad entry: nothing was sent
	}
	runner := mycac.SalaryRunner{
		Gateway: n.session.Salaries(mycac.SalaryOffice{}), Journal: n.journal, Writer: mycac.SalaryCSV{}, PollMin: 10 * time.Millisecond,
		SendTimeout: n.send,
	}
	if n.send > 0 {
		runner.QuietPeriod = 2 * n.send // the gateway that is made up answers at once
	}
	totals, err := runner.Run(ctx, plan)
	if err != nil {
		return err
	}
	fmt.Fprintf(n.out, "\nSalaries %s: %d of %d paid, %s.\n", totals.Reference, totals.Paid.Count, totals.Planned.Count,
		totals.Paid.Amount.English())
	if !totals.Done() || totals.Paid != totals.Planned {
		return fmt.Errorf("not everybody is paid: %+v", totals)
	}
	return nil
}

// payroll is the file that the business hands in.
const payroll = `{"reference": "salaries-2026-05", "account": "DJ2100010000000154000100186", "currency": "DJF", "total": 400000,
	"entries": [
	{"reference": "E-1", "name": "Awa Example", "iban": "DJ21 0001 0000 0001 5400 0100 186", "amount": 145000},
	{"reference": "E-2", "name": "Omar Example", "phone": "+253 77 81 02 34", "amount": "120000.00"},
	{"reference": "E-3", "name": "Idil Example", "phone": "+253 77 81 02 35", "amount": 135000}]}`

// forecast says what the accounts will hold in thirty days.
func (n *night) forecast(ctx context.Context) error {
	var sources mycac.FlowSources
	params := mycac.ForecastParams{
		From: wallet.Date{Year: 2026, Month: time.May, Day: 10}, Calendar: mycac.Calendar{Weekend: []time.Weekday{time.Friday}},
	}
	for _, account := range accounts() {
		balance, err := n.session.Balance(ctx, account)
		if err != nil {
			return err
		}
		params.Positions = append(params.Positions, balance.Position())
		list := mycac.ListParams{AccountID: account}
		if err := errors.Join(
			collect(&sources.Orders, n.session.StandingOrders(ctx, list)), collect(&sources.Loans, n.session.Loans(ctx, list)),
		); err != nil {
			return err
		}
	}
	var err error
	if params.Flows, _, err = sources.Flows(); err != nil {
		return err
	}
	forecast, err := mycac.NewForecast(params)
	if err != nil {
		return err
	}
	fmt.Fprintf(n.out, "\nForecast to %s:\n", forecast.To)
	for _, account := range forecast.Accounts {
		planned, err := account.Closing.Sub(account.Opening)
		if err != nil {
			return err
		}
		fmt.Fprintf(n.out, "  %s  %s and planned %s make %s\n",
			account.Account, account.Opening.English(), planned.English(), account.Closing.English())
	}
	return nil
}

// collect appends what is listed.
func collect[T any](into *[]T, list iter.Seq2[T, error]) error {
	for entry, err := range list {
		if err != nil {
			return err
		}
		*into = append(*into, entry)
	}
	return nil
}

// verify signs a checkpoint, as is kept where nobody can alter it, and verifies the log against it.
func (n *night) verify(ctx context.Context) error {
	public, key, err := ed25519.GenerateKey(nil) // kept apart from the database in production
	if err != nil {
		return err
	}
	var checkpoint bytes.Buffer
	if _, err := n.log.Checkpoint(ctx, &checkpoint, key, n.now()); err != nil {
		return err
	}
	report, err := n.log.Verify(ctx, &audit.Signed{Checkpoint: &checkpoint, PublicKey: public})
	if err != nil {
		return err
	}
	if report.Bad > 0 {
		return &report.Faults[0]
	}
	fmt.Fprintf(n.out, "\nAudit log verified: %d rows of %d accounts, as in the signed checkpoint.\n", report.Rows, report.Chains)
	return nil
}
