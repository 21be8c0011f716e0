package djamo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/internal/onepass"
	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/wire"
)

// ChargeStatus is where a charge stands: an open set.
type ChargeStatus string

// The statuses the documentation names, and those integrations have met.
const (
	ChargeCreated           ChargeStatus = "created"
	ChargeDue               ChargeStatus = "due"
	ChargePaid              ChargeStatus = "paid"
	ChargeRefunded          ChargeStatus = "refunded"
	ChargeRefundedPartially ChargeStatus = "refunded_partially"
	ChargeDropped           ChargeStatus = "dropped"   // unpaid for an hour
	ChargeCancelled         ChargeStatus = "cancelled" // seen, also as "canceled"
	ChargeFailed            ChargeStatus = "failed"    // seen
)

// Terminal reports whether nothing can follow: refunded, dropped, cancelled or failed. A paid charge can still be
// refunded. An unknown status is not terminal.
func (s ChargeStatus) Terminal() bool {
	switch s {
	case ChargeRefunded, ChargeDropped, ChargeCancelled, "canceled", ChargeFailed:
		return true
	}
	return false
}

// Charge is money asked of a customer, who pays it at PaymentURL. Amounts are whole francs. ID, ExternalID, Status, Amount,
// Paid and Refunded of an answer must be readable; another field that is not stays zero, as in a Transaction.
type Charge struct {
	ID           string            `json:"id"`
	ExternalID   string            `json:"externalId"` // the caller's own
	Status       ChargeStatus      `json:"status"`
	Amount       XOF               `json:"amount"`
	Currency     string            `json:"currency"` // absent means XOF
	Due          XOF               `json:"due"`
	Paid         XOF               `json:"paid"`
	Refunded     XOF               `json:"refunded"`
	Fees         XOF               `json:"fees"`
	PaymentURL   string            `json:"paymentUrl"`
	Description  string            `json:"description"`
	Metadata     json.RawMessage   `json:"metadata,omitempty"`     // the caller's own object, as it was sent
	Transactions []json.RawMessage `json:"transactions,omitempty"` // payment records, whose shape is not documented
	CreatedAt    Timestamp         `json:"createdAt"`
	UpdatedAt    Timestamp         `json:"updatedAt"` // not documented; zero when absent
}

// LogValue gives slog the charge without its metadata and payment records, which may hold the payer's phone number.
func (c Charge) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", c.ID),
		slog.String("external_id", redact.MaskPhones(c.ExternalID)),
		slog.String("status", string(c.Status)),
		slog.Int64("amount", int64(c.Amount)),
		slog.Int64("paid", int64(c.Paid)),
		slog.Int64("refunded", int64(c.Refunded)),
	)
}

func (c Charge) missing() string { return missingID(c.ID) }

// ChargeParams describe a charge. Amount and ExternalID are required.
type ChargeParams struct {
	Amount XOF `json:"amount"` // whole francs
	// ExternalID is the caller's key for this charge, unique for ever.
	ExternalID  string `json:"externalId"`
	Description string `json:"description,omitempty"`
	// Where the customer's browser goes afterwards.
	OnCompletedRedirectionURL string         `json:"onCompletedRedirectionUrl,omitempty"`
	OnCanceledRedirectionURL  string         `json:"onCanceledRedirectionUrl,omitempty"`
	Metadata                  map[string]any `json:"metadata,omitempty"`
}

// LogValue gives slog the parameters without the metadata.
func (p ChargeParams) LogValue() slog.Value {
	return slog.GroupValue(slog.String("external_id", redact.MaskPhones(p.ExternalID)), slog.Int64("amount", int64(p.Amount)))
}

func (p ChargeParams) validate(limits Limits) error {
	// The caller's limits are for payments out; a charge only has to be positive.
	if err := checkAmount("amount", p.Amount, Limits{}); err != nil {
		return err
	}
	if err := checkReference("externalId", p.ExternalID, limits); err != nil {
		return err
	}
	for field, address := range map[string]string{
		"onCompletedRedirectionUrl": p.OnCompletedRedirectionURL,
		"onCanceledRedirectionUrl":  p.OnCanceledRedirectionURL,
	} {
		if address != "" {
			if err := checkURL(field, address); err != nil {
				return err
			}
		}
	}
	return checkText("description", p.Description)
}

func (p ChargeParams) mismatch(found *Charge) string {
	if p.comparable(found) && found.Amount != p.Amount {
		return "amount"
	}
	return ""
}

func (p ChargeParams) comparable(found *Charge) bool { return found.Amount != 0 }

func (p ChargeParams) key() string { return p.ExternalID }

func externalIDOf(c *Charge) string { return c.ExternalID }

