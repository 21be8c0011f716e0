package walletsync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Engine reads wallets. Its fields are set before it is used; those that say so may be left out.
type Engine struct {
	Store   Store
	Gateway Gateway
	Keeper  *consent.Keeper
	Owner   string // of this process, unlike that of any other

	Currency    string                     // of every wallet; empty: XOF
	Poll        time.Duration              // between reads of a wallet that is in step; 0: 60 s
	PageSize    int                        // 0: 200
	ReadTimeout time.Duration              // of one read; 0: 15 s
	LeaseTTL    time.Duration              // after which another process takes over; 0: 6 s
	Workers     int                        // reads at a time; 0: 8. A fifth as many, and one at least, read history
	Wallets     int                        // in all, where other Runners read the rest: their number says how often idle ones are read
	LookBack    time.Duration              // how far back is read again once a day, for entries made late; 0: 10 days, negative: never
	Final       []string                   // statuses after which an amount must not change; nil: settled, posted, completed, booked
	Alive       func(owner string) bool    // whether the owner of a lease lives; nil: the lease decides
	Now         func() time.Time           // nil: time.Now
	Logger      *slog.Logger               // nil: silence
	Observe     func(Observation)          // of each read, for metrics; nil: nobody
	Alert       func(wallet, alert string) // of what an operator should look at; nil: the log alone

	cursorFirst bool       // breaks the rule, for the test of the tests
	random      *rand.Rand // of a simulation, so that a seed is the same each time; nil: chance
}

// Observation is one read, for metrics.
type Observation struct {
	Wallet      string
	Backfill    bool
	Took        time.Duration
	Items       int
	Changes     int
	Quarantined int           // of the items
	Lag         time.Duration // between when the read was due and when it began
	Err         error
}

// memory is what a process remembers of a wallet. All of it may be lost.
type memory struct {
	lease           Lease
	known           *State      // as it was just stored, while the wallet is read on; nil: the store says
	confirming      [2]int      // reads in a row that may have been the end: of the feed, and of history
	came            [2]*returns // of both, since there was something new
	failed          int         // live reads in a row, in this process
	historyFailed   int
	restarts        int // of readings of the feed that led nowhere, since one came to its end
	historyRestarts int // the same of the backfill, since it brought something
	idle            int
	nextLive        time.Time
	nextHistory     time.Time
	announced       int           // polls since a push told of something that has not come
	storing         chan struct{} // of history, one at a time; nil: as many as like
	read, stored    time.Duration // what the latest turn took
	hurry           atomic.Bool   // a push came: the turn ends with the page that is on its way
	backfilling     bool
	listed          bool // among those whose history is read

	ended    bool  // by its consent
	reached  bool  // in step once, in this process
	gaveUp   error // with Once
	warnedAt time.Time
}

func (e *Engine) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func or[T comparable](value, instead T) T {
	var zero T
	if value == zero {
		return instead
	}
	return value
}

func (e *Engine) currency() string           { return or(e.Currency, "XOF") }
func (e *Engine) poll() time.Duration        { return or(e.Poll, time.Minute) }
func (e *Engine) pageSize() int              { return or(e.PageSize, 200) }
func (e *Engine) readTimeout() time.Duration { return or(e.ReadTimeout, 15*time.Second) }
func (e *Engine) leaseTTL() time.Duration    { return or(e.LeaseTTL, 6*time.Second) }
func (e *Engine) workers() int               { return or(e.Workers, 8) }
func (e *Engine) lookBack() time.Duration    { return or(e.LookBack, 10*24*time.Hour) }

func (e *Engine) final(status string) bool {
	if e.Final == nil {
		return slices.Contains([]string{"settled", "posted", "completed", "booked"}, status)
	}
	return slices.Contains(e.Final, status)
}

func (e *Engine) log(level slog.Level, message string, attrs ...slog.Attr) {
	if e.Logger != nil {
		//nolint:sloglint // callers give constants, or what Alert is told
		e.Logger.LogAttrs(context.Background(), level, "walletsync: "+message, attrs...)
	}
}

func (e *Engine) alert(walletID, text string) {
	e.log(slog.LevelWarn, text, slog.String("wallet", walletID))
	if e.Alert != nil {
		e.Alert(walletID, text)
	}
}

