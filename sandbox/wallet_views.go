package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

type walletView struct {
	ID       string `json:"id"`
	Currency string `json:"currency"`
	Balance  int64  `json:"balance"`
	Items    int    `json:"items"`
	History  int    `json:"history"`
}

func walletViewOf(w gatewaytest.Wallet) walletView {
	return walletView{w.ID, w.Currency, w.Balance, w.Items, w.History}
}

// itemView is an entry of a wallet's feed; Item is what the gateway answers.
type itemView struct {
	Number int            `json:"number"`
	ID     string         `json:"id"`
	Amount int64          `json:"amount"`
	Item   map[string]any `json:"item"`
}

func itemViewOf(i gatewaytest.Item) itemView { return itemView{i.Number, i.ID, i.Amount, i.Body} }

// Text is a field of the entry, empty where it has none.
func (v itemView) Text(field string) string {
	text, _ := v.Item[field].(string)
	return text
}

// consentView has tokens only when it is asked for by its id.
type consentView struct {
	ID           string    `json:"id"`
	Wallets      []string  `json:"wallets"`
	State        string    `json:"state"`
	TokenExpires time.Time `json:"tokenExpires"`
	Token        string    `json:"token,omitempty"`
	RefreshToken string    `json:"refreshToken,omitempty"`
}

func consentViewOf(c gatewaytest.ConsentState) consentView {
	return consentView{ID: c.ID, Wallets: c.Wallets, State: c.State, TokenExpires: c.TokenExpires}
}

type walletFaultView struct {
	Kind   string `json:"kind"`
	Wallet string `json:"wallet,omitempty"`
	After  int    `json:"after"`
	Left   int    `json:"left"`
}

// listWhole is everything there is of something that is never much.
func listWhole[S, T any](all []S, view func(S) T) listView[T] {
	out := listView[T]{Total: int64(len(all)), Items: make([]T, len(all))}
	for i, item := range all {
		out.Items[i] = view(item)
	}
	return out
}

func (ws *wallets) list() listView[walletView] { return listWhole(ws.gateway.Wallets(), walletViewOf) }

func (ws *wallets) consents() listView[consentView] {
	return listWhole(ws.gateway.Consents(), consentViewOf)
}

func (ws *wallets) faults() listView[walletFaultView] {
	return listWhole(ws.gateway.Faults(), func(f gatewaytest.Fault) walletFaultView {
		return walletFaultView{strings.ReplaceAll(string(f.Kind), " ", "-"), f.Wallet, f.After, f.Count}
	})
}

// itemList is a page of a wallet's entries, newest first.
func (ws *wallets) itemList(r *http.Request) (walletView, listView[itemView], error) {
	id := r.PathValue("id")
	p, err := pageOf(r)
	if err != nil {
		return walletView{}, listView[itemView]{}, err
	}
	w, found := ws.wallet(id)
	items, ok := ws.gateway.Feed(id, int(min(p.Before, 1<<31-1)), p.Limit+1)
	if !found || !ok {
		return walletView{}, listView[itemView]{}, missing("problem.wallet", id)
	}
	more := len(items) > p.Limit
	out := listWhole(items[:min(len(items), p.Limit)], itemViewOf)
	out.Total, out.More = int64(w.Items), more
	return walletViewOf(w), out, nil
}

// walletReads are what programs may ask of wallets.
func (s *Sandbox) walletReads() map[string]read {
	reads := map[string]read{
		"wallets": func(*http.Request, bool) (any, error) { return s.wallets.list(), nil },
		"wallets/{id}": func(r *http.Request, _ bool) (any, error) {
			_, items, err := s.wallets.itemList(r)
			return items, err
		},
		"consents": func(*http.Request, bool) (any, error) { return s.wallets.consents(), nil },
		"consents/{id}": func(r *http.Request, _ bool) (any, error) {
			c, ok := s.wallets.consent(r.PathValue("id"))
			if !ok {
				return nil, missing("problem.consent", r.PathValue("id"))
			}
			return c, nil
		},
		"wallet-faults": func(*http.Request, bool) (any, error) { return s.wallets.faults(), nil },
	}
	for path, ask := range reads {
		reads[path] = func(r *http.Request, reveal bool) (any, error) {
			if s.wallets == nil {
				return nil, missing("problem.wallets")
			}
			return ask(r, reveal)
		}
	}
	return reads
}

type walletsPage struct {
	Wallets  listView[walletView]
	Consents listView[consentView]
	Faults   listView[walletFaultView]
	Kinds    []string
}

type walletPage struct {
	Wallet   walletView
	List     list[itemView]
	Consents []consentView
}

type consentPage struct {
	Consent consentView
	API     string
}

// walletPages are what browsers can look at, where there are wallets.
func (s *Sandbox) walletPages(view func(pattern, name string, data func(r *http.Request) (any, error))) {
	if s.wallets == nil {
		return
	}
	view("/wallets", "wallets", func(*http.Request) (any, error) {
		return walletsPage{s.wallets.list(), s.wallets.consents(), s.wallets.faults(), walletFaults()}, nil
	})
	view("/wallets/{id}", "wallet", func(r *http.Request) (any, error) {
		w, items, err := s.wallets.itemList(r)
		page := walletPage{Wallet: w, List: list[itemView]{
			Items: items.Items, Total: items.Total, Newest: r.URL.Query().Get("before") == "",
		}}
		if items.More {
			page.List.Older = "?before=" + strconv.Itoa(items.Items[len(items.Items)-1].Number)
		}
		for _, c := range s.wallets.consents().Items {
			if len(c.Wallets) == 1 && c.Wallets[0] == w.ID {
				page.Consents = append(page.Consents, c)
			}
		}
		return page, err
	})
	view("/consents/{id}", "consent", func(r *http.Request) (any, error) {
		c, ok := s.wallets.consent(r.PathValue("id"))
		if !ok {
			return nil, missing("problem.consent", r.PathValue("id"))
		}
		return consentPage{c, s.address()}, nil
	})
}
