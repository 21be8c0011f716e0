package djamo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/djamo/djamo-go/internal/onepass"
	"github.com/djamo/djamo-go/internal/wire"
)

// BatchStatus is where a batch stands: an open set.
type BatchStatus string

// BatchProcessing is the one status the documentation shows.
const BatchProcessing BatchStatus = "processing"

// Batch is several payments that were accepted together. Each goes its own way from there. Amounts are whole francs.
type Batch struct {
	ID           string        `json:"id"`
	Status       BatchStatus   `json:"status"`
	TotalAmount  XOF           `json:"totalAmount"`
	TotalFee     XOF           `json:"totalFee"`
	SubCompanyID string        `json:"subCompanyId,omitempty"`
	Transactions []Transaction `json:"transactions"`
	CreatedAt    Timestamp     `json:"createdAt"`
	UpdatedAt    Timestamp     `json:"updatedAt"`
}

// LogValue gives slog the batch without its payments.
func (b Batch) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", b.ID),
		slog.String("status", string(b.Status)),
		slog.Int("transactions", len(b.Transactions)),
		slog.Int64("total_amount", int64(b.TotalAmount)),
	)
}

// LogValue gives slog the number of payments.
func (p BatchParams) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("transactions", len(p.Transactions)), slog.String("sub_company_id", p.SubCompanyID))
}

func (b Batch) missing() string { return missingID(b.ID) }

// BatchParams are payments to send together. How many the API takes at once is not documented; Limits.BatchSize sets
// the caller's own bound.
type BatchParams struct {
	// Transactions must not be empty, and their references must differ. SubCompanyID is set once for all, below.
	Transactions []TransactionParams
	SubCompanyID string
}

func (p BatchParams) validate(limits Limits) error {
	n := len(p.Transactions)
	switch {
	case n == 0:
		return &ValidationError{Field: "transactions", Rule: "must not be empty"}
	case limits.BatchSize > 0 && n > limits.BatchSize:
		return &ValidationError{
			Field: "transactions",
			Value: fmt.Sprint(n),
			Rule:  fmt.Sprintf("must be at most %d, the size set with WithLimits", limits.BatchSize),
		}
	}
	if err := checkText("subCompanyId", p.SubCompanyID); err != nil {
		return err
	}
	first := make(map[string]int, n)
	for i, t := range p.Transactions {
		prefix := fmt.Sprintf("transactions[%d].", i)
		if err := t.validate(prefix, limits); err != nil {
			return err
		}
		if t.SubCompanyID != "" {
			return &ValidationError{
				Field: prefix + "subCompanyId",
				Value: quoted(t.SubCompanyID),
				Rule:  "must be set on the batch, not on a payment in it",
			}
		}
		if j, repeated := first[t.Reference]; repeated {
			return &ValidationError{
				Field: prefix + "reference",
				Value: quoted(t.Reference),
				Rule:  fmt.Sprintf("must differ from that of transactions[%d]", j),
			}
		}
		first[t.Reference] = i
	}
	return nil
}

type batchBody struct {
	SubCompanyID string            `json:"subCompanyId,omitempty"`
	Transactions []transactionBody `json:"transactions"`
}

// BatchService sends many payments in one call.
type BatchService struct{ client *Client }

// Create sends the payments of a batch, once. A batch has no key of its own, so it is never sent again after its
// answer was lost: the *OutcomeUnknownError then lists every reference, and TransactionService.GetByReference tells
// of each whether it was paid. ErrDuplicateReference says that at least one reference was used before; whether the
// others were accepted is not documented, so look all of them up.
func (s BatchService) Create(ctx context.Context, params BatchParams, opts ...RequestOption) (*Batch, error) {
	if s.client == nil {
		return nil, errNotBuilt
	}
	if err := params.validate(s.client.settings.limits); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	body := batchBody{SubCompanyID: params.SubCompanyID, Transactions: make([]transactionBody, len(params.Transactions))}
	references := make([]string, len(params.Transactions))
	for i, t := range params.Transactions {
		body.Transactions[i] = t.body()
		references[i] = t.Reference
	}
	batch, err := write[Batch](ctx, s.client, wire.At(http.MethodPost, transactionsPath+"/batch"), body, opts, references...)
	if err != nil {
		return nil, err
	}
	if ambiguity := body.ambiguity(batch); ambiguity != "" {
		return nil, &OutcomeUnknownError{References: references, Err: fmt.Errorf("djamo: batch %s: %s: %w",
			s.client.transport.Scrub(quoted(batch.ID)), ambiguity, ErrUnexpectedAnswer)}
	}
	return batch, nil
}

// ambiguity says why an answer does not tell what became of every payment; "" when it does. The documentation's own example
// answers with another reference, and other amounts, than were sent, so those are left to the reader to compare: what an
// answer does not name is to be looked up.
func (b batchBody) ambiguity(answer *Batch) string {
	if len(answer.Transactions) != len(b.Transactions) {
		return fmt.Sprintf("the answer names %d of %d payments", len(answer.Transactions), len(b.Transactions))
	}
	met := make(map[string]bool, len(answer.Transactions))
	for i := range answer.Transactions {
		switch t := &answer.Transactions[i]; {
		case t.ID == "":
			return "the answer has a payment without an id"
		case met[t.Reference] && t.Reference != "":
			return "the answer bears a reference twice"
		default:
			met[t.Reference] = true
		}
	}
	return ""
}

func (b *Batch) readFrom(r *onepass.Reader) {
	if !r.Object() {
		return
	}
	const (
		id = iota
		status
		subCompanyID
		count
	)
	var texts [count]onepass.Text
	for name := r.Member(); name != nil; name = r.Member() {
		switch string(name) {
		case "id":
			r.Text(&texts[id])
		case "status":
			r.Text(&texts[status])
		case "totalAmount":
			readAmount(r, &b.TotalAmount)
		case "totalFee":
			readAmount(r, &b.TotalFee)
		case "subCompanyId":
			r.Text(&texts[subCompanyID])
		case "transactions":
			readItemsFrom(r, &b.Transactions, (*Transaction).readFrom)
		case "createdAt":
			readTime(r, &b.CreatedAt)
		case "updatedAt":
			readTime(r, &b.UpdatedAt)
		default:
			r.Skip(name, "id", "status", "totalAmount", "totalFee", "subCompanyId", "transactions", "createdAt", "updatedAt")
		}
	}
	r.Keep(texts[:])
	b.ID, b.Status, b.SubCompanyID = texts[id].String(), BatchStatus(texts[status].String()), texts[subCompanyID].String()
}
