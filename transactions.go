package djamo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/internal/onepass"
	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/wire"
)

// TransactionStatus is where a transfer stands. The set is open: a value this package does not know is kept as it is.
type TransactionStatus string

// The statuses the documentation names. There is no "succeeded".
const (
	TransactionPending   TransactionStatus = "pending"
	TransactionCompleted TransactionStatus = "completed"
	TransactionFailed    TransactionStatus = "failed"
)

// Terminal reports whether the status is final. An unknown status is not.
func (s TransactionStatus) Terminal() bool {
	return s == TransactionCompleted || s == TransactionFailed
}

// TransactionType is the kind of a transaction: an open set, of which the documentation names transfer.
type TransactionType string

// TransactionTransfer is a payment to a Djamo account.
const TransactionTransfer TransactionType = "transfer"

// Transaction is one payment to a Djamo customer. Amounts are whole XOF francs.
//
// Id, amount, status and reference of an answer must be readable. Another field that is not, such as a fee in fractions, stays
// zero: Response.Unreadable names it (see WithResponse), and so does a warning of WithLogger's.
type Transaction struct {
	ID          string            `json:"id"`
	Amount      XOF               `json:"amount"`
	Fee         XOF               `json:"fee"`
	TotalAmount XOF               `json:"totalAmount"` // Amount plus Fee
	MSISDN      MSISDN            `json:"msisdn"`      // as the API shows it: sometimes masked or shortened
	Status      TransactionStatus `json:"status"`
	Reference   string            `json:"reference"` // the caller's own
	Type        TransactionType   `json:"type"`
	Description string            `json:"description"`
	// BatchID is set when the payment was born in a batch, SubCompanyID when it was sent for a sub-company, and
	// FailureReason when it failed.
	BatchID                   string    `json:"batchId,omitempty"`
	SubCompanyID              string    `json:"subCompanyId,omitempty"`
	FailureReason             string    `json:"failureReason,omitempty"`
	DjamoTransactionReference string    `json:"djamoTransactionReference,omitempty"` // not always there
	CreatedAt                 Timestamp `json:"createdAt"`
	UpdatedAt                 Timestamp `json:"updatedAt"`
}

func (t Transaction) missing() string { return missingID(t.ID) }

// LogValue gives slog the transaction with its phone number masked.
func (t Transaction) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", t.ID),
		slog.String("reference", redact.MaskPhones(t.Reference)),
		slog.Int64("amount", int64(t.Amount)),
		slog.Any("msisdn", t.MSISDN),
		slog.String("status", string(t.Status)),
		slog.String("failure_reason", redact.MaskPhones(t.FailureReason)),
	)
}

// TransactionParams is a payment to send. MSISDN, Amount and Reference are required.
type TransactionParams struct {
	MSISDN MSISDN // the payee, in E.164
	Amount XOF    // whole francs
	// Reference is the caller's key for this payment, unique for ever and stored by the caller before sending. After
	// any doubt the payment is looked up by it; a fresh reference for the same payment would pay twice.
	Reference    string
	Description  string // the payee sees it
	SubCompanyID string // for aggregators: the sub-company on whose behalf it is paid
}

// LogValue gives slog the parameters with the phone number masked.
func (p TransactionParams) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("reference", redact.MaskPhones(p.Reference)),
		slog.Int64("amount", int64(p.Amount)),
		slog.Any("msisdn", p.MSISDN),
	)
}

// Matches reports whether t is the payment that p asks for: the same reference, amount and payee. The API may show the
// payee masked or shortened; only what it does show can differ. Use it after ErrDuplicateReference, to tell a payment
// sent earlier from a reference that was used for another one. A t without an amount, which is how an answer that leaves
// it out is read, is no match: it may be the payment all the same, so look again before you call it another.
func (p TransactionParams) Matches(t *Transaction) bool {
	return t != nil && t.Reference == p.Reference && t.Amount == p.Amount && p.body().mismatch(t) == ""
}

