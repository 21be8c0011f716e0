package djamotest_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// spy stands in for the test of somebody who uses the package. It keeps what it is told, and where the testing package
// would say it was told: at the innermost frame that did not call Helper.
type spy struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	places   []string
	helpers  map[string]bool
	keep     bool // clean-ups, for end
	cleanups []func()
}

func (s *spy) Cleanup(f func()) {
	if !s.keep {
		s.TB.Cleanup(f)
		return
	}
	s.cleanups = append(s.cleanups, f)
}

// end is what happens at the end of a test.
func (s *spy) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

func (s *spy) Helper() { s.helper(3) }

// helper notes the function that many frames up.
func (s *spy) helper(up int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.helpers == nil {
		s.helpers = make(map[string]bool)
	}
	var caller [1]uintptr
	runtime.Callers(up, caller[:])
	frame, _ := runtime.CallersFrames(caller[:]).Next()
	s.helpers[frame.Function] = true
}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
	var callers [16]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if !s.helpers[frame.Function] {
			s.places = append(s.places, filepath.Base(frame.File))
			return
		}
	}
}

func TestLedger_TellsEveryMovementAndItsRequest(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithManualSettlement(), djamotest.WithBalance(20_000))
	id := c.pay(awa, 5000, "a")
	c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "a"))
	c.pay(koffi, 6000, "b")
	require.NoError(t, api.Settle("a"))
	require.NoError(t, api.Reject("b", "limit reached"))
	require.NoError(t, api.SetBalance(1))

	got := api.Ledger()
	requests := api.Requests()
	require.Equal(t, []djamotest.LedgerEntry{
		{Number: 1, Kind: djamotest.TransferAccepted, Reference: "a", TransactionID: id, MSISDN: awa, Amount: 5000, Fee: 50,
			Delta: -5050, Balance: 14_950, Request: 1, Method: "POST", Path: "/v1/transactions", CorrelationID: requests[0].CorrelationID},
		{Number: 2, Kind: djamotest.TransferRefused, Reference: "a", MSISDN: awa, Amount: 5000, Balance: 14_950, Status: 409,
			Reason:  "a transaction with reference a already exists",
			Request: 2, Method: "POST", Path: "/v1/transactions", CorrelationID: requests[1].CorrelationID},
		{Number: 3, Kind: djamotest.TransferAccepted, Reference: "b", TransactionID: got[2].TransactionID, MSISDN: koffi, Amount: 6000, Fee: 60,
			Delta: -6060, Balance: 8_890, Request: 3, Method: "POST", Path: "/v1/transactions", CorrelationID: requests[2].CorrelationID},
		{Number: 4, Kind: djamotest.TransferCompleted, Reference: "a", TransactionID: id, MSISDN: awa, Amount: 5000, Fee: 50, Balance: 8_890},
		{Number: 5, Kind: djamotest.TransferFailed, Reference: "b", TransactionID: got[2].TransactionID, MSISDN: koffi, Amount: 6000, Fee: 60,
			Delta: 6060, Balance: 14_950, Reason: "limit reached"},
		{Number: 6, Kind: djamotest.BalanceSet, Delta: -14_949, Balance: 1},
	}, withoutTime(got))
	require.True(t, api.AssertBalanced(t))
}

func withoutTime(entries []djamotest.LedgerEntry) []djamotest.LedgerEntry {
	for i := range entries {
		entries[i].At = time.Time{}
	}
	return entries
}