// find walks the listing for an external id. That the API asks the listing what it was asked is an assumption, so only
// the listing itself can say that the charge is not there: whole pages to the last, on which every charge shows its
// external id. Giving up after some pages is no proof, nor is an answer about something else.
func (p ChargeParams) find(ctx context.Context, c *Client, opts []RequestOption) (*Charge, error) {
	const pages, pageSize = 10, 100
	filter, limit, cursor, seen := p.ExternalID, pageSize, "", 0
	for range pages + 3 {
		e, err := withQuery(wire.At(http.MethodGet, chargesPath), struct {
			ExternalID string `url:"externalId,omitempty"`
			Cursor     string `url:"cursor,omitempty"`
			Limit      int    `url:"limit,omitempty"`
		}{filter, cursor, limit})
		if err != nil {
			return nil, err
		}
		found, answer, err := findByKey(ctx, c, e, p.ExternalID, externalIDOf, opts)
		seen += len(answer.found)
		switch {
		case filter != "" && errors.Is(err, ErrInvalidRequest):
			filter = "" // the API knows no such filter
			continue
		case limit != 0 && errors.Is(err, ErrInvalidRequest):
			filter, limit = p.ExternalID, 0 // so many are not allowed: take what the API gives by itself
			continue
		case err == nil:
			return found, nil
		case !errors.Is(err, errOthers) && !errors.Is(err, ErrNotFound):
			return nil, err
		case !answer.page || slices.ContainsFunc(answer.found, func(c Charge) bool { return c.ExternalID == "" }):
			return nil, fmt.Errorf("djamo: the answer is not a listing that shows the external id of every charge: %w", ErrUnexpectedAnswer)
		case answer.next == "" && !answer.ends:
			return nil, fmt.Errorf("djamo: the listing of charges does not say where it ends: %w", ErrUnexpectedAnswer)
		case answer.next == "" && answer.count > seen:
			return nil, fmt.Errorf("djamo: the listing of charges shows %d of %d: %w", seen, answer.count, ErrUnexpectedAnswer)
		case answer.next == "":
			return nil, fmt.Errorf("djamo: no charge has the external id %s: %w", quoted(p.ExternalID), ErrNotFound)
		case answer.next == cursor:
			return nil, fmt.Errorf("djamo: the listing of charges returns the same page again: %w", ErrUnexpectedAnswer)
		}
		cursor = answer.next
	}
	return nil, fmt.Errorf("djamo: external id %s is not on the first %d pages of charges: %w",
		quoted(p.ExternalID), pages, ErrUnexpectedAnswer)
}

// ChargeService collects money. The API needs WithCompanyID for it.
type ChargeService struct{ client *Client }

const chargesPath = "/v1/charges"

// Create asks for a payment, once; send the customer to PaymentURL. When the answer is lost, the charge is settled by
// its ExternalID before anything is sent again. How to look one up is not documented: this package asks the listing
// with ?externalId=… and, should the API ignore that, reads up to ten pages of it.
//
// Errors: *ValidationError, ErrDuplicateReference when the ExternalID was used before, the others of *Error, and
// *OutcomeUnknownError when the API could not be asked what became of the charge.
func (s ChargeService) Create(ctx context.Context, params ChargeParams, opts ...RequestOption) (*Charge, error) {
	if s.client == nil {
		return nil, errNotBuilt
	}
	if err := params.validate(s.client.settings.limits); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	w := keyedWrite[Charge]{client: s.client, at: wire.At(http.MethodPost, chargesPath), body: params, keyOf: externalIDOf, opts: opts}
	return w.send(ctx)
}

