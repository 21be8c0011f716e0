package djamotest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

const deliveryPrefix = "whd_"

// number is what a delivery's id was made of.
func (d *delivery) number() int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(d.id, deliveryPrefix), 10, 64)
	if err != nil || !strings.HasPrefix(d.id, deliveryPrefix) {
		return 0
	}
	return n
}

// firstDelivery is the number of the oldest delivery that is remembered.
func (s *state) firstDelivery() int64 { return s.filed - int64(len(s.deliveries)) + 1 }

// findDelivery is nil for one that is not remembered.
func (s *state) findDelivery(id string) *delivery {
	i := (&delivery{id: id}).number() - s.firstDelivery()
	if i < 0 || i >= int64(len(s.deliveries)) || s.deliveries[i].id != id {
		return nil
	}
	return s.deliveries[i]
}

// trimDeliveries forgets the oldest deliveries that no longer fit. One that waits is sent all the same.
func (a *API) trimDeliveries() {
	for len(a.deliveries) > 0 && (len(a.deliveries) > a.cfg.deliveryHistory || a.deliveryBytes > a.cfg.historyBytes/4) {
		a.deliveryBytes -= a.deliveries[0].size()
		a.deliveries[0] = nil
		a.deliveries = a.deliveries[1:]
	}
}

// size is what a delivery's bodies weigh.
func (d *delivery) size() int64 {
	n := len(d.body)
	for i := range d.attempts {
		n += len(d.attempts[i].Answer)
	}
	return int64(n)
}

// noteAttempt records how an attempt went.
func (a *API) noteAttempt(d *delivery, result WebhookAttempt) {
	d.attempts = append(d.attempts, result)
	if a.findDelivery(d.id) == d {
		a.deliveryBytes += int64(len(result.Answer))
		a.trimDeliveries()
	}
	a.changes.bump()
}

func (a *API) viewDelivery(d *delivery, number int64) WebhookDelivery {
	v := WebhookDelivery{
		Number: number, ID: d.id, EndpointID: d.endpoint.id, URL: d.endpoint.url, Topic: d.endpoint.topic, ObjectID: d.objectID,
		Status: d.status, Body: bytes.Clone(d.body), Signature: a.sign(d.body), CreatedAt: moment(d.createdAt), Delivered: d.delivered,
		GaveUp: !d.delivered && d.at < 0 && !d.sending, Attempts: append([]WebhookAttempt(nil), d.attempts...),
	}
	if d.at >= 0 {
		v.NextAttempt = moment(d.due)
	}
	return v
}

// RedeliverEdited sends a webhook with another body, signed anew, as a delivery of its own whose id it returns. The one it
// is made from stays as it is. Errors are those of [API.Redeliver]; an empty body is misuse.
func (a *API) RedeliverEdited(id string, body []byte) (string, error) {
	t := a.test.tb()
	t.Helper()
	if len(body) == 0 {
		return "", misuse(t, "RedeliverEdited(%q): the body must not be empty; Redeliver sends the webhook as it was", id)
	}
	now := a.lock()
	found := a.findDelivery(id)
	if found == nil {
		a.mu.Unlock()
		return "", misuse(t, "RedeliverEdited(%q): no webhook has this id; WebhookDeliveries() lists them", id)
	}
	edited := &delivery{
		objectID: found.objectID, status: found.status, endpoint: found.endpoint, body: bytes.Clone(body), createdAt: now, due: now,
		at: -1, sending: true,
	}
	a.file(edited)
	a.mu.Unlock()
	return edited.id, a.Redeliver(edited.id)
}

// MaskText hides the phone numbers and access tokens in a text, as this package does in what it prints.
func MaskText(text string) string { return maskText(text) }

// MaskMSISDN hides the middle of a phone number: +22507******23.
func MaskMSISDN(msisdn string) string { return maskMSISDN(msisdn) }

// WithAddress sets where [Start] and [NewServer] listen: host:port, a free port of 127.0.0.1 without it. Beyond the
// loopback interface everybody on the network can call the API, so give it a token that is not the public default.
func WithAddress(address string) Option {
	return func(c *config) error {
		host, port, err := splitAddress(address)
		if err != nil {
			return fmt.Errorf("WithAddress: %w", err)
		}
		c.address = joinAddress(host, port)
		return nil
	}
}
