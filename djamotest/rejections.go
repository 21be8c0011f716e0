package djamotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// namedPayment is a payment and the request that names it.
type namedPayment struct {
	number    int64
	reference string
}

// rejected is a request that named a payment and was rejected before the API read it. The ledger records what was
// asked for, so it has no line for it.
type rejected struct {
	Request
	reference string
}

// rejectedRequests finds such requests among those that are remembered, oldest first.
func (a *API) rejectedRequests(inLedger map[namedPayment]bool) []rejected {
	var out []rejected
	for _, r := range a.Requests() {
		for _, reference := range r.payments() {
			if !inLedger[namedPayment{r.Number, reference}] {
				out = append(out, rejected{r, reference})
			}
		}
	}
	return out
}

// payments are the references of the payments a request asks for.
func (r *Request) payments() []string {
	if r.Method != http.MethodPost || !(strings.HasSuffix(r.Path, "/v1/transactions") ||
		strings.HasSuffix(r.Path, "/v1/transactions/batch")) {
		return nil
	}
	type payment struct {
		Reference string `json:"reference"`
	}
	var body struct {
		payment

		Transactions []payment `json:"transactions"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return nil
	}
	var references []string
	for _, t := range append(body.Transactions, body.payment) {
		if t.Reference != "" {
			references = append(references, t.Reference)
		}
	}
	return references
}

// line is a rejected request for a person to read.
func (m rejected) line() string {
	out := fmt.Sprintf("request %d: %s %s named it and was not carried out: answered %d", m.Number, m.Method, m.Path, m.Status)
	if m.Status == 0 {
		out = fmt.Sprintf("request %d: %s %s named it, was not carried out and got no answer", m.Number, m.Method, m.Path)
	}
	if len(m.Faults) > 0 {
		out += ", injected: " + strings.Join(m.Faults, " and ")
	}
	return out + ", correlation id " + m.CorrelationID
}