func TestLedger_RecordsRefusalsThatNeverNamedAPayment(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	c.refused(400, "POST", "/v1/transactions", `{"amount"`)
	r := c.request("POST", "/v1/transactions", transferTo(awa, 5000, "a"))
	r.Header.Del("Authorization")
	status, _ := c.send(r)
	require.Equal(t, 401, status)
	c.refused(409, "POST", "/v1/transactions/batch", object{"transactions": []any{
		object{"msisdn": awa, "amount": 1, "reference": "x"}, object{"msisdn": awa, "amount": 2, "reference": "x"},
	}})
	c.refused(404, "POST", "/v1/charges/nobody/pay", nil)
	c.refused(404, "GET", "/v1/transactions/nobody", nil) // reads move no money, so they leave no line
	var lines []string
	for _, e := range api.Ledger() {
		lines = append(lines, fmt.Sprint(e.Kind, " ", e.Status, " ", e.Reference, " ", e.Amount, " ", e.ChargeID))
	}
	require.Equal(t, []string{
		"transfer refused 400  0 ", "transfer refused 401  0 ", "transfer refused 409 x 1 ", "transfer refused 409 x 2 ",
		"charge refused 404  0 nobody",
	}, lines)
}

func TestAssertPaidOnce(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithRepeatedReferences(), djamotest.WithManualSettlement())
	c.pay(awa, 5000, "pending")
	c.pay(awa, 5000, "completed")
	c.pay(awa, 5000, "failed")
	c.pay(awa, 5000, "failed then paid")
	c.pay(awa, 5000, "twice")
	c.pay(koffi, 5000, "twice")
	c.refused(400, "POST", "/v1/transactions", transferTo(awa, 0, "refused"))
	require.NoError(t, api.Settle("completed"))
	require.NoError(t, api.Reject("failed", "call +2250700000001"))
	require.NoError(t, api.Reject("failed then paid", "limit reached"))
	c.pay(awa, 5000, "failed then paid")

	require.True(t, api.AssertPaidOnce(t, "pending", "completed", "failed then paid"))
	require.True(t, api.AssertNotPaid(t, "failed", "refused", "unseen"))
	tests := []struct {
		name, reference string
		says            []string
	}{
		{"twice", "twice", []string{"1 of 1 references are wrong", "twice should have been paid once, but was paid twice:",
			"#5 transfer accepted, 5000 francs to +22507******01, txn_", "(request 5: POST /v1/transactions, correlation id ", "to +22507******02"}},
		{"failed", "failed", []string{"but was paid not at all", "transfer failed, 5000 francs to +22507******01", ": call +22507******01"}},
		{"refused", "refused", []string{"transfer refused", ": 400 amount must be a positive number (request 7"}},
		{"never seen", "unseen", []string{"but was paid not at all:", "no request ever named it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{}
			require.False(t, api.AssertPaidOnce(s, "completed", tt.reference, tt.reference))
			require.Len(t, s.failures, 1)
			for _, want := range tt.says {
				require.Contains(t, strings.Replace(s.failures[0], "1 of 3", "1 of 1", 1), want)
			}
			require.NotContains(t, s.failures[0], awa)
			require.NotContains(t, s.failures[0], koffi)
			require.Equal(t, []string{"ledger_test.go"}, s.places)
		})
	}
	s := &spy{}
	require.False(t, api.AssertNotPaid(s, "pending", "failed"))
	require.Contains(t, s.failures[0], "pending should not have been paid, but was paid once")
	require.NotContains(t, s.failures[0], "failed should")
	require.False(t, api.AssertPaidOnce(s))
	require.False(t, api.AssertNotPaid(s))
	require.Len(t, s.failures, 3)
	require.True(t, api.AssertBalanced(t))
}

