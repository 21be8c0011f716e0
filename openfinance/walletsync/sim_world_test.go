package walletsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

var errCrash = errors.New("the process was killed")

// world is a gateway, a store and the processes that come and go, in virtual time.
type world struct {
	random *rand.Rand
	now    time.Time
	store  *memoryStore
	sealer *consent.Sealer
	broken bool
	chains bool // many items replace each other, and vanish
	t      *testing.T

	feeds    map[string]*account
	grants   map[string]*simGrant
	refresh  map[string]*simGrant // good refresh tokens
	used     map[string]bool
	serial   int
	calm     bool // no more faults
	breaches []string
	endedAt  map[string]int64 // seq of a wallet whose consent another process revoked
	overtook int              // pages that came to a process whose wallet another reads by then
	revoked  int              // pages that came after the consent had ended
	archived int              // of them, those that history had brought meanwhile
	mutated  int              // items that were taken out of pages while they were read

	crashAt int // the call before or after which the process dies; 0: never
	after   bool
	calls   int
	dead    bool
	owner   int
	engine  *Engine
	readers map[string]*Reader
	due     map[string]time.Time
}

// account is a wallet at the gateway.
type account struct {
	generation int
	log        []wallet.Item
	history    []wallet.Item
	last       []wallet.Item
	lastEnd    int
	offered    []wallet.Item     // by history
	given      map[string]string // by history, since the feed was read to its end, or began anew
	epoch      int64             // of the reader's cursor, when that was looked at
	changed    []int             // where pages have changed, since the generation began
	serial     int               // of its items: other wallets have the same ids
	looked     int               // how many changes were looked at
	nowhere    [2]int            // answers in a row that led nowhere, of the feed and of history
}

type simGrant struct {
	id, token, refresh string
	expires            time.Time
	revoked, answered  bool
}

func newWorld(t *testing.T, seed uint64, wallets int) *world {
	t.Helper()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	w := &world{
		random: rand.New(
			rand.NewPCG(seed, 1),
		), t: t, chains: seed%4 == 3, endedAt: map[string]int64{}, now: time.Date(2026, 5, 28, 6, 0, 0, 0, time.UTC), sealer: sealer, feeds: map[string]*account{},
		grants: map[string]*simGrant{}, refresh: map[string]*simGrant{}, used: map[string]bool{}, due: map[string]time.Time{},
	}
	w.store = newMemoryStore(func() time.Time { return w.now })
	for i := range wallets {
		id := fmt.Sprintf("wal_%d", i)
		w.feeds[id] = &account{given: map[string]string{}}
		w.grants[id] = &simGrant{id: "con_" + id}
		w.pair(w.grants[id])
		for range 3 {
			w.feeds[id].history = append(w.feeds[id].history, w.item(w.feeds[id], ""))
		}
	}
	w.start(t)
	return w
}

func (w *world) pair(g *simGrant) {
	w.serial++
	delete(w.refresh, g.refresh)
	if g.refresh != "" {
		w.used[g.refresh] = true
	}
	g.token, g.refresh, g.expires = fmt.Sprintf("t%d", w.serial), fmt.Sprintf("r%d", w.serial), w.now.Add(30*time.Minute)
	w.refresh[g.refresh] = g
}

// start begins a process: what the one before knew is lost.
func (w *world) start(t *testing.T) {
	t.Helper()
	w.owner++
	w.dead = false
	owner := fmt.Sprintf("process-%d", w.owner)
	clock := func() time.Time { return w.now }
	store := &dying{w.store, w, owner}
	w.engine = &Engine{
		Store: store, Gateway: w, Owner: owner, Now: clock, PageSize: 3, Poll: 5 * time.Minute, cursorFirst: w.broken, random: w.random,
		Keeper: &consent.Keeper{Store: store, Sealer: w.sealer, Exchanger: w, Owner: owner, Now: clock},
	}
	w.now = w.now.Add(10 * time.Second) // the leases of the dead run out
	ctx := context.Background()
	ids := slices.Sorted(maps.Keys(w.feeds))
	day, err := wallet.ParseDate("2026-05-01")
	require.NoError(t, err)
	for _, id := range ids {
		key, err := (&consent.Keeper{Store: w.store, Sealer: w.sealer, Now: clock}).Adopt(
			ctx,
			consent.Grant{ID: w.grants[id].id, Token: "t0" + id, RefreshToken: "r0" + id},
		)
		require.NoError(t, err)
		if w.owner == 1 { // the holder's first pair
			w.refresh["r0"+id], w.grants[id].token, w.grants[id].refresh = w.grants[id], "t0"+id, "r0"+id
		}
		require.NoError(t, w.store.Register(ctx, id, key))
		if w.store.consents[key].State.Live() {
			w.grants[id].answered = false // who heard of the end was killed before it was stored
		}
	}
	_, err = w.store.Renew(ctx, owner, 24*time.Hour)
	require.NoError(t, err)
	for dead := range w.store.readers {
		if dead != owner {
			delete(w.store.readers, dead)
		}
	}
	leases, err := w.store.Claim(ctx, owner, ids, time.Hour, nil)
	require.NoError(t, err)
	w.readers = map[string]*Reader{}
	for _, lease := range leases {
		w.readers[lease.Wallet] = &Reader{Lease: lease}
		w.due[lease.Wallet] = w.now
		require.NoError(t, (&Engine{Store: w.store}).Backfill(ctx, lease.Wallet, day))
	}
}

