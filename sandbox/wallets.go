package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

// wallets are those of a fake gateway. Actions come one at a time, so that none finds gone what it has just looked up.
type wallets struct {
	gateway *gatewaytest.Gateway
	actions sync.Mutex

	mu      sync.Mutex
	count   int64         // of changes
	changed chan struct{} // closed by the next one
}

func newWallets(gateway *gatewaytest.Gateway) *wallets {
	return &wallets{gateway: gateway, changed: make(chan struct{})}
}

// before answers what is asked of the gateway, and leaves the rest to next.
func (ws *wallets) before(next http.Handler) http.Handler {
	if ws == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/oauth/token" && !strings.HasPrefix(r.URL.Path, "/v1/djamo/") {
			next.ServeHTTP(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		defer ws.note()
		ws.gateway.ServeHTTP(w, r)
	})
}

// note says that something changed.
func (ws *wallets) note() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.count++
	close(ws.changed)
	ws.changed = make(chan struct{})
}

// changes is how many there were, and what is closed by the next one: never, where there are no wallets.
func (ws *wallets) changes() (int64, <-chan struct{}) {
	if ws == nil {
		return 0, nil
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.count, ws.changed
}

func (ws *wallets) wallet(id string) (gatewaytest.Wallet, bool) {
	all := ws.gateway.Wallets()
	at := slices.IndexFunc(all, func(w gatewaytest.Wallet) bool { return w.ID == id })
	if at < 0 {
		return gatewaytest.Wallet{}, false
	}
	return all[at], true
}

func (ws *wallets) consent(id string) (consentView, bool) {
	for _, c := range ws.gateway.Consents() {
		if c.ID != id {
			continue
		}
		tokens, ok := ws.gateway.Tokens(id)
		v := consentViewOf(c)
		v.Token, v.RefreshToken = tokens.Token, tokens.RefreshToken
		return v, ok
	}
	return consentView{}, false
}

// walletName is what a wallet may be called: its name is part of addresses.
var walletName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`) })

const maxMovement int64 = 1_000_000_000_000 // so that no number of them overflows a balance

// walletFaults are the faults of the gateway by the name that an action gives them.
func walletFaults() []string {
	var names []string
	for _, kind := range walletFaultKinds() {
		names = append(names, strings.ReplaceAll(string(kind), " ", "-"))
	}
	return names
}

// walletFaultKinds leaves out Drift, which needs a function.
func walletFaultKinds() []gatewaytest.FaultKind {
	return []gatewaytest.FaultKind{
		gatewaytest.CursorLost, gatewaytest.CursorMismatch, gatewaytest.Mutation, gatewaytest.RepeatPage, gatewaytest.ShortPage,
		gatewaytest.EmptyCursor, gatewaytest.OtherWallet, gatewaytest.OtherCurrency, gatewaytest.Fraction, gatewaytest.RevokeInPage,
		gatewaytest.RateLimit, gatewaytest.ServerError, gatewaytest.Firewall, gatewaytest.Hang, gatewaytest.Reset, gatewaytest.LostReply,
		gatewaytest.TokenError,
	}
}

// onWallets is an action that needs wallets, and tells pages of what it did.
func onWallets(run func(ws *wallets, in input) (any, error)) func(*Sandbox, input) (any, error) {
	return func(s *Sandbox, in input) (any, error) {
		if s.wallets == nil {
			return nil, missing("problem.wallets")
		}
		s.wallets.actions.Lock()
		defer s.wallets.actions.Unlock()
		defer s.wallets.note()
		return run(s.wallets, in)
	}
}

// walletActions steer the gateway.
func walletActions() []action {
	return []action{
		{"wallets/add", "done.wallet", []string{"id", "opening", "days"}, onWallets(addWallet)},
		{"wallets/{id}/transaction", "done.movement", []string{"amount", "type", "rail", "merchant", "status"}, onWallets(addMovement)},
		{"wallets/{id}/consent", "done.consent", nil, onWallets(func(ws *wallets, in input) (any, error) {
			if _, ok := ws.wallet(in.id); !ok {
				return nil, missing("problem.wallet", in.id)
			}
			v, _ := ws.consent(ws.gateway.Issue(in.id).ID)
			return v, nil
		})},
		{"consents/{id}/revoke", "done.consent.changed", nil, onConsent((*gatewaytest.Gateway).Revoke)},
		{"consents/{id}/expire", "done.consent.changed", nil, onConsent((*gatewaytest.Gateway).Expire)},
		{"consents/{id}/expire-token", "done.consent.changed", nil, onConsent((*gatewaytest.Gateway).ExpireToken)},
		{"consents/{id}/reissue", "done.consent.changed", nil, onConsent(func(g *gatewaytest.Gateway, id string) { g.Reissue(id) })},
		{"wallet-faults/add", "done.fault", []string{"kind", "wallet", "times", "after", "retryAfter"}, onWallets(addWalletFault)},
		{"wallet-faults/clear", "done.cleared", nil, onWallets(func(ws *wallets, _ input) (any, error) {
			ws.gateway.ClearFaults()
			return done{true}, nil
		})},
	}
}

func onConsent(do func(g *gatewaytest.Gateway, id string)) func(*Sandbox, input) (any, error) {
	return onWallets(func(ws *wallets, in input) (any, error) {
		if _, ok := ws.consent(in.id); !ok {
			return nil, missing("problem.consent", in.id)
		}
		do(ws.gateway, in.id)
		v, _ := ws.consent(in.id)
		return v, nil
	})
}

func addWallet(ws *wallets, in input) (any, error) {
	id := in.str("id")
	if !walletName().MatchString(id) {
		return nil, wrong("problem.wallet.name", id)
	}
	opening, _, err := in.integer("opening", 0, maxFrancs)
	if err != nil {
		return nil, err
	}
	days, _, err := in.integer("days", 0, 366)
	if err != nil {
		return nil, err
	}
	if _, ok := ws.wallet(id); ok {
		return nil, &problem{http.StatusConflict, "problem.wallet.taken", []any{id}}
	}
	ws.gateway.AddWallet(id, opening)
	if days > 0 {
		ws.gateway.Live(id, ws.gateway.Now().UTC().AddDate(0, 0, -int(days)), int(days), false)
	}
	w, _ := ws.wallet(id)
	return walletViewOf(w), nil
}

func addMovement(ws *wallets, in input) (any, error) {
	if _, ok := ws.wallet(in.id); !ok {
		return nil, missing("problem.wallet", in.id)
	}
	amount, given, err := in.integer("amount", -maxMovement, maxMovement)
	if err != nil || amount == 0 || !given {
		return nil, wrong("problem.integer", "amount", in.str("amount"), -maxMovement, maxMovement)
	}
	body := map[string]any{"type": "mobile_money_in", "amount_minor": amount, "status": "settled"}
	if amount < 0 {
		body["type"] = "mobile_money_out"
	}
	for _, name := range []string{"type", "rail", "merchant", "status"} {
		if text := in.str(name); text != "" {
			body[name] = text
		}
	}
	ws.gateway.Add(in.id, body)
	items, _ := ws.gateway.Feed(in.id, 0, 1)
	return itemViewOf(items[0]), nil
}

func addWalletFault(ws *wallets, in input) (any, error) {
	at := slices.Index(walletFaults(), in.str("kind"))
	if at < 0 {
		return nil, wrong("problem.kind", in.str("kind"), strings.Join(walletFaults(), ", "))
	}
	fault := gatewaytest.Fault{Kind: walletFaultKinds()[at], Wallet: in.str("wallet")}
	if fault.Wallet != "" {
		if _, ok := ws.wallet(fault.Wallet); !ok {
			return nil, missing("problem.wallet", fault.Wallet)
		}
	}
	times, _, err := in.integer("times", 1, 1_000_000)
	if err != nil {
		return nil, err
	}
	after, _, err := in.integer("after", 0, 1_000_000)
	if err != nil {
		return nil, err
	}
	wait, given, err := in.duration("retryAfter")
	if err != nil {
		return nil, err
	}
	if !given {
		wait = 5 * time.Second
	}
	fault.Count, fault.After, fault.RetryAfter = int(times), int(after), wait
	ws.gateway.Inject(fault)
	return done{true}, nil
}
