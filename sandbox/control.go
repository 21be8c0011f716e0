package sandbox

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

// controlRoutes is everything the control answers.
func (s *Sandbox) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ready"})
	})
	mux.HandleFunc("GET /assets/{name}", asset)
	mux.Handle("POST /login", sameOrigin(http.HandlerFunc(s.signIn)))
	mux.HandleFunc("GET /pay/{id}", s.checkout)
	mux.Handle("POST /pay/{id}", sameOrigin(http.HandlerFunc(s.checkOut)))
	mux.Handle("POST /preferences", sameOrigin(http.HandlerFunc(s.prefer)))

	programs := http.NewServeMux()
	for path, read := range s.reads() {
		programs.Handle("GET /control/"+path, reading(read))
	}
	programs.HandleFunc("GET /control/ledger.csv", s.ledgerCSV)
	programs.HandleFunc("GET /control/snapshot", s.saveSnapshot)
	programs.HandleFunc("POST /control/snapshot", s.loadSnapshot)
	browsers := http.NewServeMux()
	s.pageRoutes(browsers)
	for _, a := range actions() {
		programs.Handle("POST /control/"+a.path, s.program(a))
		browsers.Handle("POST /"+a.path, sameOrigin(s.form(a)))
	}
	programs.HandleFunc("/control/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, &problem{http.StatusNotFound, "problem.call", []any{r.Method, r.URL.Path}})
	})
	mux.Handle("/control/", s.bearer(programs))
	mux.Handle("/", s.signedIn(browsers))
	return mux
}

// read is a question of a program's. It may look at the request's query and path.
type read func(r *http.Request, reveal bool) (any, error)