// call counts a call of a store or a gateway, and kills the process where that is due.
func (w *world) call(do func() error) error {
	if w.dead {
		return errCrash
	}
	w.calls++
	if w.calls != w.crashAt {
		return do()
	}
	w.dead = true
	if w.after {
		_ = do()
	}
	return errCrash
}

// dying is a store whose process may be killed around every call.
type dying struct {
	*memoryStore

	w     *world
	owner string
}

func (d *dying) Update(ctx context.Context, id string, change func(Tx) error) error {
	return d.w.call(func() error {
		err := d.memoryStore.Update(ctx, id, change)
		if err == nil && d.wallets[id].state.Owner != d.owner {
			d.w.breaches = append(d.w.breaches, d.owner+" stored a page of "+id+", which another reads")
		}
		return err
	})
}

func (d *dying) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	return d.w.call(func() error { return d.memoryStore.UpdateConsent(ctx, key, change) })
}

func (w *world) item(f *account, pending string) wallet.Item {
	f.serial++
	text := fmt.Sprintf(
		`{"id":"tx_%d","ts":"2026-05-28T09:14:02Z","type":"card_purchase","amount_minor":%d,"status":"%s"`,
		f.serial,
		w.random.IntN(9000)-5000,
		[]string{"settled", "pending", ""}[w.random.IntN(3)],
	)
	if pending != "" {
		text += `,"pending_id":"` + pending + `"`
	}
	event, err := wallet.DecodeEvent([]byte(text + "}"))
	if err != nil {
		panic(err)
	}
	return wallet.Item{Event: event}
}

// Exchange is the authorization server.
func (w *world) Exchange(_ context.Context, token string) (tokens consent.Tokens, err error) {
	err = w.call(func() error {
		fault := w.fault(12)
		if fault == 1 {
			return errors.New("503")
		}
		g := w.refresh[token]
		switch {
		case w.used[token] && !w.calm:
			w.breaches = append(w.breaches, "")
			return consent.ErrRefused
		case g == nil || g.revoked:
			return consent.ErrRefused
		}
		w.pair(g)
		tokens = consent.Tokens{Token: g.token, RefreshToken: g.refresh, Lifetime: 30 * time.Minute}
		return nil
	})
	return tokens, err
}

// fault draws a number below n; 0 once the world is calm.
func (w *world) fault(n int) int {
	if w.calm {
		return 0
	}
	return w.random.IntN(n)
}

// Page is the gateway.
func (w *world) Page(_ context.Context, access wallet.Access, params wallet.PageParams) (page *wallet.Page, err error) {
	err = w.call(func() error {
		page, err = w.answer(access, params)
		return err
	})
	if err != nil {
		return nil, err
	}
	switch w.fault(400) {
	case 1: // the process is paused while the page is on its way, and another takes over
		w.overtake(params.WalletID)
	case 2: // the holder ends the consent while the page is on its way, and another process hears of it
		w.revoke(access.ConsentID, params.WalletID)
	}
	return page, nil
}

// overtake has another process read a wallet. What comes to the one that was overtaken must not be stored.
func (w *world) overtake(id string) {
	w.overtook++
	w.start(w.t)
	for range 2 {
		_, _, _ = w.engine.Step(context.Background(), w.readers[id], false)
	}
}

// revoke ends a consent while a page is on its way: it must not be stored.
func (w *world) revoke(consentID, walletID string) {
	g := w.grants[walletID]
	if w.random.IntN(3) > 0 {
		return // else nearly every holder has left by the evening
	}
	w.revoked++
	g.revoked, g.answered = true, true
	other := &consent.Keeper{Store: w.store, Sealer: w.sealer, Now: func() time.Time { return w.now }}
	require.NoError(w.t, other.Revoke(context.Background(), consentID))
	w.endedAt[walletID] = w.store.wallets[walletID].state.Seq
}

