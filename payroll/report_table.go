package payroll

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/djamo/djamo-go"
)

// tableColumns are the columns of a CSV report. A new one is also a field of payoutJSON, and one of workbookColumns.
func tableColumns() []string {
	return []string{
		"reference", "msisdn", "amount", "status", "transaction_id", "fee", "failure_reason",
		"attempts", "already_paid_earlier", "sent_at", "line", "description", "name", "transaction_at",
		"prepared_by", "prepared_at", "approved_by", "approved_at",
	}
}

func (r *report) writeCSV(ctx context.Context, w *bufio.Writer) error {
	if _, err := w.WriteString("\uFEFF"); err != nil {
		return err
	}
	table := csv.NewWriter(w)
	table.Comma = r.separator
	if err := table.Write(tableColumns()); err != nil {
		return err
	}
	err := r.each(ctx, func(p Payout) error {
		p, number := r.asReported(p)
		reference := p.Reference
		switch {
		case isFormula(reference): // of a plan that was made elsewhere
			reference = guard(reference)
		case becomesValue(reference):
			reference = "'" + reference
		}
		return table.Write([]string{
			reference, "'" + number, francs(p.Amount), string(p.State), guard(p.TransactionID), francs(p.Fee), guard(p.Reason),
			strconv.Itoa(p.Attempts), strconv.FormatBool(p.PaidEarlier()), stamp(p.SentAt), strconv.FormatInt(p.Line, 10), guard(p.Description),
			guard(p.Name), stamp(p.TransactionAt),
			guard(r.prepared.By), stamp(r.prepared.At), guard(r.approved.By), stamp(r.approved.At),
		})
	})
	if err != nil {
		return err
	}
	table.Flush()
	return table.Error()
}

// asReported is a payout and its phone number as the report shows them.
func (r *report) asReported(p Payout) (reported Payout, number string) {
	if !r.maskPhones {
		return p, p.MSISDN.E164()
	}
	p.Reference, p.Description, p.Name, p.Reason = r.text(p.Reference), r.text(p.Description), r.text(p.Name), r.text(p.Reason)
	return p, p.MSISDN.String()
}

// stamp writes a moment as computers read it, and none as nothing.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// The JSON report. Amounts are whole francs.
type (
	reportJSON struct {
		Run    string             `json:"run"`
		Digest string             `json:"digest"`
		Totals map[string]sumJSON `json:"totals"`
		Fees   djamo.XOF          `json:"fees"`

		Company    string         `json:"company,omitempty"`
		Account    *djamo.Account `json:"account,omitempty"`
		PreparedBy string         `json:"preparedBy,omitempty"`
		PreparedAt string         `json:"preparedAt,omitempty"`
		ApprovedBy string         `json:"approvedBy,omitempty"`
		ApprovedAt string         `json:"approvedAt,omitempty"`

		ApprovedDigest string `json:"approvedDigest,omitempty"`
	}
	sumJSON struct {
		Count  int64     `json:"count"`
		Amount djamo.XOF `json:"amount"`
	}
	payoutJSON struct {
		Reference          string    `json:"reference"`
		MSISDN             string    `json:"msisdn"`
		Amount             djamo.XOF `json:"amount"`
		Status             State     `json:"status"`
		TransactionID      string    `json:"transactionId,omitempty"`
		Fee                djamo.XOF `json:"fee"`
		FailureReason      string    `json:"failureReason,omitempty"`
		Attempts           int       `json:"attempts"`
		AlreadyPaidEarlier bool      `json:"alreadyPaidEarlier,omitempty"`
		SentAt             string    `json:"sentAt,omitempty"`
		TransactionAt      string    `json:"transactionAt,omitempty"`
		Line               int64     `json:"line,omitempty"`
		Description        string    `json:"description,omitempty"`
		Name               string    `json:"name,omitempty"`
	}
)

// writeJSON writes the object piece by piece: its payouts are never all in memory.
func (r *report) writeJSON(ctx context.Context, w *bufio.Writer) error {
	top := reportJSON{Run: r.info.Run, Digest: r.info.Digest, Fees: r.totals.Fees, Totals: map[string]sumJSON{
		"planned":  {r.totals.Planned.Count, r.totals.Planned.Amount},
		"accepted": {r.totals.AcceptedNow.Count, r.totals.AcceptedNow.Amount},
	}}
	top.Company, top.PreparedBy, top.ApprovedBy, top.ApprovedDigest = r.company, r.prepared.By, r.approved.By, r.approvedDigest
	top.PreparedAt, top.ApprovedAt = stamp(r.prepared.At), stamp(r.approved.At)
	if r.account != (djamo.Account{}) {
		top.Account = &r.account
	}
	for _, g := range r.groups() {
		top.Totals[g.name] = sumJSON{g.sum.Count, g.sum.Amount}
	}
	head, err := json.Marshal(top)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(w, "%s,\"payouts\":[", head[:len(head)-1]); err != nil {
		return err
	}
	separator := "\n"
	err = r.each(ctx, func(p Payout) error {
		p, number := r.asReported(p)
		line, err := json.Marshal(payoutJSON{
			Reference: p.Reference, MSISDN: number, Amount: p.Amount, Status: p.State, TransactionID: p.TransactionID, Fee: p.Fee,
			FailureReason: p.Reason, TransactionAt: stamp(p.TransactionAt),
			Attempts: p.Attempts, AlreadyPaidEarlier: p.PaidEarlier(), SentAt: stamp(p.SentAt), Line: p.Line, Description: p.Description,
			Name: p.Name,
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", separator, line)
		separator = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n]}\n")
	return err
}
