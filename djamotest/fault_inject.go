package djamotest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rule says when an injected fault strikes. Rules combine: each of them must agree.
type Rule func(*Injection) error

// OneShot lets a fault strike once.
func OneShot() Rule { return Times(1) }

// Times lets a fault strike n times; without it, it strikes until [Injection.Remove].
func Times(n int) Rule {
	return func(i *Injection) error {
		if n < 1 {
			return fmt.Errorf("Times(%d): want at least 1", n)
		}
		if i.left < 0 || n < i.left {
			i.left = n
		}
		return nil
	}
}

// After lets the first n requests that match pass unharmed.
func After(n int) Rule {
	return func(i *Injection) error {
		if n < 0 {
			return fmt.Errorf("After(%d): want 0 or more", n)
		}
		i.pass = max(i.pass, n)
		return nil
	}
}

// Probability lets a fault strike a matching request with probability p, between 0 and 1, by the server's seed.
func Probability(p float64) Rule { // a probability, nothing near an amount
	return func(i *Injection) error {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("Probability(%v): want between 0 and 1", p)
		}
		i.thresholds = append(i.thresholds, uint64(p*(1<<53))) // of 53 random bits; exact for every probability
		return nil
	}
}

// For limits a fault to so long from now on the server's clock.
func For(d time.Duration) Rule {
	return func(i *Injection) error {
		if d <= 0 {
			return fmt.Errorf("For(%s): want a duration above 0", d)
		}
		if i.window == 0 || int64(d) < i.window {
			i.window = int64(d)
		}
		return nil
	}
}

// On limits a fault to requests of one of the given scopes: a method, a path below the base path, or both. A * in the
// path stands for one segment, and ?reference asks for a query parameter:
//
//	On("POST")  On("/v1/charges/*/refund")  On("POST /v1/transactions")  On("GET /v1/transactions?reference")
//
// For a webhook fault the scope is a topic: On("transactions/completed"). A scope in which the fault could never strike,
// such as a path that no call has, is misuse.
func On(scopes ...string) Rule {
	return func(i *Injection) error {
		if len(scopes) == 0 {
			return fmt.Errorf("On(): name at least one scope, such as %q", "POST /v1/transactions")
		}
		var either []scope
		for _, text := range scopes {
			s, err := parseScope(text)
			if err == nil {
				err = i.api.checkScope(s, i.fault)
			}
			if err != nil {
				return err
			}
			either = append(either, s)
		}
		i.scopes = append(i.scopes, either)
		return i.api.checkTogether(i.scopes)
	}
}

// Injection is a fault at work.
type Injection struct {
	api        *API
	number     int64
	fault      Fault
	scopes     [][]scope // one of each must match
	left       int       // -1: without end
	pass       int
	thresholds []uint64 // the dice must fall below each
	window     int64
	until      int64
	fired      int
}

// Fired is how often the fault has struck.
func (i *Injection) Fired() int {
	i.api.faults.mu.Lock()
	defer i.api.faults.mu.Unlock()
	return i.fired
}

// Remove ends the fault. Removing twice is harmless.
func (i *Injection) Remove() {
	i.api.faults.mu.Lock()
	defer i.api.faults.mu.Unlock()
	i.api.changes.bump()
	i.api.faults.active = slices.DeleteFunc(i.api.faults.active, func(other *Injection) bool { return other == i })
}

// faultBox holds the injected faults.
type faultBox struct {
	mu     sync.Mutex
	active []*Injection

	injected int64
	rng      *rand.Rand
	// webhooks have dice of their own: when they are due depends on time, and what requests meet must not.
	webhooks *rand.Rand
}

// Inject makes a fault strike requests (or webhooks) from now on, as its rules say; without rules it strikes every one.
// Where several injections agree, those that delay or blur add up, and of those that replace the answer the first one
// injected strikes. An invalid fault or rule is misuse.
func (a *API) Inject(fault Fault, rules ...Rule) (*Injection, error) {
	t := a.test.tb()
	t.Helper()
	i := &Injection{api: a, fault: fault, left: -1, until: math.MaxInt64}
	if complaint := fault.complaint(); complaint != "" {
		return i, misuse(t, "Inject: %s", complaint)
	}
	if a.remote && fault.choice == nil && fault.phase == atDial {
		return i, misuse(t, "Inject: a server cannot refuse a connection it has accepted; call the server's Refuse and Resume, "+
			"or inject this into an API without a network, made by New")
	}
	for _, rule := range rules {
		if rule == nil {
			return i, misuse(t, "Inject: a rule must not be nil; leave it out, or use one such as OneShot()")
		}
		if err := rule(i); err != nil {
			return i, misuse(t, "Inject: %w", err)
		}
	}
	a.mu.Lock()
	now := a.clock.now()
	a.mu.Unlock()
	if i.window > 0 {
		i.until = later(now, time.Duration(i.window))
	}
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	a.faults.injected++
	i.number = a.faults.injected
	a.faults.active = append(a.faults.active, i)
	a.changes.bump()
	return i, nil
}