// Validate checks p by the rules that Create checks before it sends anything, with limits as [WithLimits] takes them:
// for programs that refuse a whole file before they pay a line of it. The error is a *[ValidationError] about the first
// field that is wrong, in the order MSISDN, Amount, Reference, Description, SubCompanyID.
func (p TransactionParams) Validate(limits Limits) error {
	return p.validate("", limits.withDefaults())
}

func (p TransactionParams) validate(prefix string, limits Limits) error {
	if err := checkMSISDN(prefix+"msisdn", p.MSISDN); err != nil {
		return err
	}
	if err := checkAmount(prefix+"amount", p.Amount, limits); err != nil {
		return err
	}
	if err := checkReference(prefix+"reference", p.Reference, limits); err != nil {
		return err
	}
	if err := checkText(prefix+"description", p.Description); err != nil {
		return err
	}
	return checkText(prefix+"subCompanyId", p.SubCompanyID)
}

func (p TransactionParams) body() transactionBody {
	return transactionBody{MSISDN: p.MSISDN.E164(), Amount: p.Amount, Reference: p.Reference, Description: p.Description}
}

// transactionBody is the payment on the wire. Its fields keep the order of the documentation's example.
type transactionBody struct {
	MSISDN       string          `json:"msisdn"`
	Amount       XOF             `json:"amount"`
	Reference    string          `json:"reference"`
	Description  string          `json:"description,omitempty"`
	Type         TransactionType `json:"type,omitempty"` // batches hold transfers only and do not say so
	SubCompanyID string          `json:"subCompanyId,omitempty"`
}

func (b transactionBody) key() string { return b.Reference }

func referenceOf(t *Transaction) string { return t.Reference }

func (b transactionBody) find(ctx context.Context, c *Client, opts []RequestOption) (*Transaction, error) {
	return c.Transactions.GetByReference(ctx, b.Reference, opts...)
}

// mismatch compares what was sent with what was found under its reference. The API may leave fields out and show the phone
// number masked or shortened, so only what it does show can differ.
func (b transactionBody) mismatch(found *Transaction) string {
	switch {
	case b.comparable(found) && found.Amount != b.Amount:
		return "amount"
	case !MSISDN(b.MSISDN).matches(found.MSISDN):
		return "payee"
	}
	return ""
}

func (b transactionBody) comparable(found *Transaction) bool { return found.Amount != 0 }

// TransactionService sends payments and reads what became of them.
type TransactionService struct{ client *Client }

const transactionsPath = "/v1/transactions"

// Create sends one payment, once. The answer is usually pending: the final status comes by webhook, or from Wait.
//
// When the answer is lost, the payment is settled by its reference before anything is sent again (see the package
// comment); a caller never has to guess. Calling Create again with the same params is safe: it ends in
// ErrDuplicateReference, and GetByReference shows the payment.
//
// Errors: *ValidationError before anything is sent; ErrDuplicateReference when the reference was used before;
// ErrUnprocessable when the API answers 422 and nothing is found under the reference; ErrInvalidRequest and the others of
// *Error when the API refuses; *OutcomeUnknownError when the
// API could not be asked what became of the payment.
func (s TransactionService) Create(ctx context.Context, params TransactionParams, opts ...RequestOption) (*Transaction, error) {
	if s.client == nil {
		return nil, errNotBuilt
	}
	if err := params.validate("", s.client.settings.limits); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	body := params.body()
	body.Type, body.SubCompanyID = TransactionTransfer, params.SubCompanyID
	w := keyedWrite[Transaction]{client: s.client, at: wire.At(http.MethodPost, transactionsPath), body: body, keyOf: referenceOf, opts: opts}
	return w.send(ctx)
}

