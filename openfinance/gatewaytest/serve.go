package gatewaytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ServeHTTP answers reads and token requests.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		g.token(w, r)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/v1/djamo/wallets/")
	id, what, _ := strings.Cut(rest, "/")
	if !ok || r.Method != http.MethodGet {
		answer(w, http.StatusNotFound, map[string]any{"code": "not_found"})
		return
	}
	g.mu.Lock()
	g.inFlight[id]++
	if g.wallets[id] != nil { // whatever else is asked for leaves nothing behind
		g.most[id] = max(g.most[id], g.inFlight[id])
	}
	delay := g.options.Delay
	g.mu.Unlock()
	if delay > 0 {
		select {
		case <-r.Context().Done():
		case <-time.After(delay):
		}
	}
	query := r.URL.Query()
	seen := Request{
		At: g.options.Now(), Wallet: short(id), Cursor: short(query.Get("since_cursor")), From: short(query.Get("from")),
	}
	g.read(w, r, id, what, &seen)
	g.mu.Lock()
	if g.inFlight[id]--; g.inFlight[id] == 0 {
		delete(g.inFlight, id)
	}
	g.requests.add(seen)
	g.mu.Unlock()
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // what is missing the client notices
}

// refusal is an answer that is no success.
type refusal struct {
	status int
	code   string
}

// allowed checks the consent and returns it.
func (g *Gateway) allowed(r *http.Request, wallet string) (*grant, *refusal) {
	c := g.consents[r.Header.Get("X-Consent-Id")]
	switch {
	case c == nil:
		return nil, &refusal{http.StatusForbidden, "consent_unknown"}
	case c.revoked || c.expired:
		if c.seenDead {
			g.breaches++
		}
		c.seenDead = true
		if c.revoked {
			return nil, &refusal{http.StatusForbidden, "consent_revoked"}
		}
		return nil, &refusal{http.StatusForbidden, "consent_expired"}
	case g.tokens[bearer(r)] != c || c.token != bearer(r) || g.options.Now().After(c.expires):
		return nil, &refusal{http.StatusUnauthorized, "invalid_token"}
	case !slices.Contains(c.wallets, wallet):
		return nil, &refusal{http.StatusForbidden, "wallet_not_in_consent"}
	}
	return c, nil
}

func (g *Gateway) read(w http.ResponseWriter, r *http.Request, id, what string, seen *Request) {
	fail := func(status int, code string) {
		seen.Status = status
		answer(w, status, map[string]any{"code": code, "message": "the gateway says no"})
	}
	g.mu.Lock()
	fault := g.strike(id, seen)
	if fault != nil && g.refuse(w, r, fault, seen) { // unlocks
		return
	}
	consent, no := g.allowed(r, id)
	a := g.wallets[id]
	switch {
	case no != nil:
		g.mu.Unlock()
		fail(no.status, no.code)
		return
	case a == nil:
		g.mu.Unlock()
		fail(http.StatusNotFound, "wallet_unknown")
		return
	case what != "transactions":
		body := a.domain(what)
		g.mu.Unlock()
		if body == nil {
			fail(http.StatusNotFound, "not_found")
			return
		}
		seen.Status = http.StatusOK
		answer(w, http.StatusOK, body)
		return
	}
	page, err := a.page(r, g.options.MaxPage, fault)
	if err != nil {
		g.mu.Unlock()
		fail(http.StatusGone, err.Error())
		return
	}
	cut := fault != nil && fault.Kind == RevokeInPage
	if cut {
		consent.revoked, consent.seenDead = true, false
	}
	g.mu.Unlock()
	seen.Status = http.StatusOK
	if items, ok := page["items"].([]map[string]any); ok {
		seen.Items = len(items)
	}
	if cut {
		text, _ := json.Marshal(page) //nolint:errchkjson // as above
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write(text[:len(text)/2])
		return
	}
	answer(w, http.StatusOK, page)
}

// page answers the transactions feed.
func (a *account) page(r *http.Request, most int, fault *Fault) (map[string]any, error) {
	query := r.URL.Query()
	at, err := parseCursor(query.Get("since_cursor"))
	from := query.Get("from")
	if err != nil || query.Get("since_cursor") != "" && (at.Generation != a.generation || at.From != from) {
		return nil, errCursor
	}
	entries := a.entries(from)
	if at.At < 0 || at.At > len(entries) {
		return nil, errCursor
	}
	end := min(len(entries), at.At+limitOf(r, most))
	if fault != nil && fault.Kind == ShortPage {
		end = min(end, at.At+1)
	}
	batch := entries[at.At:end]
	next := cursor{Generation: a.generation, At: end, From: from}.String()
	if fault != nil && fault.Kind == RepeatPage && len(a.last) > 0 {
		batch, next = a.last, query.Get("since_cursor")
	}
	a.last = batch
	items := make([]map[string]any, 0, len(batch))
	for _, e := range batch {
		items = append(items, maps.Clone(e.body))
	}
	page := map[string]any{"wallet_id": a.id, "currency": a.currency, "balance_minor": a.sum(), "items": items, "next_cursor": next}
	if fault != nil {
		fault.lie(page, items)
	}
	return page, nil
}

// domain answers the other reads.
func (a *account) domain(what string) map[string]any {
	switch what {
	case "balance":
		return map[string]any{"wallet_id": a.id, "currency": a.currency, "balance_minor": a.sum()}
	case "coffres":
		items := []map[string]any{}
		for _, id := range slices.Sorted(maps.Keys(a.coffres)) {
			items = append(items, map[string]any{
				"id": id, "name": "Goal", "balance_minor": a.coffres[id], "goal_minor": 500000, "schedule": "weekly",
				"last_sweep": "2026-05-28T09:02:14Z",
			})
		}
		return map[string]any{"wallet_id": a.id, "items": items}
	case "cards":
		return map[string]any{
			"wallet_id": a.id,
			"items":     []map[string]any{{"id": "card_1", "scheme": "visa", "masked_number": "****4242", "status": "active"}},
		}
	case "profile":
		return map[string]any{"name": "Awa Example", "verification_status": "verified", "document_refs": []string{"doc_ref_1"}}
	}
	return nil
}
