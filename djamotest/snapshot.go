package djamotest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// What a snapshot says it is. A change that an older program would misread raises the version.
const (
	snapshotFormat  = "djamotest"
	snapshotVersion = 1
)

// accountSnapshot is an account on paper. Every field of what is stored has one here; TestSnapshot_KnowsEveryField holds that.
type accountSnapshot struct {
	Format       string               `json:"format"`
	Version      int                  `json:"version"`
	At           time.Time            `json:"at"` // where the clock stood
	Seed         uint64               `json:"seed"`
	Random       []byte               `json:"random"`   // where the random numbers stood, so that no id comes twice
	Requests     int64                `json:"requests"` // received so far
	Start        int64                `json:"startBalance"`
	Balance      int64                `json:"balance"`
	Automatic    bool                 `json:"automaticSettlement"`
	SettleAfter  time.Duration        `json:"settleAfter"`
	SubCompanies []snapshotSubCompany `json:"subCompanies"`
	Batches      []snapshotBatch      `json:"batches"`
	Transfers    []snapshotTransfer   `json:"transfers"`
	Charges      []snapshotCharge     `json:"charges"`
	Ledger       []snapshotEntry      `json:"ledger"`
	Everybody    bool                 `json:"everybodyHasAccount"`
	Customers    []string             `json:"customers"`
	Failing      map[string]string    `json:"failing"`
	Endpoints    []snapshotEndpoint   `json:"webhookEndpoints"`
	Waiting      []snapshotDelivery   `json:"waitingWebhooks"`
}

type snapshotSubCompany struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	LogoURL   string    `json:"logoUrl"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

type snapshotBatch struct {
	ID           string    `json:"id"`
	CreatedAt    time.Time `json:"createdAt"`
	TotalAmount  int64     `json:"totalAmount"`
	TotalFee     int64     `json:"totalFee"`
	SubCompanyID string    `json:"subCompanyId,omitempty"`
}

type snapshotTransfer struct {
	ID            string    `json:"id"`
	Reference     string    `json:"reference"`
	MSISDN        string    `json:"msisdn"`
	Description   string    `json:"description,omitempty"`
	Amount        int64     `json:"amount"`
	Fee           int64     `json:"fee"`
	Status        string    `json:"status"`
	FailureReason string    `json:"failureReason,omitempty"`
	BatchID       string    `json:"batchId,omitempty"`
	SubCompanyID  string    `json:"subCompanyId,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	Request       int64     `json:"request"`
}

type snapshotCharge struct {
	ID          string            `json:"id"`
	ExternalID  string            `json:"externalId"`
	Status      string            `json:"status"`
	Description string            `json:"description,omitempty"`
	OnCompleted string            `json:"onCompletedRedirectionUrl,omitempty"`
	OnCanceled  string            `json:"onCanceledRedirectionUrl,omitempty"`
	Amount      int64             `json:"amount"`
	Paid        int64             `json:"paid"`
	Refunded    int64             `json:"refunded"`
	Fees        int64             `json:"fees"`
	Metadata    json.RawMessage   `json:"metadata,omitempty"`
	Payments    []snapshotPayment `json:"payments"`
	CreatedAt   time.Time         `json:"createdAt"`
	UpdatedAt   time.Time         `json:"updatedAt"`
	Request     int64             `json:"request"`
}

type snapshotPayment struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"`
	Status string    `json:"status,omitempty"` // completed when empty
	Amount int64     `json:"amount"`
	At     time.Time `json:"at"`
}

type snapshotEntry struct {
	At         time.Time        `json:"at"`
	Kind       EntryKind        `json:"kind"`
	TransferID string           `json:"transferId,omitempty"`
	ChargeID   string           `json:"chargeId,omitempty"`
	Refusal    *snapshotRefusal `json:"refusal,omitempty"`
	Request    int64            `json:"request,omitempty"`
	Method     string           `json:"method,omitempty"`
	Path       string           `json:"path,omitempty"`
	Delta      int64            `json:"delta"`
	Balance    int64            `json:"balance"`
}

type snapshotRefusal struct {
	Reference string `json:"reference,omitempty"`
	MSISDN    string `json:"msisdn,omitempty"`
	Amount    int64  `json:"amount"`
	Status    int    `json:"status"`
	Reason    string `json:"reason"`
	ChargeID  string `json:"chargeId,omitempty"`
}

type snapshotEndpoint struct {
	ID        string    `json:"id"`
	Topic     string    `json:"topic"`
	URL       string    `json:"url"`
	CreatedAt time.Time `json:"createdAt"`
}

type snapshotDelivery struct {
	EndpointID string           `json:"endpointId"`
	ObjectID   string           `json:"objectId"`
	Status     string           `json:"status"`
	Body       []byte           `json:"body"`
	CreatedAt  time.Time        `json:"createdAt"`
	Due        time.Time        `json:"due"`
	Held       bool             `json:"held,omitempty"`
	Attempts   []WebhookAttempt `json:"attempts"`
}

