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

func (r *report) writeCSV(ctx context.Context, w *bufio.Writer) error {
	table := csv.NewWriter(w)
	if err := table.Write([]string{
		"reference", "msisdn", "amount", "status", "transaction_id", "fee", "failure_reason",
		"attempts", "already_paid_earlier", "sent_at", "line", "description",
	}); err != nil {
		return err
	}
	err := r.each(ctx, func(p Payout) error {
		reference := p.Reference
		if isFormula(reference) { // of a plan that was made elsewhere
			reference = guard(reference)
		}
		return table.Write([]string{
			reference, p.MSISDN.E164(), francs(p.Amount), string(p.State), guard(p.TransactionID), francs(p.Fee), guard(p.Reason),
			strconv.Itoa(p.Attempts), strconv.FormatBool(p.PaidEarlier()), stamp(p.SentAt), strconv.FormatInt(p.Line, 10), guard(p.Description),
		})
	})
	if err != nil {
		return err
	}
	table.Flush()
	return table.Error()
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
	}
	sumJSON struct {
		Count  int64     `json:"count"`
		Amount djamo.XOF `json:"amount"`
	}
	payoutJSON struct {
		Reference          string       `json:"reference"`
		MSISDN             djamo.MSISDN `json:"msisdn"`
		Amount             djamo.XOF    `json:"amount"`
		Status             State        `json:"status"`
		TransactionID      string       `json:"transactionId,omitempty"`
		Fee                djamo.XOF    `json:"fee"`
		FailureReason      string       `json:"failureReason,omitempty"`
		Attempts           int          `json:"attempts"`
		AlreadyPaidEarlier bool         `json:"alreadyPaidEarlier,omitempty"`
		SentAt             string       `json:"sentAt,omitempty"`
		Line               int64        `json:"line,omitempty"`
		Description        string       `json:"description,omitempty"`
	}
)

// writeJSON writes the object piece by piece: its payouts are never all in memory.
func (r *report) writeJSON(ctx context.Context, w *bufio.Writer) error {
	top := reportJSON{Run: r.info.Run, Digest: r.info.Digest, Fees: r.totals.Fees, Totals: map[string]sumJSON{
		"planned":  {r.totals.Planned.Count, r.totals.Planned.Amount},
		"accepted": {r.totals.Accepted.Count, r.totals.Accepted.Amount},
	}}
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
		line, err := json.Marshal(payoutJSON{
			Reference: p.Reference, MSISDN: p.MSISDN, Amount: p.Amount, Status: p.State, TransactionID: p.TransactionID, Fee: p.Fee, FailureReason: p.Reason,
			Attempts: p.Attempts, AlreadyPaidEarlier: p.PaidEarlier(), SentAt: stamp(p.SentAt), Line: p.Line, Description: p.Description,
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
