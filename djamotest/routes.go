package djamotest

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// maxBody bounds a request; a batch of 10,000 transfers stays well below it.
const maxBody = 8 << 20

// call is one request being answered.
type call struct {
	route            *route
	number           int64 // counted from 1
	at               int64 // the server's time of arrival
	method           string
	path             string // base path included
	query            url.Values
	id               string // the {id} of the path
	body             []byte
	plan             plan
	tolerated        []string  // what lenient mode let pass
	attempts         []attempt // the payments it asked for, filled while the body is read
	refusalsRecorded bool      // in the ledger
}

// attempt is one payment a request asked for, accepted or not.
type attempt struct {
	reference, msisdn string
	amount            int64
}

// route is one call of the API.
type route struct {
	method, pattern string
	bodyless        bool     // an empty body will do
	money           bool     // refusals belong into the ledger
	query           []string // the parameters it may have
	number          uint8    // its place in the table, counted from 1
	handle          func(*API, *call) (reply, error)
}

// lags says whether LookupLag can blind a call.
func (rt *route) lags() bool {
	return rt.method == http.MethodGet && (rt.pattern == "/v1/transactions" || rt.pattern == "/v1/charges")
}

func (rt *route) isCharge() bool { return strings.HasPrefix(rt.pattern, "/v1/charges") }

// routeTable is every call of the API.
func routeTable() []route {
	return []route{
		{method: "POST", pattern: "/v1/transactions", money: true, handle: (*API).createTransaction},
		{method: "POST", pattern: "/v1/transactions/batch", money: true, handle: (*API).createBatch},
		{method: "GET", pattern: "/v1/transactions", query: []string{"limit", "cursor", "reference"}, handle: (*API).listTransactions},
		{method: "GET", pattern: "/v1/transactions/{id}", handle: (*API).getTransaction},
		{method: "GET", pattern: "/v1/transactions/customers/check", query: []string{"msisdn", "subCompanyId"}, handle: (*API).checkCustomer},
		{method: "GET", pattern: "/v1/balance", handle: (*API).getBalance},
		{method: "POST", pattern: "/v1/sub-companies", handle: (*API).createSubCompany},
		{method: "GET", pattern: "/v1/sub-companies", query: []string{"limit", "cursor"}, handle: (*API).listSubCompanies},
		{method: "GET", pattern: "/v1/sub-companies/{id}", handle: (*API).getSubCompany},
		{method: "PUT", pattern: "/v1/sub-companies/{id}", handle: (*API).updateSubCompany},
		{method: "POST", pattern: "/v1/charges", money: true, handle: (*API).createCharge},
		{method: "GET", pattern: "/v1/charges", query: []string{"limit", "cursor", "externalId"}, handle: (*API).listCharges},
		{method: "GET", pattern: "/v1/charges/{id}", handle: (*API).getCharge},
		{method: "POST", pattern: "/v1/charges/{id}/refund", money: true, bodyless: true, handle: (*API).refundCharge},
		{method: "POST", pattern: "/v1/charges/{id}/pay", money: true, bodyless: true, handle: (*API).payCharge},
		{method: "POST", pattern: "/v1/webhooks", handle: (*API).createEndpoint},
		{method: "GET", pattern: "/v1/webhooks", query: []string{"limit", "cursor"}, handle: (*API).listEndpoints},
		{method: "GET", pattern: "/v1/webhooks/{id}", handle: (*API).getEndpoint},
	}
}

func (a *API) routes() *http.ServeMux {
	a.table = routeTable()
	mux := http.NewServeMux()
	for i := range a.table {
		rt := &a.table[i]
		rt.number = uint8(i + 1)
		mux.HandleFunc(rt.method+" "+a.cfg.basePath+rt.pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, rt) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, &a.unknown) })
	return mux
}

// answerUnknown answers what the API has no call for, wrong methods included, in NestJS's words.
func (a *API) answerUnknown(c *call) (reply, error) {
	return reply{}, refuse(http.StatusNotFound, "Cannot "+c.method+" "+c.path)
}