// Step reads one page of a wallet's feed, or of its backfill, under a lease, and stores it. It is what Run does again and
// again, for callers with a scheduler of their own. next is when the wallet should be read again, and done says that the
// feed, or the backfill, was at its end.
func (e *Engine) Step(ctx context.Context, w *Reader, backfill bool) (next time.Time, done bool, err error) {
	from := live
	if backfill {
		from = history
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.memory.lease = w.Lease
	out, err := e.step(ctx, &w.memory, from)
	if backfill {
		return w.memory.nextHistory, out.ended, err
	}
	return w.memory.nextLive, out.ended, err
}

// Reader is one wallet that is read by Step. It is made of a lease, and forgotten with it.
type Reader struct {
	Lease Lease

	mu     sync.Mutex
	memory memory
}

// step makes one read and decides when the next is due.
func (e *Engine) step(ctx context.Context, m *memory, from source) (outcome, error) {
	began := e.now()
	lag := time.Duration(0)
	if from == live && !m.nextLive.IsZero() {
		lag = max(0, began.Sub(m.nextLive))
	}
	out, items, err := e.read(ctx, m, from)
	if ctx.Err() != nil && err != nil {
		return out, err
	}
	e.schedule(m, from, began, out, err)
	if out.aside > 0 {
		e.alert(m.lease.Wallet, fmt.Sprintf("%d items cannot be read, or contradict what is final: they are quarantined", out.aside))
	}
	if e.Observe != nil {
		e.Observe(Observation{
			Wallet: m.lease.Wallet, Backfill: from == history, Took: e.now().Sub(began), Items: items, Changes: out.changes + out.removed,
			Quarantined: out.aside, Lag: lag, Err: err,
		})
	}
	return out, err
}

// failed records why a read brought no page, and what follows from it.
func (e *Engine) failed(ctx context.Context, r *request, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	if _, ended := errors.AsType[*consent.EndedError](cause); ended {
		return cause
	}
	answer, _ := errors.AsType[*wallet.Error](cause)
	status := statusOf(cause)
	// Nothing was sent where the transport held it back, nor after a token that was not taken where there is no newer one yet.
	unsent := status == 0 && (errors.Is(cause, wallet.ErrRateLimited) || answer == nil && len(r.turnedAway) > 0)
	var change func(s *State)
	switch {
	case errors.Is(cause, wallet.ErrConsentRevoked):
		return e.Keeper.Ended(ctx, r.access, consent.Revoked)
	case errors.Is(cause, wallet.ErrConsentExpired):
		return e.Keeper.Ended(ctx, r.access, consent.Expired)
	case answer != nil && errors.Is(cause, wallet.ErrRateLimited):
		until := e.now().Add(answer.RetryAfter)
		if err := e.Keeper.Hold(ctx, r.access.Key, until); err != nil {
			return err
		}
		cause, change = &consent.HeldError{Until: until}, func(*State) {}
	case errors.Is(cause, wallet.ErrInvalidCursor) && r.params.Cursor != "":
		e.alert(r.lease.Wallet, "the cursor has gone bad, everything is read anew")
		change = e.cursorLost(r)
	case errors.Is(cause, wallet.ErrMutation):
		change = e.pagesChanged(r)
	default:
		change = func(s *State) { s.fail(r.source, cause) }
	}
	err := e.Store.Update(ctx, r.lease.Wallet, func(tx Tx) error {
		if err := r.guard(tx); err != nil {
			return err
		}
		change(tx.State())
		if err := r.auditTurnedAway(tx, e.now()); err != nil || unsent {
			return err
		}
		return tx.Audit(r.audit(e.now(), r.params, status, nil))
	})
	return errors.Join(err, cause)
}

// cursorLost reacts to a cursor that is no good.
func (e *Engine) cursorLost(r *request) func(*State) {
	r.memory.forget()
	return func(s *State) {
		cause := errors.New("its cursors keep going bad before the end is reached")
		if r.source == history {
			r.restartHistory(s, cause)
			return
		}
		resync(s)
		if r.memory.restarts >= calmRestarts {
			s.fail(live, cause)
		}
	}
}

// pagesChanged reacts to pages that changed while they were read.
func (e *Engine) pagesChanged(r *request) func(*State) {
	r.memory.forget()
	return func(s *State) {
		cause := errors.New("its pages kept changing while they were read")
		if r.source == history {
			r.restartHistory(s, cause)
			return
		}
		restart(s)
		if s.Tries > calmRestarts {
			s.fail(live, cause)
		}
	}
}

// restartHistory begins the backfill anew.
func (r *request) restartHistory(s *State, cause error) {
	s.BackfillCursor = ""
	if r.memory.historyRestarts >= calmRestarts {
		s.fail(history, cause)
	}
}

// calmRestarts is how often a reading begins anew at once, and as if nothing were wrong: gateways lose a cursor now and then.
const calmRestarts = 3

func (m *memory) forget() { m.confirming, m.came = [2]int{}, [2]*returns{} }

// fail has the wallet show that a reading failed, and why.
func (s *State) fail(from source, cause error) { s.Failing, s.Fails = reason(from, cause), s.Fails+1 }

func reason(from source, cause error) string {
	text := cause.Error()
	if from == history {
		text = historyFailing + text
	}
	const maxReason = 300
	if len(text) > maxReason {
		text = text[:maxReason]
	}
	return text
}

const historyFailing = "backfill: "
