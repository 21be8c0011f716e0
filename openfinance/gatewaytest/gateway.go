// Package gatewaytest plays an open-finance gateway in front of Djamo wallets, in memory over real TCP: wallets with lifelike
// days, consents with rotating tokens, the PI-SPI push, and the faults of real gateways. It shares no code with the client
// that it tests. Its ledger says what a reader must have seen.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the shapes.
package gatewaytest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options of a Gateway. All may be left out.
type Options struct {
	Seed         uint64
	Now          func() time.Time // nil: time.Now
	TokenLife    time.Duration    // of access tokens; 0: 30 minutes
	MaxPage      int              // items in a page at most; 0: 200
	ReuseRevokes bool             // a refresh token that comes twice ends the consent
	Delay        time.Duration    // of each answer
	History      int              // reads and used refresh tokens that are remembered; 0: DefaultHistory
}

// Gateway is a gateway in memory. It is safe for concurrent use.
type Gateway struct {
	server

	options  Options
	random   *rand.Rand
	wallets  map[string]*account
	consents map[string]*grant
	tokens   map[string]*grant // by access token
	refresh  map[string]*grant // by refresh token that was not used
	used     recent[*grant]    // by refresh token that was, the latest of them
	requests history[Request]
	inFlight map[string]int
	most     map[string]int
	doubles  int
	breaches int
	serial   int
}

// account is a wallet.
type account struct {
	id         string
	currency   string
	opening    int64
	generation int     // of the cursors
	posted     []entry // oldest first, each version of an item
	history    []entry // what is older than the feed
	coffres    map[string]int64
	last       []entry // of the last page, for RepeatPage
}

type entry struct {
	id   string
	day  string
	body map[string]any
}

// grant is a consent.
type grant struct {
	id       string
	wallets  []string
	token    string
	expires  time.Time
	revoked  bool
	expired  bool
	seenDead bool // an answer told of the end
}

// Consent is what the holder hands over.
type Consent struct{ ID, Token, RefreshToken string }

// Request is one read that came.
type Request struct {
	At             time.Time
	Wallet, Cursor string
	From           string
	Status         int
	Items          int
}

// New makes a gateway without wallets.
func New(options Options) *Gateway {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.TokenLife <= 0 {
		options.TokenLife = 30 * time.Minute
	}
	if options.MaxPage <= 0 {
		options.MaxPage = 200
	}
	g := &Gateway{
		options: options, random: rand.New(rand.NewPCG(options.Seed, 16)), //nolint:gosec // test data needs no secrecy
		wallets: map[string]*account{}, consents: map[string]*grant{}, tokens: map[string]*grant{}, refresh: map[string]*grant{},
		used: newRecent[*grant](options.History), requests: history[Request]{limit: options.History},
		inFlight: map[string]int{}, most: map[string]int{}, server: server{hanging: make(chan struct{})},
	}
	g.handler = g
	return g
}

// AddWallet opens a wallet in XOF.
func (g *Gateway) AddWallet(id string, opening int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wallets[id] = &account{id: id, currency: "XOF", opening: opening, coffres: map[string]int64{}}
}

// Add appends an item to a wallet's feed and returns its id, which is made up where the item has none. An item with the id
// of an earlier one is a new version of it.
func (g *Gateway) Add(wallet string, item map[string]any) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.add(wallet, item, false)
}

// AddHistory puts an item before the feed: only a read with from= finds it.
func (g *Gateway) AddHistory(wallet string, item map[string]any) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.add(wallet, item, true)
}

func (g *Gateway) add(wallet string, item map[string]any, history bool) string {
	a := g.wallets[wallet]
	body := maps.Clone(item)
	id, ok := body["id"].(string)
	if !ok {
		g.serial++
		id = fmt.Sprintf("tx_%08d", g.serial)
		body["id"] = id
	}
	if _, ok := body["ts"]; !ok {
		body["ts"] = g.options.Now().UTC().Format(time.RFC3339)
	}
	at, _ := body["ts"].(string)
	e := entry{id: id, day: at[:min(len(at), len(time.DateOnly))], body: body}
	if history {
		a.history = append(a.history, e)
	} else {
		a.posted = append(a.posted, e)
	}
	return id
}

