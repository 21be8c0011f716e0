package sandbox

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

// list is a page of items with the way to older ones.
type list[T any] struct {
	Items   []T
	Total   int64
	Older   string // empty at the end
	Newest  bool   // nothing newer was left out: new rows may be put on top
	Filter  string
	Search  string
	Filters []string
}

// clock is how transfers settle, for the page that moves the clock.
func (s *Sandbox) clock(*http.Request) (any, error) {
	after, automatic := s.api.Settlement()
	return struct {
		After     string
		Automatic bool
	}{short(after), automatic}, nil
}

// pageRoutes is what browsers can look at.
func (s *Sandbox) pageRoutes(mux *http.ServeMux) {
	view := func(pattern, name string, data func(r *http.Request) (any, error)) {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			d, err := data(r)
			if err != nil {
				s.showProblem(w, r, problemOf(err))
				return
			}
			s.show(w, r, http.StatusOK, name, d)
		})
	}
	view("/{$}", "overview", s.overview)
	view("/transfers", "transfers", func(r *http.Request) (any, error) {
		p, err := pageOf(r)
		l := listing(r, s.transfers(r, p), func(t djamotest.Transaction) int64 { return t.Number })
		l.Filters = []string{djamotest.StatusPending, djamotest.StatusCompleted, djamotest.StatusFailed}
		return l, err
	})
	view("/charges", "charges", func(r *http.Request) (any, error) {
		p, err := pageOf(r)
		found := s.api.ChargePage(p, r.URL.Query().Get("status"))
		if name := r.URL.Query().Get("name"); name != "" {
			found = djamotest.Listing[djamotest.Charge]{}
			if ch, ok := s.api.FindCharge(name); ok {
				found.Items, found.Total = []djamotest.Charge{ch}, 1
			}
		}
		l := listing(r, found, func(c djamotest.Charge) int64 { return c.Number })
		l.Filters = []string{
			djamotest.ChargeDue, djamotest.ChargePaid, djamotest.ChargeRefunded, djamotest.ChargeRefundedPartially, djamotest.ChargeCancelled,
			djamotest.ChargeDropped,
		}
		return l, err
	})
	view("/ledger", "ledger", func(r *http.Request) (any, error) {
		p, err := pageOf(r)
		return listing(r, s.api.LedgerPage(p), func(e djamotest.LedgerEntry) int64 { return int64(e.Number) }), err
	})
	view("/requests", "requests", func(r *http.Request) (any, error) {
		p, err := pageOf(r)
		return listing(r, s.api.RequestPage(p), func(q djamotest.Request) int64 { return q.Number }), err
	})
	view("/requests/{id}", "request", func(r *http.Request) (any, error) {
		q, caused, err := s.request(r)
		return requestPage{q, caused, curlOf(s.address(), q, cookieOf(r, "reveal") == "yes")}, err
	})
	view("/webhooks", "webhooks", func(r *http.Request) (any, error) {
		p, err := pageOf(r)
		l := listing(r, s.api.DeliveryPage(p), func(d djamotest.WebhookDelivery) int64 { return d.Number })
		return webhooksPage{l, s.api.WebhookEndpoints()}, err
	})
	view("/webhooks/{id}", "webhook", func(r *http.Request) (any, error) {
		d, ok := s.api.FindDelivery(r.PathValue("id"))
		if !ok {
			return nil, missing("problem.webhook", r.PathValue("id"))
		}
		return d, nil
	})
	view("/faults", "faults", func(*http.Request) (any, error) { return faultGroups(), nil })
	view("/customers", "customers", func(*http.Request) (any, error) { return s.customers(), nil })
	view("/clock", "clock", s.clock)
	view("/snapshots", "snapshots", func(*http.Request) (any, error) { return nil, nil }) //nolint:nilnil // it shows nothing of its own
	s.walletPages(view)
	s.fileRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.showProblem(w, r, &problem{http.StatusNotFound, "problem.page", []any{r.URL.Path}})
	})
}

