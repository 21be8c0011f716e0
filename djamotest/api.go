package djamotest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// API is the Djamo Business API in memory. It is an [http.Handler] and safe for concurrent use. Make one with [New], or
// let [NewServer] or [Start] put one behind a TCP listener.
type API struct {
	// Token, CompanyID and WebhookSecret are what a client needs beside the URL. Read them; to set them use options.
	Token, CompanyID, WebhookSecret string

	cfg     config
	remote  bool // reached over TCP
	mux     *http.ServeMux
	table   []route
	unknown route // stands for every call there is not
	test    reporter
	journal requestLog
	faults  faultBox

	poster     *http.Client    // sends webhooks
	life       context.Context // ends with Close
	cancel     context.CancelFunc
	closing    chan struct{} // closed by Close
	kick       chan struct{} // wakes the background
	sending    chan struct{} // held by whoever sends webhooks
	posts      dialer        // of the poster, unless it was given a transport
	background sync.WaitGroup
	handlers   sync.WaitGroup
	ending     sync.Once
	advancing  sync.Mutex   // held by Advance
	answering  atomic.Int32 // requests
	posting    atomic.Int32 // webhooks

	mu           sync.Mutex // guards everything below
	clock        clock
	rng          *rand.Rand
	balance      int64
	transactions []*transaction
	byID         map[string]*transaction
	byReference  map[string]*transaction // the newest one; older ones hang on it by previous
	unsettled    queue[*transaction]
	batches      []*batch
	customers    map[string]bool // nil: everybody has an account
	failing      map[string]string
	subCompanies []*subCompany
	charges      []*charge
	byChargeID   map[string]*charge
	byExternalID map[string]*charge
	opening      queue[*charge] // created, about to be due
	unpaid       queue[*charge] // to be dropped after an hour
	endpoints    []*endpoint
	deliveries   []*delivery
	outbox       outbox
	enqueued     int64 // counts what was put into the outbox
	heldBack     bool  // something in the outbox may be held
	acknowledged int   // webhooks, since the last call that steered
	ledger       []entry
	running      bool // the background is
	closed       bool
}

// New makes an API without a network: hand it to a test server or a mux of your own. It refuses options with senseless
// values. Its webhooks run in the background, so call [API.Close] when done.
func New(opts ...Option) (*API, error) {
	cfg := defaultConfig()
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&cfg); err != nil {
			return nil, fmt.Errorf("djamotest: %w", err)
		}
	}
	a := &API{
		Token: cfg.token, CompanyID: cfg.companyID, WebhookSecret: cfg.webhookSecret,
		cfg:         cfg,
		clock:       clock{base: cfg.clock},
		rng:         rand.New(rand.NewPCG(cfg.seed, 0x646a616d6f)),
		balance:     cfg.balance,
		byID:        make(map[string]*transaction),
		byReference: make(map[string]*transaction),
		failing:     make(map[string]string),

		byChargeID:   make(map[string]*charge),
		byExternalID: make(map[string]*charge),
	}
	a.journal.limit = cfg.requestHistory
	a.faults.rng = rand.New(rand.NewPCG(cfg.seed, 0x6661756c74))
	a.faults.webhooks = rand.New(rand.NewPCG(cfg.seed, 0x686f6f6b73))
	a.closing, a.kick, a.sending = make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 1)
	a.life, a.cancel = context.WithCancel(context.Background())
	a.poster = &http.Client{Transport: cfg.webhookTransport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect is no acknowledgement
	}}
	if cfg.webhookTransport == nil {
		a.poster.Transport = &http.Transport{DialContext: a.posts.dial}
	}
	for _, m := range cfg.customers {
		a.addCustomer(m)
	}
	a.unknown = route{bodyless: true, handle: (*API).answerUnknown}
	a.mux = a.routes()
	return a, nil
}

// stop makes everything that waits give up, and lets nothing new in.
func (a *API) stop() {
	a.test.release()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	a.closed = true
	close(a.closing)
	a.cancel()
}

// Close ends whatever the API does by itself and returns when it has ended: webhooks and their connections, and requests
// that are being answered. Later requests get 503. What it holds can still be inspected. Closing twice is harmless.
func (a *API) Close() error {
	a.stop()
	a.ending.Do(func() {
		a.background.Wait()
		a.handlers.Wait()
		a.sending <- struct{}{}            // whoever steers may be in the middle of a webhook; nobody sends another
		if a.cfg.webhookTransport == nil { // others' connections are theirs
			a.poster.CloseIdleConnections()
		}
		a.posts.shut()
	})
	return nil
}

// enter counts a request in, unless the API is closed.
func (a *API) enter() (now int64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return 0, false
	}
	a.handlers.Add(1)
	a.answering.Add(1)
	return a.clock.now(), true
}

// leave counts it out.
func (a *API) leave() {
	a.answering.Add(-1)
	a.handlers.Done()
}

// String keeps the token and the secret out of logs and failure messages.
func (a *API) String() string { return "djamotest.API" }

// GoString does the same for %#v.
func (a *API) GoString() string { return a.String() }

// lock takes the state, brings it up to the present moment, and returns that moment.
func (a *API) lock() int64 {
	a.mu.Lock()
	now := a.clock.now()
	a.catchUp(now)
	return now
}

// catchUp lets everything happen that was due by now, in the order in which it was due.
func (a *API) catchUp(now int64) {
	for {
		settling, settleAt := a.nextSettlement()
		turning, turnAt := a.nextChargeTurn()
		switch {
		case settling != nil && settleAt <= now && (turning == nil || settleAt <= turnAt):
			a.settle(settling, settleAt)
		case turning != nil && turnAt <= now:
			a.turn(turning, turnAt)
		default:
			return
		}
	}
}

// Now is the server's time.
func (a *API) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return moment(a.clock.now())
}

// queue holds what waits for a moment, in order of creation. Its items leave from the front.
type queue[T any] struct{ items []T }

func (q *queue[T]) push(item T) { q.items = append(q.items, item) }

func (q *queue[T]) pop() {
	var zero T
	q.items[0] = zero
	q.items = q.items[1:]
}

func (q *queue[T]) head() (item T, ok bool) {
	if len(q.items) == 0 {
		return item, false
	}
	return q.items[0], true
}

// identifier is a random version 4 UUID from the server's seed.
func (a *API) identifier() string {
	return formatUUID(a.rng.Uint64(), a.rng.Uint64())
}

const hexDigits = "0123456789abcdef"

func formatUUID(hi, lo uint64) string {
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 1<<63
	var out [36]byte
	at := 0
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			out[at] = '-'
			at++
		}
		word := hi
		if i >= 16 {
			word = lo
		}
		out[at] = hexDigits[word>>(60-4*(i%16))&0xf]
		at++
	}
	return string(out[:])
}

// correlationID is derived from the request's number, so that neither the ledger nor the request log has to store it.
func (a *API) correlationID(number int64) string {
	n := uint64(number) // requests are counted from 1
	hi, lo := mix(a.cfg.seed^n), mix(n+a.cfg.seed<<32+1)
	var out [32]byte
	for i := range 16 {
		out[i] = hexDigits[hi>>(60-4*i)&0xf]
		out[16+i] = hexDigits[lo>>(60-4*i)&0xf]
	}
	return string(out[:])
}

// mix is the finalizer of splitmix64: every bit of the input moves every bit of the output.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