// Remove takes an item back, with every version of it: cursors from before are lost.
func (g *Gateway) Remove(wallet, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.wallets[wallet]
	a.posted = slices.DeleteFunc(a.posted, func(e entry) bool { return e.id == id })
	a.generation++
}

// Ledger is what a reader of the feed must have when it is in step: the latest content of each item, without those that a
// posted one has replaced. from adds the history since that day; empty: without.
func (g *Gateway) Ledger(wallet, from string) map[string]map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.wallets[wallet]
	current := map[string]map[string]any{}
	var all []entry
	if from != "" {
		for _, e := range a.history {
			if e.day >= from {
				all = append(all, e)
			}
		}
	}
	all = append(all, a.posted...)
	for _, e := range all {
		current[e.id] = e.body
	}
	for _, e := range all {
		if pending, ok := e.body["pending_id"].(string); ok && pending != e.id {
			delete(current, pending)
		}
	}
	return current
}

// Balance of a wallet as the gateway has it.
func (g *Gateway) Balance(wallet string) int64 {
	ledger := g.Ledger(wallet, "0000-00-00")
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := g.wallets[wallet].opening
	for _, body := range ledger {
		sum += amountOf(body)
	}
	return sum
}

func amountOf(body map[string]any) int64 {
	switch amount := body["amount_minor"].(type) {
	case int:
		return int64(amount)
	case int64:
		return amount
	}
	return 0
}

// Requests lists the latest reads that came, oldest first: all of them, unless there were more than Options.History.
func (g *Gateway) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.requests.all()
}

// Reads is how many reads came, those included that are no longer remembered.
func (g *Gateway) Reads() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.requests.count
}

// MostInFlight is how many reads of a wallet there were at one time, at most.
func (g *Gateway) MostInFlight(wallet string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most[wallet]
}

// InFlight is how many reads of a wallet the gateway is answering, those of readers that were killed included.
func (g *Gateway) InFlight(wallet string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inFlight[wallet]
}

// DoubleRedemptions counts refresh tokens that came again after they had been used.
func (g *Gateway) DoubleRedemptions() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.doubles
}

// ReadsAfterEnd counts reads under a consent whose end an answer had told of before.
func (g *Gateway) ReadsAfterEnd() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.breaches
}

// cursor is opaque to the reader.
type cursor struct {
	Generation int    `json:"g"`
	At         int    `json:"at"`
	From       string `json:"from,omitempty"`
}

func (c cursor) String() string {
	text, _ := json.Marshal(c) //nolint:errchkjson // it has no field that could fail
	return base64.RawURLEncoding.EncodeToString(text)
}

var errCursor = errors.New("invalid_cursor")

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return c, errCursor
	}
	return c, nil
}

// entries are what a request may page through.
func (a *account) entries(from string) []entry {
	if from == "" {
		return a.posted
	}
	var all []entry
	for _, e := range slices.Concat(a.history, a.posted) {
		if e.day >= from {
			all = append(all, e)
		}
	}
	return all
}

// sum is the balance.
func (a *account) sum() int64 {
	latest, all := map[string]int64{}, slices.Concat(a.history, a.posted)
	for _, e := range all {
		latest[e.id] = amountOf(e.body)
	}
	for _, e := range all {
		if pending, ok := e.body["pending_id"].(string); ok && pending != e.id {
			delete(latest, pending)
		}
	}
	sum := a.opening
	for _, amount := range latest {
		sum += amount
	}
	return sum
}

func limitOf(r *http.Request, most int) int {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 {
		return most
	}
	return min(limit, most)
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}