// Get reads one payment by its id (txn_…). A failed payment is no error: see its Status. Safe to repeat.
func (s TransactionService) Get(ctx context.Context, id string, opts ...RequestOption) (*Transaction, error) {
	e, err := atID(http.MethodGet, transactionsPath+"/{id}", id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return readTo(ctx, s.client, e, &single[Transaction]{want: id, keyOf: func(t *Transaction) string { return t.ID }}, nil, opts)
}

// GetByReference reads the payment sent under a reference; ErrNotFound when there is none. Right after a payment was
// sent the API's index may not show it yet. Safe to repeat.
//
// The documentation names the query and not the shape of its answer, so a page, an array, an object and a 404 are all
// understood, and what comes back must bear the reference, once: which of two is meant cannot be told. ErrNotFound is for
// answers that can mean nothing else: a 404 of the API itself, with its JSON, and an empty page that speaks of no more.
//
// Nor does it say whether the filter is exact. When it shows other references, its pages are read to the end if each entry
// holds the reference, and else the listing, up to fifty pages of a hundred: ErrNotFound then means that the listing has
// ended, or has come to payments made before the time of [WithSentSince]. Everything between is ErrUnexpectedAnswer.
func (s TransactionService) GetByReference(ctx context.Context, reference string, opts ...RequestOption) (*Transaction, error) {
	if s.client == nil {
		return nil, errNotBuilt
	}
	if err := checkReference("reference", reference, s.client.settings.limits); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	e, err := withQuery(wire.At(http.MethodGet, transactionsPath), struct {
		Reference string `url:"reference"`
	}{reference})
	if err != nil {
		return nil, err
	}
	found, answer, err := findByKey(ctx, s.client, e, reference, referenceOf, opts)
	switch {
	case errors.Is(err, errOthers):
		return s.search(ctx, reference, answer, opts)
	case errors.Is(err, ErrNotFound) && (answer.next != "" || answer.count > 0):
		return nil, fmt.Errorf("djamo: %s %s: the page is empty but announces more, so it does not prove that nothing is under %s: %w",
			e.Method, e.Template, quoted(reference), ErrUnexpectedAnswer)
	}
	return found, err
}

// TransactionListParams says where a listing of payments starts and how long its pages are. Both fields are optional.
type TransactionListParams struct {
	Cursor string // where to start: Page.Cursor.Next of an earlier page; empty for the beginning
	Limit  int    // payments on a page, not in all; 0 leaves it to the API, which uses 15
}

// List walks every payment of the account, page after page. A failed read ends the walk with an error; to go on
// later, use ListPage and store the cursor.
//
// The order is not documented: the newest may come first, or last, or neither. Stop when what was looked for is found, or
// after a number of them; a date proves nothing about what follows.
func (s TransactionService) List(ctx context.Context, params TransactionListParams, opts ...RequestOption) iter.Seq2[*Transaction, error] {
	return eachPage(ctx, ListParams(params), func(ctx context.Context, p ListParams) (*Page[Transaction], error) {
		return s.ListPage(ctx, TransactionListParams(p), opts...)
	})
}

// ListPage reads one page of payments. Safe to repeat.
func (s TransactionService) ListPage(ctx context.Context, params TransactionListParams, opts ...RequestOption) (*Page[Transaction], error) {
	return readPage[Transaction](ctx, s.client, transactionsPath, ListParams(params), opts)
}

// WaitParams says how often Wait asks. A zero field takes its default.
type WaitParams struct {
	MinInterval time.Duration // the first pause; default 1 s
	MaxInterval time.Duration // where doubling ends; default 30 s
}

func (p WaitParams) withDefaults() (WaitParams, error) {
	if p.MinInterval < 0 || p.MaxInterval < 0 {
		return p, &ValidationError{Field: "interval", Value: min(p.MinInterval, p.MaxInterval).String(), Rule: "must not be negative"}
	}
	if p.MinInterval == 0 {
		p.MinInterval = time.Second
	}
	if p.MaxInterval == 0 {
		p.MaxInterval = 30 * time.Second
	}
	p.MaxInterval = max(p.MaxInterval, p.MinInterval)
	return p, nil
}

// Wait reads the payment until its status is final and returns it, completed or failed. The context bounds the wait:
// when it ends, its error comes back and the payment stands where it stood. Safe to repeat. Webhooks spare the polling.
func (s TransactionService) Wait(ctx context.Context, id string, params WaitParams, opts ...RequestOption) (*Transaction, error) {
	params, err := params.withDefaults()
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	for pause := params.MinInterval; ; pause = min(2*pause, params.MaxInterval) {
		t, err := s.Get(ctx, id, opts...)
		if err != nil || t.Status.Terminal() {
			return t, err
		}
		if err := clock.Sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("djamo: waiting for %s, which is %s: %w", quoted(id), s.client.transport.Scrub(quoted(string(t.Status))), err)
		}
	}
}

