package djamotest

import (
	"net/http"
	"time"
)

// Topics a webhook endpoint can be registered for.
const (
	TopicTransactionsStarted   = "transactions/started"
	TopicTransactionsCompleted = "transactions/completed"
	TopicTransactionsFailed    = "transactions/failed"
	TopicChargeEvents          = "charge/events"
)

// topics are what registration accepts, the spellings that Djamo itself has shown included; each means the topic it maps to.
// Any other, such as transaction/completed, is a slip that would never get a delivery.
var topics = map[string]string{
	TopicTransactionsStarted: TopicTransactionsStarted, "transaction/started": TopicTransactionsStarted,
	TopicTransactionsCompleted: TopicTransactionsCompleted,
	TopicTransactionsFailed:    TopicTransactionsFailed,
	TopicChargeEvents:          TopicChargeEvents, "charges/events": TopicChargeEvents,
}

var topicSpellings = []string{
	TopicTransactionsStarted, TopicTransactionsCompleted, TopicTransactionsFailed, TopicChargeEvents,
	"transaction/started", "charges/events",
}

// WebhookEndpoint is a registration: the URL that is notified about a topic.
type WebhookEndpoint struct {
	ID, Topic, URL       string
	CreatedAt, UpdatedAt time.Time
}

type endpoint struct {
	id, topic, url string
	createdAt      int64
}

type wireEndpoint struct {
	ID        string `json:"id"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
	Topic     string `json:"topic"`
	URL       string `json:"url"`
}

func (a *API) wireEndpoint(e *endpoint) wireEndpoint {
	at := a.timestamp(e.createdAt)
	return wireEndpoint{ID: e.id, CreatedAt: at, UpdatedAt: at, Topic: e.topic, URL: e.url}
}

func (a *API) createEndpoint(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	e := &endpoint{topic: f.oneOf("topic", topicSpellings...), url: f.link("url", true)}
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	e.id, e.createdAt = a.identifier(), now
	a.endpoints = append(a.endpoints, e)
	a.startBackground()
	return reply{status: http.StatusCreated, body: a.wireEndpoint(e)}, nil
}

func (a *API) getEndpoint(c *call) (reply, error) {
	if problems := a.unknownQuery(c); len(problems) > 0 {
		return reply{}, invalid(problems)
	}
	a.lock()
	defer a.mu.Unlock()
	for _, e := range a.endpoints {
		if e.id == c.id {
			return reply{status: http.StatusOK, body: a.wireEndpoint(e)}, nil
		}
	}
	return reply{}, refuse(http.StatusNotFound, "webhook not found")
}

func (a *API) listEndpoints(c *call) (reply, error) {
	q, err := a.pageQuery(c)
	if err != nil {
		return reply{}, err
	}
	a.lock()
	defer a.mu.Unlock()
	return listPage(q, a.endpoints, a.wireEndpoint), nil
}

// WebhookEndpoints returns every registration, oldest first.
func (a *API) WebhookEndpoints() []WebhookEndpoint {
	a.lock()
	defer a.mu.Unlock()
	out := make([]WebhookEndpoint, len(a.endpoints))
	for i, e := range a.endpoints {
		out[i] = WebhookEndpoint{ID: e.id, Topic: e.topic, URL: e.url, CreatedAt: moment(e.createdAt), UpdatedAt: moment(e.createdAt)}
	}
	return out
}
