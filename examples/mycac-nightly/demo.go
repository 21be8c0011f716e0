package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

// cacpaySecret is what the gateway signs its events with.
const cacpaySecret = "a secret of the gateway's"

// midnight is when the night begins: 01:00 in Djibouti on 10 May 2026.
func midnight() time.Time { return time.Date(2026, time.May, 9, 22, 0, 0, 0, time.UTC) }

// demo runs the night with a gateway and an ERP that are made up, and compares what they hold afterwards.
func demo(ctx context.Context, out io.Writer, folder string, seed uint64) error {
	gateway := newGateway(seed, 40)
	gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ExpiredToken, Wallet: accounts()[1], After: 2})
	gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.LostLine, Wallet: accounts()[2], Line: 5})
	gateway.Salaries().Inject(gatewaytest.SalaryLostAfter)
	url, end, err := serve(ctx, gateway)
	if err != nil {
		return err
	}
	defer end()
	books := &erp{}
	erpURL, endERP, err := serve(ctx, books)
	if err != nil {
		return err
	}
	defer endERP()
	temporary, err := os.MkdirTemp("", "mycac-nightly-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	db, err := sql.Open("sqlite", address(filepath.Join(temporary, "nightly.db")))
	if err != nil {
		return err
	}
	defer db.Close()
	n := &night{
		out: out, folder: folder, now: midnight, url: url, erp: erpURL, http: &http.Client{}, db: db,
		code: func(context.Context) (string, error) {
			_, code := gateway.Messages("amina") // here the gateway says what it has sent
			return code, nil
		},
		events: func(ctx context.Context, handler http.Handler) error {
			receiver, end, err := serve(ctx, handler)
			if err != nil {
				return err
			}
			defer end()
			return pushAll(ctx, gateway, receiver)
		},
		check: func(whole *mycac.WholeStatement) error {
			ledger := gateway.Ledger(whole.AccountID, whole.From.String(), whole.To.String())
			if ledger.Opening != whole.Opening.Minor || ledger.Movements != whole.Movements.Minor || ledger.Closing != whole.Closing.Minor {
				return fmt.Errorf("the totals of %s are not those of the gateway's ledger", whole.AccountID)
			}
			return nil
		},
	}
	if err := n.run(ctx); err != nil {
		return err
	}
	return books.agrees(gateway, out)
}

// address is the address of a file of SQLite.
func address(file string) string {
	return "file:" + file + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_txlock=immediate"
}

// newGateway opens the accounts and lets people live with them for some days.
func newGateway(seed uint64, days int) *gatewaytest.MyCAC {
	gateway := gatewaytest.NewMyCAC(gatewaytest.MyCACOptions{Seed: seed, Now: midnight, PageSize: 10})
	gateway.Salaries().TakesTwice = true // nothing but the journal keeps it from paying twice
	gateway.AddHolder(gatewaytest.Holder{Username: "amina", PasswordHash: "…", Device: "nightly-server", Accounts: accounts()})
	for i, currency := range []money.Currency{money.DJF(), money.USD(), money.EUR()} {
		gateway.AddAccount(accounts()[i], currency.Code, currency.Exponent, 1_000_000)
		gateway.Live(accounts()[i], midnight().AddDate(0, 0, -days), days)
	}
	gateway.Put(gatewaytest.StandingOrders, accounts()[0], map[string]any{
		"order_id": "SO-RENT", "amount": json.Number("-60000.00"), "frequency": "monthly", "first_date": "2025-01-31",
		"next_date": "2026-05-31", "status": "active",
	})
	gateway.Put(gatewaytest.Loans, accounts()[1], map[string]any{
		"loan_id": "LOAN-7", "principal": json.Number("12000.00"), "outstanding": json.Number("4000.00"), "instalment": json.Number("-512.35"),
		"frequency": "monthly", "next_due": "2026-05-15", "last_due": "2026-12-15", "remaining": 8, "status": "active",
	})
	return gateway
}

// serve serves on the loopback.
func serve(ctx context.Context, handler http.Handler) (url string, end func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}

// cacpayEvents are what happened at the merchants' on the day.
func cacpayEvents() (events []map[string]any) {
	for _, e := range []struct{ event, id, original, merchant, amount, at string }{
		{"cacpay.scan.confirmed", "CP-1", "", "MERCH-00481", "1200.00", "08:14:22"},
		{"cacpay.scan.confirmed", "CP-2", "", "MERCH-00481", "3400.00", "09:00:00"},
		{"cacpay.scan.confirmed", "CP-3", "", "MERCH-00777", "900.00", "10:30:00"},
		{"cacpay.scan.refunded", "CP-4", "CP-1", "MERCH-00481", "200.00", "11:00:00"},
		{"cacpay.scan.refunded", "CP-5", "CP-3", "MERCH-00777", "901.00", "12:00:00"}, // more than was paid
	} {
		events = append(events, map[string]any{
			"event": e.event, "tx_id": e.id, "original_tx_id": e.original, "merchant_id": e.merchant, "amount": json.Number(e.amount),
			"currency": "DJF", "scanned_at": "2026-05-09T" + e.at + "Z",
		})
	}
	return events
}

// pushAll has the gateway deliver the events, and each of them twice.
func pushAll(ctx context.Context, gateway *gatewaytest.MyCAC, receiver string) error {
	for _, event := range cacpayEvents() {
		for range 2 {
			if status, err := gateway.PushCACPAY(ctx, receiver, cacpaySecret, event); err != nil || status != http.StatusNoContent {
				return fmt.Errorf("CACPAY was answered %d: %w", status, err)
			}
		}
	}
	return nil
}
