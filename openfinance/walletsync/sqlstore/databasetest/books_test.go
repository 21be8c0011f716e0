package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/drivertest"
	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// erp is a ledger that books each key once.
type erp struct {
	*httptest.Server

	mu       sync.Mutex
	booked   map[string]books.Posting
	received map[string]int // posts of a key, also repeated ones
	busy     map[string]bool
	at       map[string]time.Time                                   // of the latest post of a key
	say      func(w http.ResponseWriter, p books.Posting) (no bool) // answers in place of booking
	faults   []string
}

func newERP(t *testing.T) *erp {
	t.Helper()
	e := &erp{booked: map[string]books.Posting{}, received: map[string]int{}, busy: map[string]bool{}, at: map[string]time.Time{}}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *erp) faultf(format string, args ...any) {
	e.faults = append(e.faults, fmt.Sprintf(format, args...))
}

func (e *erp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var p books.Posting
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil || json.Unmarshal(body, &p) != nil || r.Header.Get("Idempotency-Key") != p.Key || r.Method != http.MethodPost {
		e.faultf("no posting: %s", body)
	}
	if e.busy[p.Key] {
		e.faultf("%s is posted twice at once", p.Key)
	}
	e.received[p.Key]++
	if e.say != nil && e.say(w, p) {
		return
	}
	if known, twice := e.booked[p.Key]; twice && known != p {
		e.faultf("%s comes again with another content", p.Key)
	}
	e.booked[p.Key] = p
	w.WriteHeader(http.StatusCreated)
}

// balance is what the books say of an account.
func (e *erp) balance(account string) (sum int64) {
	latest := map[string]books.Posting{}
	for _, p := range e.booked {
		if p.Account == account && p.Version > latest[p.TxID].Version {
			latest[p.TxID] = p
		}
	}
	for _, p := range latest {
		if p.Kind != books.Removed {
			sum += p.AmountMinor
		}
	}
	return sum
}

func (d database) outbox(t testing.TB) *books.Outbox {
	t.Helper()
	o, err := books.Open(t.Context(), d.connect(t), books.Dialect(d.dialect))
	require.NoError(t, err)
	return o
}

func movement(account string, i int) books.Movement {
	return books.Movement{
		Account: account, TxID: fmt.Sprint("TX/", i), Amount: money.Amount{Minor: int64(100 * (i + 1)), Currency: money.DJF()},
		ValueDate: wallet.Date{Year: 2026, Month: 4, Day: 12}, Type: "CACPAY", Counterparty: "Merchant: Beyti Cafe",
	}
}

func movements(account string, count int) (list []books.Movement) {
	for i := range count {
		list = append(list, movement(account, i))
	}
	return list
}

func TestBooks_EachIsPostedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		o, e := d.outbox(t), newERP(t)
		count, err := o.Book(t.Context(), day, movements("DJ81-CAC", 30)...)
		require.NoError(t, err)
		require.Equal(t, 30, count)
		count, err = o.Book(t.Context(), day, movements("DJ81-CAC", 31)...)
		require.NoError(t, err)
		require.Equal(t, 1, count, "what is there is not put there again")
		ledger := &books.Ledger{Outbox: o, URL: e.URL, HTTPClient: e.Client(), Now: func() time.Time { return day }}
		result, err := ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.Equal(t, books.Result{Posted: 31}, result)
		result, err = ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.Zero(t, result)
		require.Len(t, e.booked, 31)
		require.Equal(t, books.Posting{
			Key: "DJ81-CAC/TX%2F3", Kind: books.Added, Version: 1, Account: "DJ81-CAC", TxID: "TX/3", Amount: "400", AmountMinor: 400, Currency: "DJF",
			ValueDate: "2026-04-12", Type: "CACPAY", Counterparty: "Merchant: Beyti Cafe",
		}, e.booked["DJ81-CAC/TX%2F3"])
		totals, err := o.Totals(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[books.State]int64{books.Done: 31}, totals)
		require.Empty(t, e.faults)

		changed := movement("DJ81-CAC", 3)
		changed.Amount.Minor = -5
		count, err = o.Book(t.Context(), day, changed, changed)
		require.NoError(t, err)
		require.Equal(t, 1, count)
		_, err = ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.Equal(t, books.Modified, e.booked["DJ81-CAC/TX%2F3#2"].Kind)

		for name, bad := range map[string]func(*books.Movement){
			"account": func(m *books.Movement) { m.Account = "" }, "tx_id": func(m *books.Movement) { m.TxID = "" },
			"currency": func(m *books.Movement) { m.Amount.Currency = money.Currency{} }, "no text": func(m *books.Movement) { m.TxID = "a\x00" },
			"longer": func(m *books.Movement) { m.TxID = strings.Repeat("a", 513) },
		} {
			m := movement("X", 1)
			bad(&m)
			_, err := o.Book(t.Context(), day, movement("X", 0), m)
			require.ErrorContains(t, err, name)
		}
		waiting, err := o.Waiting(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, waiting, "nothing of a bad batch is booked")
	})
}