func (w *world) answer(access wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	g, f := w.grants[params.WalletID], w.feeds[params.WalletID]
	fault := w.fault(60)
	switch {
	case access.ConsentID != g.id:
		return nil, wallet.ErrPage
	case g.revoked:
		if g.answered {
			w.breaches = append(w.breaches, "read after the end of "+g.id)
		}
		g.answered = true
		return nil, wallet.ErrConsentRevoked
	case access.Token != g.token || w.now.After(g.expires):
		return nil, wallet.ErrInvalidToken
	case fault == 1:
		return nil, errors.New("503")
	case fault == 2 && params.Cursor != "":
		return nil, wallet.ErrMutation
	case fault == 3 && params.Cursor != "":
		return nil, wallet.ErrInvalidCursor
	}
	log, prefix := f.log, "f"
	if params.From != (wallet.Date{}) {
		log, prefix = slices.Concat(f.history, f.log), "h"
	}
	at, known := f.place(params.Cursor, prefix)
	switch {
	case params.Cursor == "":
		at = 0
	case !known:
		return nil, wallet.ErrInvalidCursor
	case f.pagesChanged(params.Cursor, at):
		return nil, wallet.ErrMutation
	}
	end := min(len(log), at+params.Limit)
	if fault == 4 {
		end = min(end, at+1)
	}
	page := &wallet.Page{
		WalletID:   params.WalletID,
		Items:      slices.Clone(log[at:end]),
		NextCursor: f.cursor(prefix, end),
	}
	next := page.NextCursor
	switch {
	case fault == 5 && len(f.last) > 0 && prefix == "f" && f.lastEnd == at:
		page.Items, page.NextCursor = f.last, params.Cursor
	case fault == 6:
		page.NextCursor = ""
	case fault == 7:
		page.WalletID = "another"
	case fault == 8: // good, and of a page that was read long ago
		page.NextCursor = f.cursor(prefix, w.random.IntN(end+1))
	}
	nowhere := &f.nowhere[live]
	if prefix == "h" {
		nowhere = &f.nowhere[history]
	}
	// A page with items that leads nowhere four times in a row is taken for the end.
	if *nowhere++; page.NextCursor != "" && page.NextCursor != params.Cursor {
		*nowhere = 0
	} else if *nowhere > 3 {
		page.Items, page.NextCursor = slices.Clone(log[at:end]), next
	}
	if prefix == "h" {
		f.offered = append(f.offered, page.Items...)
	}
	if prefix == "f" {
		f.last, f.lastEnd = page.Items, end
	}
	return page, nil
}

// happen lets something happen at the gateway.
func (w *world) happen(id string) {
	f := w.feeds[id]
	switch n := w.random.IntN(40); {
	case w.chains && n >= 22 && len(f.log) > 0:
		w.chain(id, n)
	case n < 14:
		f.log = append(f.log, w.item(f, ""))
	case n < 16 && len(f.log) > 0:
		f.log = append(f.log, w.item(f, f.log[len(f.log)-1].ID))
	case n < 18 && len(f.log) > 0: // a new version, with the amount as it was
		versions := f.versions(f.log[w.random.IntN(len(f.log))].ID)
		f.version(versions[len(versions)-1], `"type":"`, `"type":"x`)
	case n == 18 && len(f.log) > 0:
		w.vanish(id)
	case n == 19 && w.random.IntN(20) == 0:
		w.grants[id].revoked = true
	case n == 20:
		w.grants[id].expires = w.now
	default:
		w.confuse(id, n)
	}
	if n := w.random.IntN(3); n == 0 {
		w.due[id] = w.now // a push, which may be early, late or of something that is there
	}
}

// chain has an item replace the latest or any other, also one that is replaced already, or vanish.
func (w *world) chain(id string, n int) {
	f := w.feeds[id]
	switch {
	case n < 30:
		f.log = append(f.log, w.item(f, f.log[len(f.log)-1].ID))
	case n < 36:
		w.vanish(id)
	default:
		f.log = append(f.log, w.item(f, f.log[w.random.IntN(len(f.log))].ID))
	}
}

// ledger is what must be stored.
func (f *account) ledger() map[string]string {
	current := map[string]string{}
	for _, item := range slices.Concat(f.history, f.log) {
		current[item.ID] = string(item.Raw)
	}
	for _, item := range slices.Concat(f.history, f.log) {
		delete(current, item.PendingID)
	}
	return current
}
