package djamotest

import (
	"bytes"
	"container/heap"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WebhookDelivery is one webhook: what is sent, where to, and how the attempts went.
type WebhookDelivery struct {
	Number      int64 // counted from 1
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
	Answer []byte // its beginning, as far as [WithAnswerBodies] keeps it
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
		d := &delivery{objectID: objectID, status: status, endpoint: e, body: body, createdAt: at, due: later(at, a.cfg.webhookDelay), at: -1}
		a.file(d)
		a.queueFaulty(d, a.planWebhook(topic, at))
	}
}

// file gives a delivery its id and place in the record.
func (a *API) file(d *delivery) {
	a.filed++
	d.id = deliveryPrefix + strconv.FormatInt(a.filed, 10)
	a.deliveries = append(a.deliveries, d)
	a.deliveryBytes += int64(len(d.body))
	a.trimDeliveries()
	a.changes.bump()
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
	for _, l := range a.lanes {
		for _, waiting := range append(outbox(nil), l.waiting...) {
			if waiting.held && waiting.objectID == d.objectID && l.url == d.endpoint.url {
				waiting.held = false
				heap.Remove(&l.waiting, waiting.at)
				a.enqueue(waiting, due)
			}
			a.heldBack = a.heldBack || waiting.held
		}
	}
}

// attempt sends one delivery and plans the next attempt if it has to.
func (a *API) attempt(d *delivery) {
	result := WebhookAttempt{At: a.Now()}
	retry := true
	if !a.cfg.reaches(d.endpoint.url) {
		result.Error = "not sent: only loopback addresses are; give the server WithWebhookTransport to reach others"
		retry = false
	} else {
		a.posting.Add(1)
		result.Status, result.Error, result.Answer = a.post(d)
		a.posting.Add(-1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d.held, d.sending = false, false
	a.noteAttempt(d, result)
	if result.Status/100 == 2 {
		d.delivered = true
		a.acknowledged++
		return
	}
	if n := len(d.attempts); retry && slices.Contains(a.endpoints, d.endpoint) && n <= len(a.cfg.webhookBackoff) && d.at < 0 {
		a.enqueue(d, later(a.clock.now(), a.cfg.webhookBackoff[n-1]))
	}
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

func (a *API) post(d *delivery) (status int, failure string, answer []byte) {
	ctx, cancel := context.WithTimeout(a.life, a.cfg.webhookTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.endpoint.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, maskText(err.Error()), nil
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "djamotest")
	r.Header.Set("X-Djamo-Hmac-Sha256", a.sign(d.body))
	r.Header.Set("X-Djamo-Webhook-Topic", d.endpoint.topic)
	resp, err := a.poster.Do(r)
	if err != nil {
		return 0, maskText(err.Error()), nil
	}
	defer resp.Body.Close()
	answer, _ = io.ReadAll(io.LimitReader(resp.Body, int64(a.cfg.answerBodies)))
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, "", answer
}

// sign is the base64 HMAC-SHA256 of the raw body.
func (a *API) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(a.cfg.webhookSecret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// takeAcknowledged is how many webhooks were acknowledged since it was called last.
func (a *API) takeAcknowledged() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.acknowledged
	a.acknowledged = 0
	return n
}

// WebhookDeliveries returns the webhooks there has been reason to send, oldest first: every one unless there were more than
// [WithDeliveryHistory] keeps.
func (a *API) WebhookDeliveries() []WebhookDelivery {
	a.lock()
	defer a.mu.Unlock()
	out := make([]WebhookDelivery, len(a.deliveries))
	for i, d := range a.deliveries {
		out[i] = a.viewDelivery(d, a.firstDelivery()+int64(i))
	}
	return out
}
