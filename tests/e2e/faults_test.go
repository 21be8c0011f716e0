package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// everyFault is every way for a request or a webhook to go wrong; unit is a moment of the API's, a second or what stands
// for one over TCP. The client gives an attempt up after two of them.
func everyFault(unit time.Duration) []djamotest.Fault {
	return []djamotest.Fault{
		djamotest.RefuseConnection(), djamotest.CloseConnection(),
		djamotest.FailBefore(500), djamotest.FailBefore(502), djamotest.FailBefore(503),
		djamotest.RateLimit(), djamotest.RateLimitFor(unit), djamotest.RateLimitUntil(2 * unit), djamotest.Blocked(),
		djamotest.LoseReply(), djamotest.ResetReply(), djamotest.FailAfter(500), djamotest.FailAfter(502), djamotest.TruncateReply(), djamotest.Stall(0),
		djamotest.ProcessLate(3 * unit), djamotest.LookupLag(unit / 2), djamotest.SlowBody(unit / 2), djamotest.SlowBody(4 * unit),
		djamotest.DuplicateWebhook(), djamotest.ReorderWebhook(), djamotest.DropWebhook(),
	}
}

// day is what an operator has to do, and the API it does it with.
type day struct {
	api        *djamotest.API
	references []string
	charges    []string
}

const refund = djamo.XOF(1_000)

// work does everything that moves money, and reads everything there is to read.
func (d *day) work(ctx context.Context, o *operator) error {
	params := func(reference string) djamo.TransactionParams {
		p := clienttest.Payment
		p.Reference = reference
		d.references = append(d.references, reference)
		return p
	}
	for i := range 6 {
		if err := o.pay(ctx, params(fmt.Sprint("salary/", i))); err != nil {
			return err
		}
	}
	for i := range 2 {
		var batch djamo.BatchParams
		for j := range 3 {
			batch.Transactions = append(batch.Transactions, params(fmt.Sprintf("bonus/%d/%d", i, j)))
		}
		if err := o.payBatch(ctx, batch); err != nil {
			return err
		}
	}
	for i := range 2 {
		d.charges = append(d.charges, fmt.Sprint("order/", i))
		if err := o.collect(ctx, djamo.ChargeParams{Amount: 10_000, ExternalID: d.charges[i]}, refund); err != nil {
			return err
		}
	}
	return d.readAll(ctx, o)
}

func (d *day) readAll(ctx context.Context, o *operator) error {
	time.Sleep(o.pause) //nolint:forbidigo // for what the index of payments lags behind
	listed := map[string]int{}
	return errors.Join(
		o.read(func() error { return clienttest.Second(o.client.Balance.Get(ctx)) }),
		o.read(func() error {
			return clienttest.Second(o.client.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: clienttest.Payment.MSISDN}))
		}),
		o.read(func() error {
			clear(listed)
			for tx, err := range o.client.Transactions.List(ctx, djamo.TransactionListParams{Limit: 5}) {
				if err != nil {
					return err
				}
				listed[tx.Reference]++
			}
			for _, reference := range d.references {
				if listed[reference] > 1 {
					return fmt.Errorf("%s is listed %d times: %w", reference, listed[reference], djamo.ErrInvalidRequest)
				}
			}
			return nil
		}),
	)
}

// check holds what the operator believes against the ledger.
func (d *day) check(t *testing.T) {
	t.Helper()
	d.api.ClearFaults()
	d.api.AssertPaidOnce(t, d.references...)
	d.api.AssertBalanced(t)
	require.Len(t, d.api.Transactions(), len(d.references), "not one payment more")
	var collected []string
	for _, charge := range d.api.Charges() {
		collected = append(collected, charge.ExternalID)
		require.Equal(t, []int64{10_000, int64(refund)}, []int64{charge.Paid, charge.Refunded}, charge.ExternalID)
	}
	require.ElementsMatch(t, d.charges, collected)
	if t.Failed() {
		for _, r := range d.api.Requests() {
			t.Logf("%d %s %s %s: %d %v", r.Number, r.At.Format(time.TimeOnly), r.Method, r.Path, r.Status, r.Faults)
		}
	}
}

