package djamotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// Variant is another shape an answer may have, where the reference is silent or contradicts itself. A client has to
// survive all of them.
type Variant string

// The variants. Those that start with Lookup say how a lookup by reference answers: without one it answers a page, empty
// when nothing bears the reference.
const (
	LookupArray       Variant = "lookup answers a bare array"
	LookupObject      Variant = "lookup answers a bare object, or 404"
	LookupNotFound    Variant = "lookup answers a page, or 404"
	WrapData          Variant = "single objects are wrapped in data"
	MessageString     Variant = "an error's message is a string"
	MessageArray      Variant = "an error's message is an array"
	ExtraFields       Variant = "every object has unknown fields"
	CompactTimestamps Variant = "timestamps are compact: 20250128T083908.249Z"
	SecondTimestamps  Variant = "timestamps have whole seconds: 2023-05-10T12:19:12Z"
	BatchInParts      Variant = "a batch is accepted in part: what is refused is missing from the answer"
	CustomerKYC       Variant = "the customer check answers a KYC status, as before 2025-01-25"
	LookupPrefix      Variant = "a lookup by reference also finds references that begin with it"
	LookupContains    Variant = "a lookup by reference also finds references that contain it"
	LookupIgnored     Variant = "a lookup by reference lists everything"
	ExternalIDExact   Variant = "charges can be looked up by externalId"
	ExternalIDPrefix  Variant = "a lookup by externalId also finds those that begin with it"
	ExternalIDIgnored Variant = "a lookup by externalId lists every charge"
	ActionsCreated    Variant = "paying and refunding a charge answer 201"
	CreatedFirst      Variant = "a charge is created first and then due, with a webhook each"
	DocumentedCharges Variant = "a charge has neither updatedAt nor description" // and its payment records name it
	CanceledOneL      Variant = "a cancelled charge is canceled"
	PayerRequired     Variant = "paying a charge needs a recipientMsisdn"
	WebhookFirst      Variant = "webhooks arrive before the answer to the request that caused them"
)

// Variants returns every variant, for tests that run over all of them.
func Variants() []Variant {
	return []Variant{
		LookupArray, LookupObject, LookupNotFound, WrapData, MessageString, ExtraFields, CompactTimestamps, SecondTimestamps,
		BatchInParts, CustomerKYC, MessageArray, LookupPrefix, LookupContains, LookupIgnored, ExternalIDExact,
		ExternalIDPrefix, ExternalIDIgnored, ActionsCreated, CreatedFirst, DocumentedCharges, CanceledOneL, PayerRequired, WebhookFirst,
	}
}

// shapes is what the variants of a server come down to.
type shapes struct {
	lookup, filter, chargeFilter                                    Variant
	layout                                                          string
	messageArray, actionsCreate, createdFirst, documentedCharges    bool
	canceled, payerRequired, webhookFirst                           bool
	wrapData, messageString, extraFields, batchInParts, customerKYC bool
}

// WithVariants gives the server's answers other shapes. Variants combine; of several lookup or timestamp variants the
// last one counts.
func WithVariants(variants ...Variant) Option {
	return func(c *config) error {
		for _, v := range variants {
			if !slices.Contains(Variants(), v) {
				return fmt.Errorf("WithVariants: %q is not one of the variants of this package", string(v))
			}
			c.set(v)
		}
		return nil
	}
}

// set makes the change that a variant stands for.
func (c *config) set(v Variant) {
	switch v {
	case LookupArray, LookupObject, LookupNotFound:
		c.lookup = v
	case CompactTimestamps:
		c.layout = layoutCompact
	case SecondTimestamps:
		c.layout = layoutSeconds
	case WrapData:
		c.wrapData = true
	case MessageString:
		c.messageString = true
	case ExtraFields:
		c.extraFields = true
	case BatchInParts:
		c.batchInParts = true
	case CustomerKYC:
		c.customerKYC = true
	case LookupPrefix, LookupContains, LookupIgnored:
		c.filter = v
	case ExternalIDExact, ExternalIDPrefix, ExternalIDIgnored:
		c.chargeFilter = v
	case MessageArray:
		c.messageArray = true
	case ActionsCreated:
		c.actionsCreate = true
	case CreatedFirst:
		c.createdFirst = true
	case DocumentedCharges:
		c.documentedCharges = true
	case CanceledOneL:
		c.canceled = true
	case PayerRequired:
		c.payerRequired = true
	case WebhookFirst:
		c.webhookFirst = true
	}
}

// shape gives a reply's body the configured form.
func (a *API) shape(rep reply) any {
	_, isPage := rep.body.(page)
	_, isList := rep.body.([]wireTransaction)
	if a.cfg.wrapData && rep.status < 300 && !isPage && !isList {
		return struct {
			Data any `json:"data"`
		}{rep.body}
	}
	return rep.body
}

// withExtraFields adds unknown fields to every object of a JSON text. Free objects, which belong to the user, stay.
func withExtraFields(raw []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	addExtraFields(v)
	return encode(v)
}

func addExtraFields(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			addExtraFields(item)
		}
	case map[string]any:
		for name, value := range v {
			if name != "metadata" {
				addExtraFields(value)
			}
		}
		v["xFutureField"] = map[string]any{"list": []any{1, nil, "new"}, "flag": true}
		v["xFutureNumber"] = json.Number("1.5e3")
	}
}

// lookupReply answers a lookup by reference in the configured shape; found is in order of creation.
func (a *API) lookupReply(q pageQuery, found []*transaction) (reply, error) {
	absent := refuse(http.StatusNotFound, "transaction not found")
	switch a.cfg.lookup {
	case LookupArray:
		list := make([]wireTransaction, 0, len(found))
		for _, t := range slices.Backward(found) {
			list = append(list, a.storedView(t))
		}
		return reply{status: http.StatusOK, body: list}, nil
	case LookupObject:
		if len(found) == 0 {
			return reply{}, absent
		}
		return reply{status: http.StatusOK, body: a.storedView(found[len(found)-1])}, nil
	case LookupNotFound:
		if len(found) == 0 {
			return reply{}, absent
		}
	}
	return listPage(q, found, a.storedView), nil
}

// kycReply is the customer check of before 2025-01-25. The reference only says that it was a KYC status, so the field's
// name and the 404 for numbers without an account are assumptions.
func kycReply(hasAccount bool) (reply, error) {
	if !hasAccount {
		return reply{}, refuse(http.StatusNotFound, "customer not found")
	}
	return reply{status: http.StatusOK, body: struct {
		Status string `json:"kycStatus"`
	}{"VERIFIED"}}, nil
}
