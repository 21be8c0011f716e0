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
	wakeups    chan struct{} // wakes the background goroutine
	posts      dialer        // of the poster, unless it was given a transport
	background sync.WaitGroup
	handlers   sync.WaitGroup
	ending     sync.Once
	advanceMu  sync.Mutex   // held by Advance
	answering  atomic.Int32 // requests
	posting    atomic.Int32 // webhooks

	changes changeCounter // tells of changes
	seed    atomic.Uint64 // of correlation ids
	random  *rand.PCG     // what rng draws from
	barred  barred        // addresses that no webhook may go to

	mu         sync.Mutex // guards everything below
	clock      clock
	rng        *rand.Rand
	sendingNow int                          // lanes that are busy
	answered   *sync.Cond                   // on mu: a webhook was answered, or the API closed
	state                                   //nolint:embeddedstructfieldcheck // it is one of those that mu guards
	payAt      func(chargeID string) string // nil: Djamo's own page
	running    bool                         // the background is
	closed     bool
}

// New makes an API without a network: hand it to a test server or a mux of your own. It returns an error for options with
// invalid values. Its webhooks run in the background, so call [API.Close] when done.
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
		cfg:    cfg,
		clock:  clock{base: cfg.clock},
		random: rand.NewPCG(cfg.seed, 0x646a616d6f),
		state:  newState(&cfg),
	}
	a.rng = rand.New(a.random)
	a.seed.Store(cfg.seed)
	a.journal.limit, a.journal.answers, a.journal.changes = cfg.requestHistory, cfg.answerBodies, &a.changes
	a.journal.maxBytes = cfg.historyBytes / 4 * 3
	a.faults.rng = rand.New(rand.NewPCG(cfg.seed, 0x6661756c74))
	a.faults.webhooks = rand.New(rand.NewPCG(cfg.seed, 0x686f6f6b73))
	a.closing, a.wakeups = make(chan struct{}), make(chan struct{}, 1)
	a.answered = sync.NewCond(&a.mu)
	a.life, a.cancel = context.WithCancel(context.Background())
	a.poster = &http.Client{Transport: cfg.webhookTransport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect is no acknowledgement
	}}
	if cfg.webhookTransport == nil {
		a.poster.Transport = &http.Transport{DialContext: a.posts.dial}
		a.posts.net.Control = a.barred.check
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
	a.answered.Broadcast()
}

// Close ends whatever the API does by itself and returns when it has ended: webhooks and their connections, and requests
// that are being answered. Later requests get 503. What it holds can still be inspected. Closing twice is harmless.
func (a *API) Close() error {
	a.stop()
	a.ending.Do(func() {
		a.background.Wait()
		a.handlers.Wait()
		a.mu.Lock()
		for a.sendingNow > 0 { // Redeliver may be in the middle of a webhook; nobody sends another
			a.answered.Wait()
		}
		a.mu.Unlock()
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
		changing, changeAt := a.nextChargeChange()
		switch {
		case settling != nil && settleAt <= now && (changing == nil || settleAt <= changeAt):
			a.settle(settling, settleAt)
		case changing != nil && changeAt <= now:
			a.changeCharge(changing, changeAt)
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
	return writeUUID(a.randomUUID())
}

func (a *API) randomUUID() (hi, lo uint64) {
	hi, lo = a.rng.Uint64(), a.rng.Uint64()
	return hi&^0xf000 | 0x4000, lo&^(3<<62) | 1<<63 // version 4
}

const hexDigits = "0123456789abcdef"

func writeUUID(hi, lo uint64) string {
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
	n, seed := uint64(number), a.seed.Load() // requests are counted from 1
	hi, lo := mix(seed^n), mix(n+seed<<32+1)
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