func TestBooks_WhatTheLedgerAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		o, e := d.outbox(t), newERP(t)
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
		t.Cleanup(elsewhere.Close)
		now := day
		ledger := &books.Ledger{
			Outbox: o, URL: e.URL, HTTPClient: e.Client(), Now: func() time.Time { return now }, AlreadyBooked: []int{409},
			Header: http.Header{"Authorization": {"Bearer sk_live_secret"}}, Timeout: 5 * time.Minute,
		}
		for i, want := range []struct {
			status int
			header string
			state  books.State
			next   time.Duration // at least
		}{
			{status: 200, state: books.Done}, {status: 204, state: books.Done}, {status: 409, state: books.Done},
			{status: 400, state: books.Parked}, {status: 401, state: books.Parked}, {status: 403, state: books.Parked},
			{status: 404, state: books.Parked}, {status: 422, state: books.Parked},
			{status: 408, state: books.Due, next: 20 * time.Second}, {status: 425, state: books.Due, next: 20 * time.Second},
			{status: 429, header: "7200", state: books.Due, next: 2 * time.Hour}, {status: 500, state: books.Due, next: 20 * time.Second},
			{status: 503, header: "600", state: books.Due, next: 10 * time.Minute}, {status: 301, state: books.Due, next: 20 * time.Second},
			{status: 307, state: books.Due, next: 20 * time.Second},
		} {
			now = now.Add(48 * time.Hour)
			account := fmt.Sprint("a", i)
			e.say = func(w http.ResponseWriter, _ books.Posting) bool {
				w.Header().Set("Retry-After", want.header)
				w.Header().Set("Location", elsewhere.URL)
				w.WriteHeader(want.status)
				_, _ = fmt.Fprintf(w, "no: Bearer sk_live_secret, call +2250701020304 %s", strings.Repeat("x", 1<<20))
				return true
			}
			_, err := o.Book(t.Context(), now, movement(account, 0))
			require.NoError(t, err)
			_, err = ledger.Deliver(t.Context())
			require.NoError(t, err)
			list, err := o.Aside(t.Context(), 100)
			require.NoError(t, err)
			waiting, err := o.Waiting(t.Context(), 100)
			require.NoError(t, err)
			state := books.Done
			for _, delivery := range append(list, waiting...) {
				if delivery.Account != account {
					continue
				}
				state = delivery.State
				require.Contains(t, delivery.Reason, fmt.Sprint("the ledger answered ", want.status))
				require.NotContains(t, delivery.Reason, "secret")
				require.NotContains(t, delivery.Reason, "01020304")
				require.Less(t, len(delivery.Reason), 400)
				if state == books.Due {
					require.GreaterOrEqual(t, delivery.Next.Sub(now), want.next)
					// Not in the way of the next case.
					e.say = nil
					now = delivery.Next
					_, err := ledger.Deliver(t.Context())
					require.NoError(t, err)
				}
			}
			require.Equal(t, want.state, state, want.status)
		}
	})
}

// A ledger that is down is tried less and less often for a day; then there is one alert, and Retry begins anew.
func TestBooks_ADayOfOutage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		o, e := d.outbox(t), newERP(t)
		e.say = func(w http.ResponseWriter, _ books.Posting) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		var alerts []books.Alert
		now, broken := day, true
		ledger := &books.Ledger{Outbox: o, URL: e.URL, HTTPClient: e.Client(), Now: func() time.Time { return now }}
		ledger.Alert = func(_ context.Context, alert books.Alert) error {
			if broken {
				broken = false
				return errors.New("no mail server")
			}
			alerts = append(alerts, alert)
			return nil
		}
		_, err := o.Book(t.Context(), now, movements("a", 2)...)
		require.NoError(t, err)
		failures := 0
		for now.Before(day.Add(40 * time.Hour)) {
			if _, err := ledger.Deliver(t.Context()); err != nil {
				require.ErrorContains(t, err, "no mail server")
				failures++
			}
			now = now.Add(time.Minute)
		}
		require.Equal(t, 1, failures)
		require.Len(t, alerts, 1)
		require.EqualValues(t, 2, alerts[0].Expired)
		require.Len(t, alerts[0].Deliveries, 2)
		for key, count := range e.received {
			require.Greater(t, count, 24, key)
			require.Less(t, count, 40, key)
		}
		aside, err := o.Aside(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, aside, 2)
		require.Equal(t, books.Expired, aside[0].State)
		require.ErrorIs(t, o.Retry(t.Context(), now, "a", "none", 1), books.ErrNotAside)
		e.say = nil
		for _, delivery := range aside {
			require.NoError(t, o.Retry(t.Context(), now, delivery.Account, delivery.TxID, delivery.Version))
		}
		result, err := ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.Equal(t, books.Result{Posted: 2}, result)
		// What expires later is told of again: the ledger was well in between.
		e.say = func(w http.ResponseWriter, _ books.Posting) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		_, err = o.Book(t.Context(), now, movement("a", 7))
		require.NoError(t, err)
		for range 60 {
			_, err := ledger.Deliver(t.Context())
			require.NoError(t, err)
			now = now.Add(time.Hour)
		}
		require.Len(t, alerts, 2)
	})
}