// fileRoutes is what browsers save, load and follow.
func (s *Sandbox) fileRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /ledger.csv", s.ledgerCSV)
	mux.HandleFunc("GET /snapshots/download", s.saveSnapshot)
	mux.Handle("POST /snapshots/load", sameOrigin(http.HandlerFunc(s.uploadSnapshot)))
	mux.HandleFunc("GET /events", s.events)
}

type requestPage struct {
	Request djamotest.Request
	Ledger  []djamotest.LedgerEntry
	Curl    string
}

type webhooksPage struct {
	List      list[djamotest.WebhookDelivery]
	Endpoints []djamotest.WebhookEndpoint
}

type overviewPage struct {
	Requests  []djamotest.Request
	Token     string // empty when it is no public one
	CompanyID string
	Secret    string // likewise
}

func (s *Sandbox) overview(*http.Request) (any, error) {
	o := overviewPage{Requests: s.api.RequestPage(djamotest.Page{Limit: 8}).Items, CompanyID: s.api.CompanyID}
	if s.api.Token == djamotest.DefaultToken {
		o.Token = s.api.Token
	}
	if s.api.WebhookSecret == djamotest.DefaultWebhookSecret {
		o.Secret = s.api.WebhookSecret
	}
	return o, nil
}

func listing[T any](r *http.Request, l djamotest.Listing[T], number func(T) int64) list[T] {
	query := r.URL.Query()
	out := list[T]{
		Items: l.Items, Total: l.Total, Newest: query.Get("before") == "", Filter: query.Get("status"), Search: query.Get("name"),
	}
	if l.More && len(l.Items) > 0 {
		query.Set("before", strconv.FormatInt(number(l.Items[len(l.Items)-1]), 10))
		query.Del("done")
		query.Del("rows")
		out.Older = (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
	}
	return out
}

// ledgerCSV writes the whole ledger, oldest first, a thousand lines at a time. In French it is as a French spreadsheet
// reads it: separated by semicolons. Numbers are masked unless the person, or the program by ?reveal=true, asked for them.
func (s *Sandbox) ledgerCSV(w http.ResponseWriter, r *http.Request) {
	reveal := cookieOf(r, "reveal") == "yes" || r.URL.Query().Get("reveal") == "true"
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="ledger.csv"`)
	_, _ = io.WriteString(w, "\ufeff") // or a spreadsheet takes the text for another encoding
	out := csv.NewWriter(w)
	if s.languageOf(r) == french {
		out.Comma = ';'
	}
	_ = out.Write([]string{
		"number", "at", "kind", "reference", "transactionId", "chargeId", "msisdn", "amount", "fee", "delta", "balance", "status", "reason",
		"request", "correlationId",
	})
	const step = 1000
	for from := int64(0); ; from += step {
		l := s.api.LedgerPage(djamotest.Page{After: from, Before: from + step + 1, Limit: step})
		for _, entry := range slices.Backward(l.Items) {
			e := entryViewOf(entry, reveal)
			_ = out.Write([]string{
				strconv.Itoa(e.Number), e.At.Format(time.RFC3339Nano), e.Kind, cell(e.Reference), e.TransactionID, e.ChargeID, cell(e.MSISDN),
				strconv.FormatInt(e.Amount, 10), strconv.FormatInt(e.Fee, 10), strconv.FormatInt(e.Delta, 10), strconv.FormatInt(e.Balance, 10),
				strconv.Itoa(e.Status), cell(e.Reason), strconv.FormatInt(e.Request, 10), e.CorrelationID,
			})
		}
		out.Flush()
		if len(l.Items) == 0 || out.Error() != nil {
			return
		}
	}
}

// uploadSnapshot is loadSnapshot for a form.
func (s *Sandbox) uploadSnapshot(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxSnapshot)
	file, _, err := r.FormFile("file")
	if err != nil {
		if errors.Is(err, http.ErrMissingFile) {
			err = wrong("problem.file")
		} else {
			err = wrong("problem.form")
		}
		s.showProblem(w, r, problemOf(err))
		return
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(file)
	if err == nil {
		err = s.restore(raw)
	}
	if err != nil {
		s.showProblem(w, r, problemOf(err))
		return
	}
	seeOther(w, r, withDone("/snapshots", "done.restored"))
}
