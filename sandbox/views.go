package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/djamotest"
)

// listView is a page of something on the wire, newest first.
type listView[T any] struct {
	Total int64 `json:"total"`
	More  bool  `json:"more"`
	Items []T   `json:"items"`
}

func listOf[S, T any](l djamotest.Listing[S], view func(S) T) listView[T] {
	out := listView[T]{Total: l.Total, More: l.More, Items: make([]T, len(l.Items))}
	for i, item := range l.Items {
		out.Items[i] = view(item)
	}
	return out
}

type stateView struct {
	Changes   int64 `json:"changes"`
	Balance   int64 `json:"balance"`
	Transfers int64 `json:"transfers"`
	Pending   int64 `json:"pending"`
	Charges   int64 `json:"charges"`
	Ledger    int64 `json:"ledger"`
	Requests  int64 `json:"requests"`
	Webhooks  int64 `json:"webhooks"`
	Waiting   int64 `json:"waiting"`
	Faults    int64 `json:"faults"`
	Endpoints int64 `json:"endpoints"`
	clockView       //nolint:embeddedstructfieldcheck // answers keep the order of their fields

	API string `json:"api"`
}

type clockView struct {
	Now         time.Time `json:"now"`
	Settlement  string    `json:"settlement"` // automatic or manual
	SettleAfter string    `json:"settleAfter"`
}

func (s *Sandbox) clockView() clockView {
	after, automatic := s.api.Settlement()
	v := clockView{Now: s.api.Now(), Settlement: "manual", SettleAfter: after.String()}
	if automatic {
		v.Settlement = "automatic"
	}
	return v
}

func (s *Sandbox) stateView() stateView {
	c := s.api.Counts()
	return stateView{
		Changes: s.changes(), Balance: c.Balance, Transfers: c.Transfers, Pending: c.Pending, Charges: c.Charges, Ledger: c.Ledger,
		Requests: c.Requests, Webhooks: c.Webhooks, Waiting: c.Waiting, Faults: c.Faults, Endpoints: c.Endpoints,
		clockView: s.clockView(), API: s.address(),
	}
}

type transferView struct {
	Number        int64     `json:"number"`
	ID            string    `json:"id"`
	Reference     string    `json:"reference"`
	MSISDN        string    `json:"msisdn"`
	Description   string    `json:"description,omitempty"`
	Amount        int64     `json:"amount"`
	Fee           int64     `json:"fee"`
	TotalAmount   int64     `json:"totalAmount"`
	Status        string    `json:"status"`
	FailureReason string    `json:"failureReason,omitempty"`
	SubCompanyID  string    `json:"subCompanyId,omitempty"`
	BatchID       string    `json:"batchId,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	Request       int64     `json:"request"`
}

func (s *Sandbox) transferView(t djamotest.Transaction, reveal bool) transferView {
	return transferView{
		Number: t.Number, ID: t.ID, Reference: t.Reference, MSISDN: phone(t.MSISDN, reveal), Description: masked(t.Description, reveal),
		Amount: t.Amount, Fee: t.Fee, TotalAmount: t.TotalAmount, Status: t.Status, FailureReason: masked(t.FailureReason, reveal),
		SubCompanyID: t.SubCompanyID, BatchID: t.BatchID, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Request: t.Request,
	}
}

type chargeView struct {
	Number      int64           `json:"number"`
	ID          string          `json:"id"`
	ExternalID  string          `json:"externalId"`
	Status      string          `json:"status"`
	Description string          `json:"description,omitempty"`
	Amount      int64           `json:"amount"`
	Due         int64           `json:"due"`
	Paid        int64           `json:"paid"`
	Refunded    int64           `json:"refunded"`
	Fees        int64           `json:"fees"`
	PaymentURL  string          `json:"paymentUrl"`
	RedirectURL string          `json:"redirectUrl,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	CreatedAt   time.Time       `json:"createdAt"`
	UpdatedAt   time.Time       `json:"updatedAt"`
	Request     int64           `json:"request"`
}

func chargeViewOf(c djamotest.Charge, reveal bool) chargeView {
	v := chargeView{
		Number: c.Number, ID: c.ID, ExternalID: c.ExternalID, Status: c.Status, Description: masked(c.Description, reveal), Amount: c.Amount,
		Due: c.Due, Paid: c.Paid, Refunded: c.Refunded, Fees: c.Fees, PaymentURL: c.PaymentURL, RedirectURL: c.RedirectURL(),
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Request: c.Request,
	}
	// A phone number that stands there as a number is no JSON when it is masked: without reveal there are no metadata then.
	if metadata := masked(string(c.Metadata), reveal); json.Valid([]byte(metadata)) {
		v.Metadata = json.RawMessage(metadata)
	}
	return v
}

type entryView struct {
	Number        int       `json:"number"`
	At            time.Time `json:"at"`
	Kind          string    `json:"kind"`
	Reference     string    `json:"reference,omitempty"`
	TransactionID string    `json:"transactionId,omitempty"`
	ChargeID      string    `json:"chargeId,omitempty"`
	MSISDN        string    `json:"msisdn,omitempty"`
	Amount        int64     `json:"amount"`
	Fee           int64     `json:"fee"`
	Delta         int64     `json:"delta"`
	Balance       int64     `json:"balance"`
	Reason        string    `json:"reason,omitempty"`
	Status        int       `json:"status,omitempty"`
	Request       int64     `json:"request,omitempty"`
	CorrelationID string    `json:"correlationId,omitempty"`
}