// Changes of a wallet are booked in order: a later version waits until the ledger has the one before.
func TestBooks_FollowsAWallet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		grant(t, store, "w")
		raw := func(id string, amount int) json.RawMessage {
			return json.RawMessage(fmt.Sprintf(`{"id":%q,"ts":"2026-05-28T09:14:02Z","type":"card_purchase","amount_minor":%d,"merchant":"M"}`, id, amount))
		}
		var seq int64
		var pending []walletsync.Change
		change := func(kind walletsync.Kind, id string, amount int) {
			seq++
			pending = append(pending, walletsync.Change{Seq: seq, Kind: kind, ID: id, Version: 1, Raw: raw(id, amount)})
		}
		o, e := d.outbox(t), newERP(t)
		now := day
		ledger := &books.Ledger{Outbox: o, URL: e.URL, HTTPClient: e.Client(), Now: func() time.Time { return now }}
		follow := func() int {
			require.NoError(t, store.Update(t.Context(), "w", func(tx walletsync.Tx) error {
				tx.State().Seq = seq
				return tx.Append(pending)
			}))
			pending = nil
			count, err := o.FollowWallet(t.Context(), now, store, "w", money.XOF())
			require.NoError(t, err)
			return count
		}
		for i := range 505 {
			change(walletsync.Added, fmt.Sprint("t", i), 10)
		}
		require.Equal(t, 505, follow())
		require.Zero(t, follow())
		e.say = func(w http.ResponseWriter, p books.Posting) bool {
			if refused := p.TxID == "t5"; refused && p.Version == 1 {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return true
			}
			return false
		}
		change(walletsync.Modified, "t5", 20)
		change(walletsync.Removed, "t6", 10)
		change(walletsync.Removed, "t6", 10)
		change(walletsync.Added, "t6", 10)
		require.Equal(t, 3, follow())
		_, err := ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.NotContains(t, e.received, "w/t5#2", "the version before is parked")
		e.say = nil
		require.NoError(t, o.Retry(t.Context(), now, "w", "t5", 1))
		_, err = ledger.Deliver(t.Context())
		require.NoError(t, err)
		require.Equal(t, books.Modified, e.booked["w/t5#2"].Kind)
		require.Equal(t, []books.Kind{books.Added, books.Removed, books.Added},
			[]books.Kind{e.booked["w/t6"].Kind, e.booked["w/t6#2"].Kind, e.booked["w/t6#3"].Kind})
		require.EqualValues(t, 5060, e.balance("w"))
		require.Empty(t, e.faults)
	})
}

// Several processes share an outbox, and no key is posted twice.
func TestBooks_ManyProcesses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		e := newERP(t)
		var group sync.WaitGroup
		failures := make(chan error, 8)
		for range 4 {
			o := d.outbox(t)
			ledger := &books.Ledger{Outbox: o, URL: e.URL, HTTPClient: e.Client(), Now: func() time.Time { return day }}
			group.Go(func() {
				_, err := o.Book(context.WithoutCancel(t.Context()), day, movements("a", 60)...)
				failures <- err
				_, err = ledger.Deliver(context.WithoutCancel(t.Context()))
				failures <- err
			})
		}
		group.Wait()
		close(failures)
		for err := range failures {
			require.NoError(t, err)
		}
		require.Len(t, e.booked, 60)
		for key, count := range e.received {
			require.Equal(t, 1, count, key)
		}
		require.Empty(t, e.faults)
	})
}