// badDay runs an operator through one seed, in a bubble: no real time passes. Every other seed has an API that does not
// refuse repeated references, so that only the client and the operator stand between a payee and being paid twice; the
// shapes of the answers go round too.
func badDay(t *testing.T, seed uint64) (work operatorsWork, faults map[string]int) {
	t.Helper()
	faults = map[string]int{} // how often each struck, by its name
	synctest.Test(t, func(t *testing.T) {
		books := newReceiver(seed)
		shapes := shapesOfAnswers()
		opts := []djamotest.Option{
			djamotest.WithSeed(seed), djamotest.WithSettleAfter(5 * time.Second), djamotest.WithWebhookTransport(books),
			djamotest.WithVariants(shapes[slices.Sorted(maps.Keys(shapes))[seed%uint64(len(shapes))]]...),
		}
		if seed%2 == 1 {
			opts = append(opts, djamotest.WithRepeatedReferences())
		}
		api, err := djamotest.New(opts...)
		require.NoError(t, err)
		defer api.Close()
		var refusals atomic.Int64
		books.secret = api.WebhookSecret
		client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://bad.example"), djamo.WithCompanyID(api.CompanyID),
			djamo.WithTimeout(2*time.Second), djamo.WithHTTPClient(&http.Client{Transport: clienttest.RoundTripper(func(req *http.Request) (*http.Response, error) {
				resp, err := api.Transport().RoundTrip(req)
				if errors.Is(err, syscall.ECONNREFUSED) {
					refusals.Add(1) // what never left is in no log of the API's
				}
				return resp, err
			})}),
			djamo.WithRetry(djamo.RetryPolicy{MaxAttempts: 1 + int(seed%4)}))
		require.NoError(t, err)
		for _, topic := range djamo.Topics() {
			_, err := client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: "https://books.example/djamo"})
			require.NoError(t, err)
		}
		_, err = api.Inject(djamotest.AnyOf(everyFault(time.Second)...), djamotest.Probability(0.3))
		require.NoError(t, err)
		wall := time.AfterFunc(time.Duration(seed%60)*time.Second, func() { // the firewall, for a while
			_, _ = api.Inject(djamotest.Blocked(), djamotest.For(20*time.Second))
		})
		defer wall.Stop()

		d, o := &day{api: api}, &operator{client: client, pause: 10 * time.Second}
		require.NoError(t, d.work(t.Context(), o))
		time.Sleep(time.Hour) //nolint:forbidigo // what is late has arrived by then, and what settles has settled
		d.check(t)
		books.check(t, d)
		work = o.work
		faults[djamotest.RefuseConnection().String()] = int(refusals.Load())
		faults["webhooks repeated"], faults["webhooks that came late"] = books.repeats, books.late
		for _, r := range api.Requests() {
			for _, fault := range r.Faults {
				faults[fault]++
			}
		}
	})
	return work, faults
}

// check redelivers what was dropped on the way, and holds the receiver's books against the operator's.
func (r *receiver) check(t *testing.T, d *day) {
	t.Helper()
	require.NoError(t, d.api.Advance(24*time.Hour))
	for round, left := 0, true; left; round++ {
		require.Less(t, round, 100)
		left = false
		for _, delivery := range d.api.WebhookDeliveries() {
			if !delivery.Delivered {
				left = true
				_ = d.api.Redeliver(delivery.ID) // the receiver has bad moments of its own: the next round tells
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Zero(t, r.refused, "every delivery bears a signature that holds")
	want := map[string]int{}
	for _, reference := range d.references {
		want[reference] = 1
	}
	require.Equal(t, want, r.finished, "each payment is booked once")
}

// replaySeed names a seed to run instead of random ones, as a failure prints it.
const replaySeed = "DJAMO_TEST_SEED"

// badSeeds are a few fixed seeds and so many random ones, or the one that is to be run again.
func badSeeds(t *testing.T, random int) []uint64 {
	t.Helper()
	if given := os.Getenv(replaySeed); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, replaySeed)
		return []uint64{seed}
	}
	seeds := []uint64{0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144}
	for range random {
		seeds = append(seeds, rand.Uint64())
	}
	return seeds
}

// tellSeed says how to run a seed again if its test fails.
func tellSeed(t *testing.T, seed uint64, test string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to run this seed again: %s=%d go test -run %s .", replaySeed, seed, test)
		}
	})
}

// Three in ten requests and webhooks go wrong, in every way there is, and each reference is paid exactly once.
func TestE2E_BadDays_EachReferenceIsPaidOnce(t *testing.T) {
	t.Parallel()
	seeds := badSeeds(t, 200)
	var mu sync.Mutex
	var work operatorsWork
	struck := map[string]int{}
	t.Cleanup(func() { // when every seed is through
		t.Logf("the operator met %d unknown outcomes and %d refusals; of what was unknown %d were found and %d sent again; faults: %v",
			work.unknown, work.refused, work.found, work.resent, struck)
		if t.Failed() || len(seeds) == 1 {
			return
		}
		for _, n := range []int{work.unknown, work.refused, work.found, work.resent, struck["webhooks repeated"], struck["webhooks that came late"]} {
			require.Positive(t, n, "the operator had nothing to do")
		}
		for _, fault := range everyFault(time.Second) {
			if !strings.HasSuffix(fault.String(), "webhook") {
				require.Positive(t, struck[fault.String()], fault.String())
			}
		}
	})
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			tellSeed(t, seed, "TestE2E_BadDays_EachReferenceIsPaidOnce")
			done, faults := badDay(t, seed)
			mu.Lock()
			defer mu.Unlock()
			work.unknown, work.refused, work.resent, work.found = work.unknown+done.unknown, work.refused+done.refused, work.resent+done.resent, work.found+done.found
			for name, n := range faults {
				struck[name] += n
			}
		})
	}
}