func entryViewOf(e djamotest.LedgerEntry, reveal bool) entryView {
	return entryView{
		Number: e.Number, At: e.At, Kind: string(e.Kind), Reference: e.Reference, TransactionID: e.TransactionID, ChargeID: e.ChargeID,
		MSISDN: phone(e.MSISDN, reveal), Amount: e.Amount, Fee: e.Fee, Delta: e.Delta, Balance: e.Balance, Reason: masked(e.Reason, reveal),
		Status: e.Status, Request: e.Request, CorrelationID: e.CorrelationID,
	}
}

type requestView struct {
	Number        int64       `json:"number"`
	At            time.Time   `json:"at"`
	Method        string      `json:"method"`
	Path          string      `json:"path"`
	Query         string      `json:"query,omitempty"`
	Header        http.Header `json:"header"`
	Body          string      `json:"body"`
	BodyDropped   bool        `json:"bodyDropped"`
	Status        int         `json:"status"`
	Answer        string      `json:"answer"`
	Faults        []string    `json:"faults"`
	CorrelationID string      `json:"correlationId"`
	Ledger        []entryView `json:"ledger,omitempty"`
}

func requestViewOf(r djamotest.Request, reveal bool) requestView {
	v := requestView{
		Number: r.Number, At: r.At, Method: r.Method, Path: masked(r.Path, reveal), Query: masked(r.Query, reveal), Header: http.Header{},
		Body: masked(text(r.Body), reveal), BodyDropped: r.BodyDropped, Status: r.Status, Answer: masked(text(r.Answer), reveal),
		Faults: append([]string{}, r.Faults...), CorrelationID: r.CorrelationID,
	}
	for name, values := range r.Header {
		for _, value := range values {
			v.Header.Add(name, masked(value, reveal))
		}
	}
	return v
}

type endpointView struct {
	ID        string    `json:"id"`
	Topic     string    `json:"topic"`
	URL       string    `json:"url"`
	CreatedAt time.Time `json:"createdAt"`
}

type deliveryView struct {
	Number      int64         `json:"number"`
	ID          string        `json:"id"`
	EndpointID  string        `json:"endpointId"`
	URL         string        `json:"url"`
	Topic       string        `json:"topic"`
	ObjectID    string        `json:"objectId"`
	Status      string        `json:"status"`
	Body        string        `json:"body"`
	Signature   string        `json:"signature"`
	CreatedAt   time.Time     `json:"createdAt"`
	NextAttempt *time.Time    `json:"nextAttempt"`
	Delivered   bool          `json:"delivered"`
	GaveUp      bool          `json:"gaveUp"`
	Attempts    []attemptView `json:"attempts"`
}

type attemptView struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"`
	Error  string    `json:"error,omitempty"`
	Answer string    `json:"answer,omitempty"`
}

func (s *Sandbox) deliveryView(d djamotest.WebhookDelivery, reveal bool) deliveryView {
	v := deliveryView{
		Number: d.Number, ID: d.ID, EndpointID: d.EndpointID, URL: masked(d.URL, reveal), Topic: d.Topic, ObjectID: d.ObjectID,
		Status: d.Status, Body: masked(text(d.Body), reveal), Signature: d.Signature, CreatedAt: d.CreatedAt, Delivered: d.Delivered,
		GaveUp: d.GaveUp, Attempts: []attemptView{},
	}
	if !d.NextAttempt.IsZero() {
		v.NextAttempt = &d.NextAttempt
	}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, attemptView{a.At, a.Status, a.Error, masked(text(a.Answer), reveal)})
	}
	return v
}

type faultView struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Choices  []string   `json:"choices,omitempty"`
	On       []string   `json:"on"`
	Left     int        `json:"left"` // -1 without end
	Passing  int        `json:"passing"`
	PerMille int        `json:"perMille"`
	Until    *time.Time `json:"until"`
	Struck   int        `json:"struck"`
	Active   bool       `json:"active"`
}

// faultViewOf finds a fault among all by its id.
func faultViewOf(all []djamotest.ActiveFault, id string) faultView {
	for _, f := range all {
		if f.ID != id {
			continue
		}
		v := faultView{
			ID: f.ID, Name: f.Name, Choices: f.Choices, On: append([]string{}, f.Scopes...), Left: f.Left, Passing: f.Passing,
			PerMille: f.PerMille, Struck: f.Struck, Active: f.Active,
		}
		if !f.Until.IsZero() {
			v.Until = &f.Until
		}
		return v
	}
	return faultView{ID: id, On: []string{}}
}

type customersView struct {
	Everybody bool           `json:"everybodyHasAccount"`
	Items     []customerView `json:"items"`
}

type customerView struct {
	MSISDN        string `json:"msisdn"`
	HasAccount    bool   `json:"hasAccount"`
	FailureReason string `json:"failureReason,omitempty"`
}

func (s *Sandbox) customersView(reveal bool) customersView {
	named, everybody := s.api.Customers()
	v := customersView{Everybody: everybody, Items: []customerView{}}
	for _, c := range named {
		v.Items = append(v.Items, customerView{phone(c.MSISDN, reveal), c.HasAccount, masked(c.FailureReason, reveal)})
	}
	return v
}

func phone(msisdn string, reveal bool) string {
	if reveal {
		return msisdn
	}
	return djamotest.MaskMSISDN(msisdn)
}

func masked(s string, reveal bool) string {
	if reveal {
		return s
	}
	return djamotest.MaskText(s)
}

// text is a body as text; what is none is only counted.
func text(body []byte) string {
	if !utf8.Valid(body) {
		return "[" + amount(int64(len(body))) + " bytes that are no text]"
	}
	return string(body)
}