// Snapshot returns the account as JSON, for [API.Restore]: balance, clock, transfers, charges, sub-companies, customers, the
// ledger, webhook endpoints and the webhooks that wait. It holds whole phone numbers, and neither token nor secret. The
// history of requests and of webhooks that were sent is not part of it, nor are faults.
func (a *API) Snapshot() ([]byte, error) {
	received := a.journal.received()
	now := a.lock()
	defer a.mu.Unlock()
	random, err := a.random.MarshalBinary()
	if err != nil {
		return nil, err
	}
	s := accountSnapshot{
		Format: snapshotFormat, Version: snapshotVersion, At: moment(now), Seed: a.seed.Load(), Random: random, Requests: received,
		Start: a.start, Balance: a.balance, Automatic: !a.manual, SettleAfter: a.settleAfter, Everybody: a.customers == nil,
		Customers: slices.Sorted(maps.Keys(a.customers)), Failing: a.failing,
		SubCompanies: []snapshotSubCompany{}, Batches: []snapshotBatch{}, Transfers: make([]snapshotTransfer, 0, len(a.transactions)),
		Charges: []snapshotCharge{}, Ledger: make([]snapshotEntry, 0, len(a.ledger)), Endpoints: []snapshotEndpoint{},
		Waiting: []snapshotDelivery{},
	}
	for _, c := range a.subCompanies {
		s.SubCompanies = append(s.SubCompanies, snapshotSubCompany{c.id, c.name, c.logoURL, c.active, moment(c.createdAt), moment(c.updatedAt)})
	}
	for _, b := range a.batches {
		s.Batches = append(s.Batches, snapshotBatch{b.id, moment(b.createdAt), b.totalAmount, b.totalFee, b.subCompany.identifier()})
	}
	for _, t := range a.transactions {
		v := t.view()
		s.Transfers = append(s.Transfers, snapshotTransfer{
			ID: v.ID, Reference: v.Reference, MSISDN: v.MSISDN, Description: v.Description, Amount: v.Amount, Fee: v.Fee, Status: v.Status,
			FailureReason: v.FailureReason, BatchID: v.BatchID, SubCompanyID: v.SubCompanyID, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
			Request: v.Request,
		})
	}
	for _, ch := range a.charges {
		s.Charges = append(s.Charges, onPaper(ch))
	}
	for i := range a.ledger {
		s.Ledger = append(s.Ledger, lineOnPaper(a.entryAt(i)))
	}
	for _, e := range a.endpoints {
		s.Endpoints = append(s.Endpoints, snapshotEndpoint{e.id, e.topic, e.url, moment(e.createdAt)})
	}
	var waiting outbox
	for _, l := range a.lanes {
		waiting = append(waiting, l.waiting...)
	}
	slices.SortFunc(waiting, func(x, y *delivery) int { return int(x.order - y.order) })
	for _, d := range waiting {
		s.Waiting = append(s.Waiting, snapshotDelivery{
			d.endpoint.id, d.objectID, d.status, d.body, moment(d.createdAt), moment(d.due), d.held, append([]WebhookAttempt{}, d.attempts...),
		})
	}
	return json.Marshal(s) //nolint:musttag // an attempt is written under the names of its fields
}

// identifier is empty for no sub-company.
func (s *subCompany) identifier() string {
	if s == nil {
		return ""
	}
	return s.id
}

func onPaper(ch *charge) snapshotCharge {
	s := snapshotCharge{
		ID: ch.id, ExternalID: ch.externalID, Status: ch.status, Description: ch.description, OnCompleted: ch.onCompleted,
		OnCanceled: ch.onCanceled, Amount: ch.amount, Paid: ch.paid, Refunded: ch.refunded, Fees: ch.fees, Metadata: ch.metadata,
		Payments: []snapshotPayment{}, CreatedAt: moment(ch.createdAt), UpdatedAt: moment(ch.updatedAt), Request: ch.request,
	}
	for _, p := range ch.payments {
		s.Payments = append(s.Payments, snapshotPayment{p.id, p.kind, p.status, p.amount, moment(p.at)})
	}
	return s
}

func lineOnPaper(e entry) snapshotEntry {
	s := snapshotEntry{At: moment(e.at), Kind: e.kind, Request: e.call, Delta: e.delta, Balance: e.balance}
	if e.route != nil {
		s.Method, s.Path = e.route.method, e.route.pattern
	}
	switch {
	case e.transaction != nil:
		s.TransferID = e.transaction.id()
	case e.charge != nil:
		s.ChargeID = e.charge.id
	case e.refusal != nil:
		r := e.refusal
		s.Refusal = &snapshotRefusal{r.reference, r.msisdn, r.amount, r.status, r.reason, r.chargeID}
	}
	return s
}