func TestBooks_LedgersThatNothingCanBePostedTo(t *testing.T) {
	t.Parallel()
	d := database{"sqlite", t.TempDir() + "/books.db", "SQLite"}
	o := d.outbox(t)
	for want, ledger := range map[string]*books.Ledger{
		"needs an Outbox": {URL: "https://x", HTTPClient: &http.Client{}}, "needs an HTTPClient": {Outbox: o, URL: "https://x"},
		"must be such as": {Outbox: o, URL: "erp.example", HTTPClient: &http.Client{}},
		"must be https":   {Outbox: o, URL: "http://user:secret@erp.example", HTTPClient: &http.Client{}},
		"be https":        {Outbox: o, URL: "http://user:secret@127.0.0.1.example", HTTPClient: &http.Client{}},
	} {
		_, err := ledger.Deliver(t.Context())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
		require.ErrorContains(t, ledger.Run(t.Context(), time.Second), want)
	}
	_, err := d.connect(t).Exec("UPDATE djamo_deliveries_schema SET version = 9")
	require.NoError(t, err)
	_, err = books.Open(t.Context(), d.connect(t), books.SQLite)
	require.ErrorIs(t, err, books.ErrNewer)
	_, err = books.Open(t.Context(), d.connect(t), "MySQL")
	require.ErrorContains(t, err, "is no dialect")
}

// Whatever the process was doing when it was killed, the books are complete and nothing is in them twice.
func TestBooks_KilledBetweenEveryTwoWrites(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		checked := d.outbox(t)
		points, stride := 0, 3
		if os.Getenv("DJAMO_TEST_FULL") != "" {
			stride = 1
		}
		for _, after := range []bool{false, true} { // the statement or request was not carried out, or its answer was lost
			for point := 0; ; point += stride {
				account := fmt.Sprintf("%t%d", after, point)
				e := newERP(t)
				k := &killer{left: point, after: after}
				died := e.run(t, d, k, account, day)
				if !died {
					points += point
					break
				}
				k = &killer{left: 1 << 30}
				waiting, patience := []books.Delivery{{}}, time.Now().Add(time.Minute)
				for len(waiting) > 0 {
					// PostgreSQL learns of a killed process when it likes. Until then a posting can be locked, and is passed over.
					require.True(t, time.Now().Before(patience), "killed at %d", point)
					require.False(t, e.run(t, d, k, account, day.Add(time.Hour)), "it goes on when the lease is over")
					var err error
					waiting, err = checked.Waiting(t.Context(), 10)
					require.NoError(t, err)
				}
				require.EqualValues(t, 100+200-50, e.balance(account), "killed at %d", point)
				require.Empty(t, e.faults)
				e.Close()
			}
		}
		require.Greater(t, points, 60, "statements and requests at which it was killed")
	})
}

// run is a process that books and delivers, and that may be killed.
func (e *erp) run(t *testing.T, d database, k *killer, account string, now time.Time) (died bool) {
	t.Helper()
	db := sql.OpenDB(&drivertest.Connector{Name: d.driver, Address: d.address, Around: k.around})
	defer db.Close()
	do := func() error {
		o, err := books.Open(t.Context(), db, books.Dialect(d.dialect))
		if err != nil {
			return err
		}
		corrected := movement(account, 2)
		corrected.Amount.Minor = -50
		batches := [][]books.Movement{movements(account, 2), {movement(account, 2)}, {corrected}}
		if now.After(day) { // it reads from the gateway again what there is by then
			batches = [][]books.Movement{append(movements(account, 2), corrected)}
		}
		for _, batch := range batches {
			if _, err := o.Book(t.Context(), now, batch...); err != nil {
				return err
			}
		}
		ledger := &books.Ledger{Outbox: o, URL: e.URL, HTTPClient: &http.Client{Transport: k}, Now: func() time.Time { return now }}
		_, err = ledger.Deliver(t.Context())
		return err
	}
	err := do()
	if !k.dead() {
		require.NoError(t, err)
	}
	return k.dead()
}

var errKilled = errors.New("killed")

// killer ends a process before or after a statement or a request: nothing works any more, and connections are closed.
type killer struct {
	after bool

	mu   sync.Mutex
	left int
}

func (k *killer) dead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.left < 0
}

// step does something, unless the process is dead or dies of it.
func (k *killer) step(do func() error) error {
	k.mu.Lock()
	if k.left >= 0 {
		k.left--
	}
	dies, was := k.left < 0, k.left
	k.left = was
	k.mu.Unlock()
	if !dies {
		return do()
	}
	k.mu.Lock()
	first := was == -1 && k.after
	k.after = false
	k.mu.Unlock()
	if first {
		_ = do()
	}
	return errKilled
}

// around is step for what is said to a database.
func (k *killer) around(_ context.Context, _ driver.Conn, query string, carryOut func() error) error {
	if query == "ROLLBACK" && k.dead() {
		return errKilled
	}
	return k.step(carryOut)
}

func (k *killer) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	err = k.step(func() (err error) {
		resp, err = http.DefaultTransport.RoundTrip(req) //nolint:bodyclose // the caller does
		return err
	})
	if err != nil && resp != nil {
		_ = resp.Body.Close()
		resp = nil
	}
	return resp, err
}