func reading(read read) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := read(r, r.URL.Query().Get("reveal") == "true")
		if err != nil {
			writeProblem(w, r, problemOf(err))
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

func (s *Sandbox) reads() map[string]read {
	reads := map[string]read{
		"state":   func(*http.Request, bool) (any, error) { return s.stateView(), nil },
		"clock":   func(*http.Request, bool) (any, error) { return s.clockView(), nil },
		"changes": func(r *http.Request, _ bool) (any, error) { return s.awaitChange(r) },
		"transfers": func(r *http.Request, reveal bool) (any, error) {
			p, err := pageOf(r)
			if err != nil {
				return nil, err
			}
			view := func(t djamotest.Transaction) transferView { return s.transferView(t, reveal) }
			return listOf(s.transfers(r, p), view), nil
		},
		"transfers/{id}": func(r *http.Request, reveal bool) (any, error) {
			found := s.api.FindTransfers(r.PathValue("id"))
			if len(found) == 0 {
				return nil, missing("problem.transfer", r.PathValue("id"))
			}
			return s.transferView(found[len(found)-1], reveal), nil
		},
		"charges": func(r *http.Request, reveal bool) (any, error) {
			p, err := pageOf(r)
			view := func(c djamotest.Charge) chargeView { return chargeViewOf(c, reveal) }
			return listOf(s.api.ChargePage(p, r.URL.Query().Get("status")), view), err
		},
		"charges/{id}": func(r *http.Request, reveal bool) (any, error) {
			ch, ok := s.api.FindCharge(r.PathValue("id"))
			if !ok {
				return nil, missing("problem.charge", r.PathValue("id"))
			}
			return chargeViewOf(ch, reveal), nil
		},
		"ledger": func(r *http.Request, reveal bool) (any, error) {
			p, err := pageOf(r)
			return listOf(s.api.LedgerPage(p), func(e djamotest.LedgerEntry) entryView { return entryViewOf(e, reveal) }), err
		},
		"requests": func(r *http.Request, reveal bool) (any, error) {
			p, err := pageOf(r)
			return listOf(s.api.RequestPage(p), func(q djamotest.Request) requestView { return requestViewOf(q, reveal) }), err
		},
		"requests/{id}": func(r *http.Request, reveal bool) (any, error) {
			q, caused, err := s.request(r)
			v := requestViewOf(q, reveal)
			for _, e := range caused {
				v.Ledger = append(v.Ledger, entryViewOf(e, reveal))
			}
			return v, err
		},
		"webhooks": func(r *http.Request, reveal bool) (any, error) {
			p, err := pageOf(r)
			view := func(d djamotest.WebhookDelivery) deliveryView { return s.deliveryView(d, reveal) }
			return listOf(s.api.DeliveryPage(p), view), err
		},
		"webhooks/{id}": func(r *http.Request, reveal bool) (any, error) {
			d, ok := s.api.FindDelivery(r.PathValue("id"))
			if !ok {
				return nil, missing("problem.webhook", r.PathValue("id"))
			}
			return s.deliveryView(d, reveal), nil
		},
		"webhook-endpoints": func(*http.Request, bool) (any, error) { return s.endpointsView(), nil },
		"faults":            func(*http.Request, bool) (any, error) { return s.faultsView(), nil },
		"customers":         func(_ *http.Request, reveal bool) (any, error) { return s.customersView(reveal), nil },
	}
	maps.Copy(reads, s.walletReads())
	return reads
}

func (s *Sandbox) endpointsView() listView[endpointView] {
	all := s.api.WebhookEndpoints()
	out := listView[endpointView]{Total: int64(len(all)), Items: []endpointView{}}
	for _, e := range all {
		out.Items = append(out.Items, endpointView{e.ID, e.Topic, e.URL, e.CreatedAt})
	}
	return out
}

func (s *Sandbox) faultsView() listView[faultView] {
	all := s.api.Faults()
	out := listView[faultView]{Total: int64(len(all)), Items: []faultView{}}
	for _, f := range all {
		out.Items = append(out.Items, faultViewOf(all, f.ID))
	}
	return out
}

// transfers is the page that a request asks for, or those of one name.
func (s *Sandbox) transfers(r *http.Request, p djamotest.Page) djamotest.Listing[djamotest.Transaction] {
	name := r.URL.Query().Get("name")
	if name == "" {
		return s.api.TransferPage(p, r.URL.Query().Get("status"))
	}
	found := s.api.FindTransfers(name)
	l := djamotest.Listing[djamotest.Transaction]{Items: []djamotest.Transaction{}, Total: int64(len(found))}
	for i := len(found) - 1; i >= 0 && len(l.Items) < 1000; i-- {
		l.Items = append(l.Items, found[i])
	}
	return l
}

func (s *Sandbox) request(r *http.Request) (djamotest.Request, []djamotest.LedgerEntry, error) {
	number, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err == nil {
		if q, caused, ok := s.api.FindRequest(number); ok {
			return q, caused, nil
		}
	}
	return djamotest.Request{}, nil, missing("problem.request", r.PathValue("id"))
}

// pageOf reads before, after and limit.
func pageOf(r *http.Request) (djamotest.Page, error) {
	p := djamotest.Page{Limit: 50}
	for name, set := range map[string]func(int64){
		"before": func(n int64) { p.Before = n },
		"after":  func(n int64) { p.After = n },
		"limit":  func(n int64) { p.Limit = int(min(n, 1000)) },
	} {
		value := r.URL.Query().Get(name)
		if value == "" {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 63)
		if err != nil || n < 0 || (name == "limit" && n < 1) {
			return p, wrong("problem.integer", name, value, 0, int64(maxFrancs))
		}
		set(n)
	}
	return p, nil
}

// awaitChange answers as soon as the count of changes is no longer the one of the query, or after 25 seconds.
func (s *Sandbox) awaitChange(r *http.Request) (any, error) {
	const patience = 25 * time.Second
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		return s.stateView(), nil // without a number it asks for the present
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-s.done:
			cancel()
		case <-stop:
		}
	}()
	s.await(ctx, after, patience) // that nothing changed is an answer too
	return s.stateView(), nil
}

const maxSnapshot = 256 << 20

func (s *Sandbox) saveSnapshot(w http.ResponseWriter, r *http.Request) {
	raw, err := s.api.Snapshot()
	if err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="djamo-sandbox.json"`)
	_, _ = w.Write(raw)
}

func (s *Sandbox) loadSnapshot(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSnapshot))
	if err != nil {
		writeProblem(w, r, problemOf(wrong("problem.body", err)))
		return
	}
	if err := s.restore(raw); err != nil {
		writeProblem(w, r, problemOf(err))
		return
	}
	writeJSON(w, http.StatusOK, s.stateView())
}

func (s *Sandbox) restore(raw []byte) error {
	if err := s.api.Restore(raw); err != nil {
		return wrong("problem.refused", strings.TrimPrefix(err.Error(), "djamotest: "))
	}
	return nil
}