// ServeHTTP answers one request as the API would.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead && r.URL.Path == a.cfg.basePath+"/" {
		w.Header().Set(FakeHeader, "fake")
		return // the question who answers here, which no fault may hide and no history counts
	}
	// ServeMux redirects unclean paths; the API knows no such address, and a redirect would hide the caller's mistake.
	clean := path.Clean(r.URL.Path)
	if len(r.URL.Path) > 1 && strings.HasSuffix(r.URL.Path, "/") {
		clean += "/"
	}
	if clean != r.URL.Path {
		a.serve(w, r, &a.unknown)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// serve takes a request through the whole server: read, record, answer, write.
func (a *API) serve(w http.ResponseWriter, r *http.Request, rt *route) {
	now, ok := a.enter()
	if !ok {
		closed := proxyPage(http.StatusServiceUnavailable)
		closed.writeHeader(w)
		_, _ = w.Write(closed.body)
		return
	}
	defer a.leave()
	body, err := readBody(w, r)
	if errors.Is(err, errCutOff) {
		cut(w, false) // the caller went away in the middle of its own request: nothing arrived that could be carried out
		return
	}
	c := &call{route: rt, at: now, method: r.Method, path: r.URL.Path, query: r.URL.Query(), id: r.PathValue("id"), body: body}
	if planned, ok := r.Context().Value(planKey{}).(plan); ok {
		c.plan = planned
	} else {
		c.plan = a.planFor(r, now, false)
	}
	c.number = a.journal.open(r, body, now, c.plan.names)
	if c.plan.late > 0 && !a.wait(context.Background(), c.plan.late) { // not the request's: it is processed without its caller
		cut(w, false)
		return
	}
	if f := c.plan.before; f != nil {
		raw, ok := a.answerBefore(c, f)
		if !ok {
			cut(w, false)
			return
		}
		a.journal.finish(c.number, raw)
		a.send(w, r, c, raw)
		return
	}
	var rep reply
	if err == nil {
		rep, err = a.process(r, c)
	}
	if err != nil && rt.money && !c.refusalsRecorded {
		a.recordRefusal(c, err)
	}
	a.reportTolerated(c)
	raw := a.render(c, rep, err)
	if a.cfg.webhookFirst {
		a.flush()
	}
	a.journal.finish(c.number, raw)
	a.send(w, r, c, raw)
}

// process checks what every call has in common and then carries it out.
func (a *API) process(r *http.Request, c *call) (reply, error) {
	if err := a.authorize(r, c); err != nil {
		return reply{}, err
	}
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil { // what is left of it would be another question
		return reply{}, refuse(http.StatusBadRequest, "query string is malformed")
	}
	if c.method == http.MethodPost || c.method == http.MethodPut {
		if err := checkContentType(r, c); err != nil && !a.tolerates(c, "Content-Type is "+strconv.Quote(r.Header.Get("Content-Type"))) {
			return reply{}, err
		}
	}
	return c.route.handle(a, c)
}

func (a *API) authorize(r *http.Request, c *call) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(a.cfg.token)) != 1 {
		return refuse(http.StatusUnauthorized, "Unauthorized")
	}
	company := r.Header.Get("X-Company-Id")
	if company == "" && c.method == http.MethodPost && c.route.pattern == "/v1/charges" {
		return refuse(http.StatusBadRequest, "x-company-id header is required")
	}
	if company != "" && company != a.cfg.companyID {
		return refuse(http.StatusForbidden, "Forbidden resource")
	}
	return nil
}

func checkContentType(r *http.Request, c *call) error {
	if len(c.body) == 0 && c.route.bodyless {
		return nil
	}
	header := r.Header.Get("Content-Type")
	if header == "application/json" {
		return nil
	}
	media, params, err := mime.ParseMediaType(header)
	charset := strings.ToLower(params["charset"])
	if err != nil || media != "application/json" || (charset != "" && charset != "utf-8") {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	}
	return nil
}

var errCutOff = errors.New("djamotest: the request body ended early")

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, nil
	}
	tooLarge := refuse(http.StatusRequestEntityTooLarge, "request entity too large")
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	if r.ContentLength > 0 {
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, errCutOff
		}
		return body, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var limit *http.MaxBytesError
	switch {
	case errors.As(err, &limit):
		return nil, tooLarge
	case err != nil:
		return nil, errCutOff
	}
	return body, nil
}
