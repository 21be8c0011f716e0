package djamotest

import (
	"bytes"
	"container/heap"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// WebhookDelivery is one webhook: what is sent, where to, and how the attempts went.
type WebhookDelivery struct {
	ID          string
	EndpointID  string
	URL         string
	Topic       string
	ObjectID    string // of the transaction or charge
	Status      string // its status in this webhook
	Body        []byte // exactly the bytes that are signed and sent
	Signature   string // the x-djamo-hmac-sha256 header
	CreatedAt   time.Time
	NextAttempt time.Time // zero when none is planned
	Delivered   bool      // an attempt was answered with 2xx
	GaveUp      bool      // no attempt succeeded and none is planned any more
	Attempts    []WebhookAttempt
}

// WebhookAttempt is one POST of a webhook.
type WebhookAttempt struct {
	At     time.Time
	Status int    // 0 when there was no answer
	Error  string // why there was none, or why nothing was sent
}

// delivery is the stored form. Waiting ones are in a heap; at is -1 for the others.
type delivery struct {
	id, objectID, status string
	endpoint             *endpoint
	body                 []byte
	createdAt, due       int64
	order                int64 // breaks ties between deliveries due at the same time
	at                   int   // place in the heap
	held                 bool  // ReorderWebhook waits for the next one about the same object
	sending              bool
	delivered            bool
	attempts             []WebhookAttempt
}

// outbox is what waits to be sent, the next one first.
type outbox []*delivery

func (o *outbox) Len() int { return len(*o) }

// Less implements heap.Interface.
func (o *outbox) Less(i, j int) bool {
	a, b := (*o)[i], (*o)[j]
	return a.due < b.due || a.due == b.due && a.order < b.order
}

// Swap implements heap.Interface.
func (o *outbox) Swap(i, j int) {
	(*o)[i], (*o)[j] = (*o)[j], (*o)[i]
	(*o)[i].at, (*o)[j].at = i, j
}

// Push implements heap.Interface.
func (o *outbox) Push(item any) {
	if d, ok := item.(*delivery); ok {
		d.at = len(*o)
		*o = append(*o, d)
	}
}

// Pop implements heap.Interface.
func (o *outbox) Pop() any {
	last := (*o)[len(*o)-1]
	(*o)[len(*o)-1] = nil
	*o = (*o)[:len(*o)-1]
	last.at = -1
	return last
}

const heldFor = int64(time.Minute)

// emit queues a webhook for every endpoint of a topic. The body is made only if there is one.
func (a *API) emit(topic, objectID, status string, at int64, object func() any) {
	for _, e := range a.endpoints {
		if topics[e.topic] != topic {
			continue
		}
		body, err := encode(struct {
			Topic string `json:"topic"`
			Data  any    `json:"data"`
		}{e.topic, object()})
		if err == nil && a.cfg.extraFields {
			body, err = withExtraFields(body)
		}
		if err != nil { // the objects of this package always encode
			continue
		}
		d := &delivery{objectID: objectID, status: status, endpoint: e, body: body, createdAt: at, due: at, at: -1}
		a.file(d)
		a.queueFaulty(d, a.planWebhook(topic, at))
	}
}

// file gives a delivery its id and place in the record.
func (a *API) file(d *delivery) {
	a.deliveries = append(a.deliveries, d)
	d.id = "whd_" + strconv.Itoa(len(a.deliveries))
}

// queueFaulty puts a delivery in line as its faults have it, and behind it what was held back for it.
func (a *API) queueFaulty(d *delivery, faults map[string]bool) {
	if faults[droppedWebhook] {
		return
	}
	d.held = faults[reorderedWebhook]
	due := d.due
	if d.held {
		due += heldFor
		a.heldBack = true
	}
	a.enqueue(d, due)
	if faults[duplicateWebhook] {
		twin := *d
		a.file(&twin)
		a.enqueue(&twin, due)
	}
	if d.held || !a.heldBack {
		return
	}
	a.heldBack = false
	for _, waiting := range append(outbox(nil), a.outbox...) {
		if waiting.held && waiting.objectID == d.objectID && waiting.endpoint.url == d.endpoint.url {
			waiting.held = false
			heap.Remove(&a.outbox, waiting.at)
			a.enqueue(waiting, due)
		}
		a.heldBack = a.heldBack || waiting.held
	}
}

func (a *API) enqueue(d *delivery, due int64) {
	a.enqueued++
	d.due, d.order = due, a.enqueued
	heap.Push(&a.outbox, d)
	a.wake()
}

// deliverDue sends everything that is due by the server's clock, or with all everything that waits, once each.
// Only one goroutine sends at a time, so webhooks arrive in order.
func (a *API) deliverDue(all bool) {
	select {
	case a.sending <- struct{}{}:
	case <-a.closing:
		return
	}
	defer func() { <-a.sending }()
	last := int64(-1)
	for {
		now := a.lock()
		if last < 0 {
			last = a.enqueued // what is planned from here on belongs to the next round
		}
		var d *delivery
		if len(a.outbox) > 0 && (a.outbox[0].due <= now || all) && !a.closed {
			d = a.takeNext(all, last)
		}
		if d != nil {
			d.sending = true
		}
		a.mu.Unlock()
		if d == nil {
			return
		}
		a.attempt(d)
	}
}

// takeNext takes the first waiting delivery out of the queue; with all, the first that was queued no later than last.
func (a *API) takeNext(all bool, last int64) *delivery {
	if next := a.outbox[0]; !all || next.order <= last { // of what may be taken, none comes before it
		heap.Pop(&a.outbox)
		return next
	}
	var first *delivery
	for i, d := range a.outbox {
		if d.order <= last && (first == nil || a.outbox.Less(i, first.at)) {
			first = d
		}
	}
	if first != nil {
		heap.Remove(&a.outbox, first.at)
	}
	return first
}

// attempt sends one delivery and plans the next attempt if it has to.
func (a *API) attempt(d *delivery) bool {
	result := WebhookAttempt{At: a.Now()}
	retry := true
	if !a.cfg.reaches(d.endpoint.url) {
		result.Error = "not sent: only loopback addresses are; give the server WithWebhookTransport to reach others"
		retry = false
	} else {
		a.posting.Add(1)
		result.Status, result.Error = a.post(d)
		a.posting.Add(-1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d.held, d.sending = false, false
	d.attempts = append(d.attempts, result)
	if result.Status/100 == 2 {
		d.delivered = true
		a.acknowledged++
		return true
	}
	if n := len(d.attempts); retry && n <= len(a.cfg.webhookBackoff) && d.at < 0 {
		a.enqueue(d, later(a.clock.now(), a.cfg.webhookBackoff[n-1]))
	}
	return false
}

// reaches says whether a webhook may leave for an address.
func (c *config) reaches(target string) bool {
	if c.webhookTransport != nil {
		return true
	}
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

func (a *API) post(d *delivery) (status int, failure string) {
	ctx, cancel := context.WithTimeout(a.life, a.cfg.webhookTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.endpoint.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, maskText(err.Error())
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "djamotest")
	r.Header.Set("X-Djamo-Hmac-Sha256", a.sign(d.body))
	r.Header.Set("X-Djamo-Webhook-Topic", d.endpoint.topic)
	resp, err := a.poster.Do(r)
	if err != nil {
		return 0, maskText(err.Error())
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, ""
}

// sign is the base64 HMAC-SHA256 of the raw body.
func (a *API) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(a.cfg.webhookSecret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// DeliverNow attempts every webhook that waits, without regard to back-off, and returns when each has been answered or
// has failed. It says how many were acknowledged with 2xx since the last call that steered the server, so those count
// too that went out by themselves just before. Do not call it from inside a webhook handler: it would wait for itself.
func (a *API) DeliverNow() int {
	a.deliverDue(true)
	return a.takeAcknowledged()
}

// takeAcknowledged is how many webhooks were acknowledged since it was called last.
func (a *API) takeAcknowledged() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.acknowledged
	a.acknowledged = 0
	return n
}

// Redeliver sends one webhook again now, whatever became of it before. An unknown id, and an endpoint that does not
// answer 2xx, are errors; only the former is misuse.
func (a *API) Redeliver(id string) error {
	t := a.test.tb()
	t.Helper()
	a.lock()
	var found *delivery
	for _, d := range a.deliveries {
		if d.id == id {
			found = d
		}
	}
	a.mu.Unlock()
	if found == nil {
		return misuse(t, "Redeliver(%q): no webhook has this id; WebhookDeliveries() lists them", id)
	}
	select {
	case a.sending <- struct{}{}:
	case <-a.closing:
		return misuse(t, "Redeliver(%q): the server is closed", id)
	}
	defer func() { <-a.sending }()
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return misuse(t, "Redeliver(%q): the server is closed", id)
	}
	if found.at >= 0 { // a planned attempt is made by this one
		heap.Remove(&a.outbox, found.at)
	}
	found.sending = true
	a.mu.Unlock()
	defer a.takeAcknowledged()
	if !a.attempt(found) {
		a.mu.Lock()
		defer a.mu.Unlock()
		last := found.attempts[len(found.attempts)-1]
		return fmt.Errorf("djamotest: Redeliver(%q): the endpoint did not acknowledge: status %d %s", id, last.Status, last.Error)
	}
	return nil
}

// WebhookDeliveries returns every webhook there has been reason to send, oldest first.
func (a *API) WebhookDeliveries() []WebhookDelivery {
	a.lock()
	defer a.mu.Unlock()
	out := make([]WebhookDelivery, len(a.deliveries))
	for i, d := range a.deliveries {
		out[i] = WebhookDelivery{
			ID: d.id, EndpointID: d.endpoint.id, URL: d.endpoint.url, Topic: d.endpoint.topic, ObjectID: d.objectID, Status: d.status,
			Body: bytes.Clone(d.body), Signature: a.sign(d.body), CreatedAt: moment(d.createdAt), Delivered: d.delivered,
			GaveUp: !d.delivered && d.at < 0 && !d.sending, Attempts: append([]WebhookAttempt(nil), d.attempts...),
		}
		if d.at >= 0 {
			out[i].NextAttempt = moment(d.due)
		}
	}
	return out
}