// Get reads one charge by its id. Safe to repeat.
func (s ChargeService) Get(ctx context.Context, id string, opts ...RequestOption) (*Charge, error) {
	e, err := atID(http.MethodGet, chargesPath+"/{id}", id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return readTo(ctx, s.client, e, chargeOf(id), nil, opts)
}

// ChargeListParams says where a listing of charges starts and how long its pages are. Both fields are optional.
type ChargeListParams struct {
	Cursor string // where to start: Page.Cursor.Next of an earlier page; empty for the beginning
	Limit  int    // charges on a page, not in all; 0 leaves it to the API, which uses 15
}

// List walks every charge, page after page. The order is not documented: see TransactionService.List.
func (s ChargeService) List(ctx context.Context, params ChargeListParams, opts ...RequestOption) iter.Seq2[*Charge, error] {
	return eachPage(ctx, ListParams(params), func(ctx context.Context, p ListParams) (*Page[Charge], error) {
		return s.ListPage(ctx, ChargeListParams(p), opts...)
	})
}

// ListPage reads one page of charges. Safe to repeat.
func (s ChargeService) ListPage(ctx context.Context, params ChargeListParams, opts ...RequestOption) (*Page[Charge], error) {
	return readPage[Charge](ctx, s.client, chargesPath, ListParams(params), opts)
}

// Refund gives the whole payment back. A refund carries no key: after an *OutcomeUnknownError, or ErrUnprocessable, which
// does not promise that nothing was done, read the charge's Refunded before asking again. The answer is taken to be the
// charge, which is not documented; any other object leaves the outcome unknown.
func (s ChargeService) Refund(ctx context.Context, id string, opts ...RequestOption) (*Charge, error) {
	return s.post(ctx, id, "refund", struct{}{}, opts)
}

// RefundPart gives a part of the payment back, in whole francs. Called twice it refunds twice: after an
// *OutcomeUnknownError read the charge's Refunded before asking again.
func (s ChargeService) RefundPart(ctx context.Context, id string, amount XOF, opts ...RequestOption) (*Charge, error) {
	if err := checkAmount("amount", amount, Limits{}); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return s.post(ctx, id, "refund", struct {
		Amount XOF `json:"amount"`
	}{amount}, opts)
}

// ChargePayParams say who plays the customer. The zero value sends an empty object, which staging may refuse.
type ChargePayParams struct {
	// RecipientMSISDN is the test phone number that pays, with its plus or, as an integration sends it, without. Djamo names
	// numbers that succeed and numbers that fail; what a failed payment does to the charge is not documented, so read its Status.
	RecipientMSISDN MSISDN `json:"recipientMsisdn,omitempty"`
}

// LogValue gives slog the parameters with the phone number masked.
func (p ChargePayParams) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("recipient_msisdn", p.RecipientMSISDN))
}

func (p ChargePayParams) validate() error {
	if p.RecipientMSISDN == "" {
		return nil
	}
	number := p.RecipientMSISDN
	if !strings.HasPrefix(string(number), "+") {
		number = "+" + number // which of the two staging takes is not documented: what is given is sent
	}
	return checkMSISDN("recipientMsisdn", number)
}

// Pay plays the customer who pays. It exists on staging only and is refused at once on a production environment. Repeat it
// only after reading the charge.
func (s ChargeService) Pay(ctx context.Context, id string, params ChargePayParams, opts ...RequestOption) (*Charge, error) {
	if s.client == nil {
		return nil, errNotBuilt
	}
	if e := cmp.Or(s.client.settings.environment, environmentOfToken(s.client.settings.token)); e.IsProduction() {
		return nil, rejectUnsent(
			&ValidationError{Field: "environment", Value: string(e), Rule: "paying a charge is simulated on staging only"},
			opts,
		)
	}
	if err := params.validate(); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return s.post(ctx, id, "pay", params, opts)
}

func (s ChargeService) post(ctx context.Context, id, action string, in any, opts []RequestOption) (*Charge, error) {
	e, err := atID(http.MethodPost, chargesPath+"/{id}/"+action, id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return writeTo(ctx, s.client, e, chargeOf(id), in, opts, id)
}

// chargeOf takes the charge with an id and no other.
func chargeOf(id string) *single[Charge] {
	return &single[Charge]{want: id, keyOf: func(c *Charge) string { return c.ID }}
}

// readFrom reads a charge. One with metadata or payment records, which are copied as they are, is for encoding/json.
func (c *Charge) readFrom(r *onepass.Reader, before *Charge) {
	if !r.Object() {
		return
	}
	const (
		id = iota
		externalID
		status
		currency
		paymentURL
		description
		count
	)
	var texts [count]onepass.Text
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "id":
			r.Text(&texts[id])
		case "externalId":
			r.Text(&texts[externalID])
		case "status":
			r.Text(&texts[status])
		case "amount":
			readAmount(r, &c.Amount)
		case "currency":
			r.Text(&texts[currency])
		case "due":
			readAmount(r, &c.Due)
		case "paid":
			readAmount(r, &c.Paid)
		case "refunded":
			readAmount(r, &c.Refunded)
		case "fees":
			readAmount(r, &c.Fees)
		case "paymentUrl":
			r.Text(&texts[paymentURL])
		case "description":
			r.Text(&texts[description])
		case "createdAt":
			readTime(r, &c.CreatedAt)
		case "updatedAt":
			readTime(r, &c.UpdatedAt)
		default:
			r.Skip(name, "id", "externalId", "status", "amount", "currency", "due", "paid", "refunded", "fees", "paymentUrl",
				"description", "metadata", "transactions", "createdAt", "updatedAt")
		}
	}
	if before != nil {
		r.Like(&texts[status], string(before.Status))
		r.Like(&texts[currency], before.Currency)
		r.Like(&texts[description], before.Description)
	}
	r.Keep(texts[:])
	c.ID, c.ExternalID, c.Status = texts[id].String(), texts[externalID].String(), ChargeStatus(texts[status].String())
	c.Currency, c.PaymentURL, c.Description = texts[currency].String(), texts[paymentURL].String(), texts[description].String()
}