func TestSteering_MisuseIsAnErrorAndFailsTheTest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		call func(*djamotest.API) error
		want string
	}{
		{"settle the unknown", func(a *djamotest.API) error { return a.Settle("nobody") },
			`Settle("nobody"): no transfer with this reference or id was accepted`},
		{"settle nothing", func(a *djamotest.API) error { return a.Settle() }, "Settle(): name at least one reference"},
		{"reject the unknown", func(a *djamotest.API) error { return a.Reject("nobody", "x") }, `Reject("nobody"): no transfer`},
		{"reject without a reason", func(a *djamotest.API) error { return a.Reject("ref", "") }, "give the failureReason"},
		{"reject what is final", func(a *djamotest.API) error { return a.Reject("done", "x") }, "the transfer is completed already"},
		{"fail a bad number", func(a *djamotest.API) error { return a.Fail("0700000001", "x") },
			"Fail(07******01): want a phone number in E.164"},
		{"fail without a reason", func(a *djamotest.API) error { return a.Fail(awa, "") }, "Fail(+22507******01): give the failureReason"},
		{"succeed without fail", func(a *djamotest.API) error { return a.Succeed(awa) }, "Fail was not called for this number"},
		{"pay the unknown", func(a *djamotest.API) error { return a.Pay("nobody") }, "no charge with this id or externalId"},
		{"expire the unknown", func(a *djamotest.API) error { return a.Expire("nobody") }, "no charge with this id or externalId"},
		{"pay what is dropped", func(a *djamotest.API) error { return a.Pay("gone") }, "charge cannot be paid: it is dropped"},
		{"expire what is dropped", func(a *djamotest.API) error { return a.Expire("gone") }, "only an unpaid one expires"},
		{"negative balance", func(a *djamotest.API) error { return a.SetBalance(-1) }, "SetBalance(-1): want between 0 and"},
		{"back in time", func(a *djamotest.API) error { return a.Advance(-time.Second) }, "Advance(-1s): the clock only moves forward"},
		{"no fault", func(a *djamotest.API) error { _, err := a.Inject(djamotest.Fault{}); return err },
			"make faults with this package's functions"},
		{"none of several faults", func(a *djamotest.API) error { _, err := a.Inject(djamotest.AnyOf()); return err },
			"AnyOf needs at least one fault"},
		{"fault without a duration", func(a *djamotest.API) error { _, err := a.Inject(djamotest.LookupLag(0)); return err },
			"lookup lag needs a duration above 0"},
		{"fault with a good status", func(a *djamotest.API) error { _, err := a.Inject(djamotest.FailAfter(200)); return err },
			"status is between 400 and 599"},
		{"never", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.Times(0))
			return err
		}, "Times(0): want at least 1"},
		{"more than certain", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.Probability(1.1))
			return err
		}, "Probability(1.1): want between 0 and 1"},
		{"negative start", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.After(-1))
			return err
		}, "After(-1)"},
		{"no time at all", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.For(0))
			return err
		}, "For(0s): want a duration above 0"},
		{"no scope", func(a *djamotest.API) error { _, err := a.Inject(djamotest.LoseReply(), djamotest.On()); return err },
			"name at least one scope"},
		{"relative scope", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.On("POST v1/transactions"))
			return err
		}, "want a method, a path or both"},
		{"bad pattern", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.On("/v1/[", "POST"))
			return err
		}, "want a method, a path or both"},
		{"lower case method", func(a *djamotest.API) error {
			_, err := a.Inject(djamotest.LoseReply(), djamotest.On("post"))
			return err
		}, "want a method, a path or both"},
		{"redeliver the unknown", func(a *djamotest.API) error { return a.Redeliver("whd_9") }, "no webhook has this id"},
		{"odd customer", func(a *djamotest.API) error { return a.AddCustomer("+225") }, "AddCustomer(****): want a phone number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			srv, c := newServer(t)
			c.pay(awa, 5000, "ref")
			c.pay(awa, 5000, "done")
			c.must(201, "POST", "/v1/charges", object{"amount": 100, "externalId": "gone"})
			require.NoError(t, srv.Settle("done"))
			require.NoError(t, srv.Expire("gone"))
			require.NoError(t, djamotest.Bind(s, srv))
			err := tt.call(srv.API)
			require.ErrorContains(t, err, "djamotest: ")
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, []string{err.Error()}, s.failures)
			require.Equal(t, []string{"ledger_test.go"}, s.places)

			api, c := newAPI(t)
			c.pay(awa, 5000, "ref")
			c.pay(awa, 5000, "done")
			c.must(201, "POST", "/v1/charges", object{"amount": 100, "externalId": "gone"})
			require.NoError(t, api.Settle("done"))
			require.NoError(t, api.Expire("gone"))
			require.ErrorContains(t, tt.call(api), tt.want)
		})
	}
}

