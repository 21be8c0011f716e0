package djamotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// naming is a request that names a payment.
type naming struct {
	number    int64
	reference string
}

// mention is a request that named a payment and was turned away before anybody read it, so that the ledger, which
// records what was asked for, has no line of it.
type mention struct {
	Request
	reference string
}

// turnedAway finds such requests among those that are remembered, oldest first.
func (a *API) turnedAway(inLedger map[naming]bool) []mention {
	var out []mention
	for _, r := range a.Requests() {
		for _, reference := range r.payments() {
			if !inLedger[naming{r.Number, reference}] {
				out = append(out, mention{r, reference})
			}
		}
	}
	return out
}

// payments are the references of the payments a request asks for.
func (r *Request) payments() []string {
	if r.Method != http.MethodPost || !(strings.HasSuffix(r.Path, "/v1/transactions") || strings.HasSuffix(r.Path, "/v1/transactions/batch")) {
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

// line is a mention for a person to read.
func (m mention) line() string {
	out := fmt.Sprintf("request %d: %s %s named it and was not carried out: answered %d", m.Number, m.Method, m.Path, m.Status)
	if m.Status == 0 {
		out = fmt.Sprintf("request %d: %s %s named it, was not carried out and got no answer", m.Number, m.Method, m.Path)
	}
	if len(m.Faults) > 0 {
		out += ", suffered " + strings.Join(m.Faults, " and ")
	}
	return out + ", correlation id " + m.CorrelationID
}
