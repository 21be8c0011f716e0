package gatewaytest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Wallet is a wallet at a glance.
type Wallet struct {
	ID, Currency string
	Balance      int64
	Items        int // in the feed, each version of an item
	History      int // before the feed
}

// Item is one entry of a wallet's feed, as a page shows it.
type Item struct {
	Number int // 1 is the oldest of the feed
	ID     string
	Amount int64
	Body   map[string]any
}

// ConsentState is how a consent stands. It holds no token.
type ConsentState struct {
	ID           string
	Wallets      []string
	State        string    // active, expired or revoked
	TokenExpires time.Time // the access token's
}

// Now is the time on the gateway's clock.
func (g *Gateway) Now() time.Time { return g.options.Now() }

// Wallets lists all wallets by id.
func (g *Gateway) Wallets() []Wallet {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]Wallet, 0, len(g.wallets))
	for _, id := range slices.Sorted(maps.Keys(g.wallets)) {
		a := g.wallets[id]
		out = append(out, Wallet{ID: id, Currency: a.currency, Balance: a.sum(), Items: len(a.posted), History: len(a.history)})
	}
	return out
}

// Feed lists entries of a wallet's feed, newest first: those with a number below before, which is 0 for the newest, at most
// limit. The bodies are copies.
func (g *Gateway) Feed(wallet string, before, limit int) (items []Item, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.wallets[wallet]
	if !ok {
		return nil, false
	}
	end := len(a.posted)
	if before > 0 {
		end = min(end, before-1)
	}
	for i := end - 1; i >= 0 && len(items) < limit; i-- {
		e := a.posted[i]
		items = append(items, Item{Number: i + 1, ID: e.id, Amount: amountOf(e.body), Body: maps.Clone(e.body)})
	}
	return items, true
}

// Consents lists all consents by id.
func (g *Gateway) Consents() []ConsentState {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]ConsentState, 0, len(g.consents))
	for _, c := range g.consents {
		state := ConsentState{ID: c.id, Wallets: slices.Clone(c.wallets), State: "active", TokenExpires: c.expires}
		switch {
		case c.revoked:
			state.State = "revoked"
		case c.expired:
			state.State = "expired"
		}
		out = append(out, state)
	}
	slices.SortFunc(out, func(x, y ConsentState) int { return cmp.Compare(x.ID, y.ID) })
	return out
}

// Tokens are the present tokens of a consent, for whoever plays its holder.
func (g *Gateway) Tokens(id string) (Consent, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.consents[id]
	if !ok {
		return Consent{}, false
	}
	given := Consent{ID: id, Token: c.token}
	for refresh, of := range g.refresh {
		if of == c {
			given.RefreshToken = refresh
		}
	}
	return given, true
}

// Faults lists the faults that can still strike, oldest first.
func (g *Gateway) Faults() []Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]Fault, 0, len(g.faults))
	for _, fault := range g.faults {
		out = append(out, *fault)
	}
	return out
}

// Clear takes everything away: wallets, consents, faults, requests.
func (g *Gateway) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wallets, g.consents = map[string]*account{}, map[string]*grant{}
	g.tokens, g.refresh, g.used = map[string]*grant{}, map[string]*grant{}, newRecent[*grant](g.options.History)
	g.faults, g.requests = nil, history[Request]{limit: g.options.History}
}