//nolint:tparallel // the inner test must be over
func TestSteering_AfterTheTestIsOver(t *testing.T) {
	t.Parallel()
	var srv *djamotest.Server
	t.Run("inner", func(t *testing.T) { srv = djamotest.NewServer(t) })
	require.ErrorContains(t, srv.Settle("nobody"), "no transfer") // reporting to the ended inner test would panic
}

// TestMoney_IsConserved drives a server with random operations and checks after each that the ledger adds up.
func TestMoney_IsConserved(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			const start = 300_000
			at := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC) // a clock that only Advance moves: nothing settles between two looks
			opts := []djamotest.Option{
				djamotest.WithBalance(start), djamotest.WithSettleAfter(time.Second), djamotest.WithSeed(seed),
				djamotest.WithClock(func() time.Time { return at }),
			}
			if seed%3 == 0 {
				opts = append(opts, djamotest.WithRepeatedReferences())
			}
			api, c := newAPI(t, opts...)
			require.NoError(t, api.Fail(koffi, "limit reached"))
			for range 300 {
				randomOperation(t, random, api, c)
				s := &spy{}
				require.True(t, api.AssertBalanced(s), s.failures)
				require.Equal(t, expectedBalance(api, start), api.Balance())
			}
		})
	}
}

func randomOperation(t *testing.T, random *rand.Rand, api *djamotest.API, c *caller) {
	t.Helper()
	ref := fmt.Sprint("r", random.IntN(60))
	to := []string{awa, koffi}[random.IntN(2)]
	amount := random.Int64N(20_000) - 500
	switch random.IntN(10) {
	case 0, 1, 2:
		c.call("POST", "/v1/transactions", transferTo(to, amount, ref))
	case 3:
		items := []any{}
		for range random.IntN(4) {
			items = append(items, object{"msisdn": to, "amount": amount, "reference": fmt.Sprint("r", random.IntN(60))})
		}
		c.call("POST", "/v1/transactions/batch", object{"transactions": items})
	case 4:
		require.NoError(t, api.Advance(time.Duration(random.Int64N(int64(20*time.Minute)))))
	case 5:
		_ = api.Settle(ref)
	case 6:
		_ = api.Reject(ref, "refused by the recipient")
	case 7:
		c.call("POST", "/v1/charges", object{"amount": amount, "externalId": ref})
	case 8:
		_ = api.Pay(ref)
	case 9:
		if charges := api.Charges(); len(charges) > 0 {
			body := []any{object{}, object{"amount": amount}}[random.IntN(2)]
			c.call("POST", "/v1/charges/"+charges[random.IntN(len(charges))].ID+"/refund", body)
		}
	}
}

// expectedBalance adds up the public objects, without the ledger.
func expectedBalance(api *djamotest.API, start int64) int64 {
	for _, tx := range api.Transactions() {
		if tx.Status != djamotest.StatusFailed {
			start -= tx.Amount + tx.Fee
		}
	}
	for _, ch := range api.Charges() {
		start += ch.Paid - ch.Fees - ch.Refunded
	}
	return start
}

func TestConcurrentCreates_OneReferenceOnePayment(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				resp, err := c.do(c.request("POST", "/v1/transactions", transferTo(awa, 5000, fmt.Sprint("r", i))))
				if err == nil {
					resp.Body.Close()
				}
				srv.Balance()
				srv.Ledger()
			}
		})
	}
	wg.Wait()
	require.Len(t, srv.Transactions(), 50)
	for i := range 50 {
		srv.AssertPaidOnce(t, fmt.Sprint("r", i))
	}
	srv.AssertBalanced(t)
	require.Len(t, srv.Ledger(), 400)
}
