package mycac_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// A journal keeps the events of CACPAY, each once, and settles day after day. The deduper must remember 30 days, on all machines.
func ExampleCACPAYHandler() {
	receive := func(mux *http.ServeMux, journal *mycac.Journal, deduper djamo.Deduper, secrets ...string) {
		mux.Handle("POST /hooks/cacpay", &mycac.CACPAYHandler{
			Secrets: secrets, Deduper: deduper,
			Handle: journal.RecordEvent, Quarantine: journal.QuarantineEvent,
		})
	}
	settle := func(ctx context.Context, journal *mycac.Journal) (*mycac.Settlement, error) {
		yesterday := wallet.DateOf(time.Now().In(mycac.Djibouti()).AddDate(0, 0, -1))
		return journal.Settle(ctx, yesterday, mycac.CACPAYDecoder{})
	}
	_ = settle

	mux := http.NewServeMux()
	receive(mux, &mycac.Journal{}, &djamo.MemoryDeduper{}, "secret")
	unsigned := httptest.NewRequest(http.MethodPost, "/hooks/cacpay", strings.NewReader("{}"))
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, unsigned)
	fmt.Println(answer.Code)
	// Output: 401
}

// What a day comes to, without a journal. A refund that cannot be matched beyond doubt is named and not netted.
func ExampleSettlements() {
	var entries []mycac.SettlementEntry
	for _, body := range []string{
		`{"event": "cacpay.scan.confirmed", "merchant_id": "MERCH-00481", "tx_id": "CP-1", "amount": 1200.00, "currency": "DJF",
			"scanned_at": "2026-05-09T08:14:22Z"}`,
		`{"event": "cacpay.scan.refunded", "merchant_id": "MERCH-00481", "tx_id": "RF-1", "original_tx_id": "CP-1", "amount": 200.00,
			"currency": "DJF", "refunded_at": "2026-05-09T10:00:00Z"}`,
		`{"event": "cacpay.scan.refunded", "merchant_id": "MERCH-00481", "tx_id": "RF-2", "original_tx_id": "CP-1", "amount": 1200.00,
			"currency": "DJF", "refunded_at": "2026-05-09T11:00:00Z"}`,
	} {
		event, err := mycac.CACPAYDecoder{}.Decode([]byte(body))
		if err != nil {
			log.Fatal(err)
		}
		entries = append(entries, mycac.SettlementEntry{CACPAYEvent: event})
	}
	day := wallet.Date{Year: 2026, Month: time.May, Day: 9}
	settlement, err := mycac.Settlements(mycac.SettlementParams{Day: day, Entries: func(yield func(mycac.SettlementEntry, error) bool) {
		for _, entry := range entries {
			if !yield(entry, nil) {
				return
			}
		}
	}})
	if err != nil {
		log.Fatal(err)
	}
	for _, total := range settlement.Totals {
		fmt.Println(total.Gross, "-", total.Refunds, "=", total.Net)
	}
	for _, aside := range settlement.SetAside {
		fmt.Println(aside.TxID, aside.Amount, aside.Reason, aside.Remaining)
	}
	// Output:
	// 1200 DJF - 200 DJF = 1000 DJF
	// RF-2 1200 DJF above-original 1000 DJF
}

// A payroll is checked whole. Whoever is driving it submits it once, and it goes on where it was stopped.
func ExampleSalaryRunner() {
	pay := func(ctx context.Context, session *mycac.Session, journal *mycac.Journal, writer mycac.FileWriter, file string) error {
		plan, err := mycac.ReadSalaries(strings.NewReader(file), mycac.SalaryOptions{})
		if err != nil {
			return err // an *InputError names each bad entry: nothing was sent
		}
		runner := mycac.SalaryRunner{Gateway: session.Salaries(mycac.SalaryOffice{}), Journal: journal, Writer: writer}
		totals, err := runner.Run(ctx, plan)
		fmt.Println(totals.Paid.Count, "paid,", totals.Failed.Count, "failed,", totals.Open.Count, "open")
		return err // ErrSalariesUnknown: run it again, and send it in no other way
	}
	_ = pay
	_, err := mycac.ReadSalaries(strings.NewReader(`{"reference": "salaries-2026-11", "account": "DJ81-CAC-1", "currency": "DJF", "entries": [
		{"reference": "E-001", "name": "Awa Example", "iban": "DJ21 0001 0000 0001 5400 0100 187", "amount": 145000},
		{"reference": "E-002", "name": "Omar Example", "phone": "+253 77 81 02", "amount": 0.50}]}`), mycac.SalaryOptions{})
	fmt.Println(err)
	// Output:
	// mycac: salaries: nothing was used, because of 3 problems
	//   entry 1: iban DJ21…0187 has check digits that do not fit: a digit or letter is wrong or has changed places
	//   entry 2: amount 0.50 money: 0.50 DJF: the currency has no such fraction
	//   entry 2: phone +25*****02 must have 8 digits after +253, not 6
}

// A month ahead: rent on each 31st, a loan, and a warning before the account runs dry. The weekend is Djibouti's.
func ExampleNewForecast() {
	djf := func(francs int64) money.Amount { return money.Amount{Minor: francs, Currency: money.DJF()} }
	forecast, err := mycac.NewForecast(mycac.ForecastParams{
		From:      wallet.Date{Year: 2026, Month: time.July, Day: 15},
		Positions: []mycac.Position{{Account: "DJ81-CAC-1", Balance: djf(184_500)}},
		Flows: []mycac.Flow{
			{ID: "rent", Account: "DJ81-CAC-1", Amount: djf(-90_000), Every: mycac.Monthly, First: wallet.Date{Year: 2026, Month: time.January, Day: 31}},
			{ID: "loan", Account: "DJ81-CAC-1", Amount: djf(-60_000), Every: mycac.Monthly, First: wallet.Date{Year: 2026, Month: time.May, Day: 5}},
		},
		Calendar:    mycac.Calendar{Weekend: []time.Weekday{time.Friday, time.Saturday}, Rule: mycac.Following},
		Thresholds:  []mycac.Threshold{{Account: "DJ81-CAC-1", Least: djf(50_000)}},
		OnThreshold: func(c mycac.Crossing) { fmt.Println("below the threshold on", c.Date, "with", c.Closing) },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, day := range forecast.Accounts[0].Days {
		for _, flow := range day.Flows {
			fmt.Println(day.Date, flow.ID, flow.Amount, "due", flow.Due, "leaves", day.Closing)
		}
	}
	// Output:
	// below the threshold on 2026-08-05 with 34500 DJF
	// 2026-08-02 rent -90000 DJF due 2026-07-31 leaves 94500 DJF
	// 2026-08-05 loan -60000 DJF due 2026-08-05 leaves 34500 DJF
}