// ClearFaults removes every injected fault.
func (a *API) ClearFaults() {
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	a.faults.active = nil
	a.changes.bump()
}

// plan is what was injected into one request.
type plan struct {
	late, lag, pace     time.Duration
	dial, before, after *Fault
	names               []string
}

// strike is an injection that has decided to strike as one particular fault.
type strike struct {
	by    *Injection
	fault Fault
}

// decide rolls the dice of every injection that concerns something, in the order of injection.
func (b *faultBox) decide(now int64, rng *rand.Rand, matches func(scope) bool, candidates func(Fault) []Fault) []strike {
	var out []strike
	for _, i := range b.active {
		if i.left == 0 || now >= i.until {
			continue
		}
		among := candidates(i.fault)
		elsewhere := func(either []scope) bool { return !slices.ContainsFunc(either, matches) }
		if len(among) == 0 || slices.ContainsFunc(i.scopes, elsewhere) {
			continue
		}
		if i.pass > 0 {
			i.pass--
			continue
		}
		if slices.ContainsFunc(i.thresholds, func(threshold uint64) bool { return rng.Uint64()>>11 >= threshold }) {
			continue
		}
		fault := among[0]
		if len(among) > 1 {
			fault = among[rng.IntN(len(among))]
		}
		out = append(out, strike{i, fault})
	}
	return out
}

// fire counts a strike that really happens.
func (s strike) fire() string {
	s.by.fired++
	if s.by.left > 0 {
		s.by.left--
	}
	return s.fault.name
}

// planFor decides what becomes of a request. dial says whether it comes through Transport, where a connection can still
// be refused.
func (a *API) planFor(r *http.Request, now int64, dial bool) plan {
	b := &a.faults
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.active) == 0 {
		return plan{}
	}
	below := strings.TrimPrefix(r.URL.Path, a.cfg.basePath)
	query := r.URL.Query()
	strikes := b.decide(now, b.rng,
		func(s scope) bool { return s.matches(r.Method, below, query.Has) },
		func(f Fault) []Fault {
			return f.candidates(func(p phase) bool {
				switch p {
				case atDial:
					return dial
				case lookup:
					return r.Method == http.MethodGet && (below == "/v1/transactions" || below == "/v1/charges")
				}
				return p != onWebhook
			})
		})
	var p plan
	for _, s := range strikes { // first come those after which nothing else can happen
		if p.before != nil || p.dial != nil {
			break
		}
		switch s.fault.phase {
		case atDial:
			p.dial = &s.fault
			p.names = append(p.names, s.fire())
		case before:
			p.before = &s.fault
			p.names = append(p.names, s.fire())
		}
	}
	for _, s := range strikes {
		p.add(s)
	}
	return p
}

// sum adds durations; what is too long is endless.
func sum(a, b time.Duration) time.Duration { return time.Duration(later(int64(a), b)) }

// add lets a fault strike that leaves the answer to others, or spoils it.
func (p *plan) add(s strike) {
	processed := p.dial == nil && p.before == nil
	switch {
	case s.fault.phase == late && p.dial == nil:
		p.late = sum(p.late, s.fault.delay)
	case s.fault.phase == pace && p.dial == nil:
		p.pace = sum(p.pace, s.fault.delay)
	case !processed:
		return
	case s.fault.phase == lookup:
		p.lag = max(p.lag, s.fault.delay)
	case s.fault.phase == after && p.after == nil:
		p.after = &s.fault
	default:
		return
	}
	p.names = append(p.names, s.fire())
}

// planWebhook returns the faults injected into a webhook that is about to be sent.
func (a *API) planWebhook(topic string, now int64) map[string]bool {
	b := &a.faults
	b.mu.Lock()
	defer b.mu.Unlock()
	struck := make(map[string]bool)
	for _, s := range b.decide(now, b.webhooks,
		func(s scope) bool { return s.matches("", topic, func(string) bool { return false }) },
		func(f Fault) []Fault { return f.candidates(func(p phase) bool { return p == onWebhook }) }) {
		struck[s.fire()] = true
	}
	return struck
}