// readFrom reads a payment. What it says like the payment before it shares that one's text: of a thousand payments of one
// batch, each names the same batch.
func (t *Transaction) readFrom(r *onepass.Reader, before *Transaction) {
	if !r.Object() {
		return
	}
	var texts [paymentTexts]onepass.Text
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "id":
			r.Text(&texts[paymentID])
		case "amount":
			readAmount(r, &t.Amount)
		case "fee":
			readAmount(r, &t.Fee)
		case "totalAmount":
			readAmount(r, &t.TotalAmount)
		case "msisdn":
			r.Text(&texts[paymentMSISDN])
		case "status":
			r.Text(&texts[paymentStatus])
		case "reference":
			r.Text(&texts[paymentReference])
		case "type":
			r.Text(&texts[paymentType])
		case "description":
			r.Text(&texts[paymentDescription])
		case "batchId":
			r.Text(&texts[paymentBatchID])
		case "subCompanyId":
			r.Text(&texts[paymentSubCompanyID])
		case "failureReason":
			r.Text(&texts[paymentFailureReason])
		case "djamoTransactionReference":
			r.Text(&texts[paymentDjamoReference])
		case "createdAt":
			readTime(r, &t.CreatedAt)
		case "updatedAt":
			readTime(r, &t.UpdatedAt)
		default:
			r.Skip(name, "id", "amount", "fee", "totalAmount", "msisdn", "status", "reference", "type", "description", "batchId",
				"subCompanyId", "failureReason", "djamoTransactionReference", "createdAt", "updatedAt")
		}
	}
	t.keep(r, &texts, before)
}

// The texts of a payment, as readFrom counts them.
const (
	paymentID = iota
	paymentMSISDN
	paymentStatus
	paymentReference
	paymentType
	paymentDescription
	paymentBatchID
	paymentSubCompanyID
	paymentFailureReason
	paymentDjamoReference
	paymentTexts // how many they are
)

func (t *Transaction) keep(r *onepass.Reader, texts *[paymentTexts]onepass.Text, before *Transaction) {
	r.Like(&texts[paymentStatus], string(TransactionCompleted))
	r.Like(&texts[paymentType], string(TransactionTransfer))
	if before != nil {
		r.Like(&texts[paymentStatus], string(before.Status))
		r.Like(&texts[paymentType], string(before.Type))
		r.Like(&texts[paymentDescription], before.Description)
		r.Like(&texts[paymentBatchID], before.BatchID)
		r.Like(&texts[paymentSubCompanyID], before.SubCompanyID)
		r.Like(&texts[paymentFailureReason], before.FailureReason)
	}
	r.Keep(texts[:])
	t.ID = texts[paymentID].String()
	t.MSISDN = MSISDN(texts[paymentMSISDN].String())
	t.Status = TransactionStatus(texts[paymentStatus].String())
	t.Reference = texts[paymentReference].String()
	t.Type = TransactionType(texts[paymentType].String())
	t.Description = texts[paymentDescription].String()
	t.BatchID = texts[paymentBatchID].String()
	t.SubCompanyID = texts[paymentSubCompanyID].String()
	t.FailureReason = texts[paymentFailureReason].String()
	t.DjamoTransactionReference = texts[paymentDjamoReference].String()
}
