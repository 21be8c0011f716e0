package djamo

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Topic names what a webhook is about: an open set.
type Topic string

// The topics the documentation names.
const (
	TopicTransactionStarted   Topic = "transactions/started"
	TopicTransactionCompleted Topic = "transactions/completed"
	TopicTransactionFailed    Topic = "transactions/failed"
	TopicCharge               Topic = "charge/events"
)

// WebhookEndpoint is an address Djamo posts events of one topic to.
type WebhookEndpoint struct {
	ID        string    `json:"id"`
	Topic     Topic     `json:"topic"` // as the API spells it: listings have shown the singular, transaction/started
	URL       string    `json:"url"`
	CreatedAt Timestamp `json:"createdAt"`
	UpdatedAt Timestamp `json:"updatedAt"`
}

func (e *WebhookEndpoint) missing() string { return missingID(e.ID) }

// WebhookEndpointParams register an address. Both are required.
type WebhookEndpointParams struct {
	Topic Topic  `json:"topic"`
	URL   string `json:"url"`
}

func (p WebhookEndpointParams) validate() error {
	if p.Topic == "" {
		return &ValidationError{Field: "topic", Rule: "must not be empty"}
	}
	if err := checkText("topic", string(p.Topic)); err != nil {
		return err
	}
	return checkURL("url", p.URL)
}

// checkURL is for addresses that Djamo or a customer's browser will call: over https, since what goes there is about
// money. Plain http is for loopback addresses, in tests.
func checkURL(field, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || hasControl(raw) || !utf8.ValidString(raw):
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return &ValidationError{Field: field, Value: quoted(shownURL(raw, u)), Rule: "must be an absolute https URL"}
}

// shownURL is what of an address an error may show: people put passwords into it, and tokens behind a question mark. A
// password may hold a sign that ends the host for a parser, so nothing that stands before an "@" out of its place is shown.
func shownURL(raw string, u *url.URL) string {
	at := strings.LastIndex(raw, "@")
	if u != nil && u.Host != "" && (u.User != nil || at < 0) {
		return u.Scheme + "://" + u.Host
	}
	front, _, _ := strings.Cut(raw, "?")
	switch {
	case at < 0:
		return front
	case at > len(front): // the "?" may be a part of the password, and the "@" of a token
		return "…"
	}
	return "…" + front[at:]
}

// WebhookEndpointService registers the addresses Djamo posts events to. Receiving them is ParseWebhook's business.
type WebhookEndpointService struct{ client *Client }

const webhooksPath = "/v1/webhooks"

// Create registers an address for a topic. It has no key, so it is never sent again after its answer was lost: look
// for it with List when the error is an *OutcomeUnknownError.
func (s WebhookEndpointService) Create(ctx context.Context, params WebhookEndpointParams, opts ...RequestOption) (*WebhookEndpoint, error) {
	if err := params.validate(); err != nil {
		return nil, unsent(err, opts)
	}
	return write[WebhookEndpoint](ctx, s.client, at(http.MethodPost, webhooksPath), params, opts)
}

// Get reads one endpoint by its id. Safe to repeat.
func (s WebhookEndpointService) Get(ctx context.Context, id string, opts ...RequestOption) (*WebhookEndpoint, error) {
	e, err := atID(http.MethodGet, webhooksPath+"/{id}", id)
	if err != nil {
		return nil, unsent(err, opts)
	}
	return readTo(ctx, s.client, e, &single[WebhookEndpoint]{want: id, keyOf: func(e *WebhookEndpoint) string { return e.ID }}, nil, opts)
}

// WebhookEndpointListParams says where a listing starts and how long its pages are.
type WebhookEndpointListParams ListParams

// List walks every endpoint, page after page.
func (s WebhookEndpointService) List(ctx context.Context, params WebhookEndpointListParams, opts ...RequestOption) iter.Seq2[*WebhookEndpoint, error] {
	return eachPage(ctx, ListParams(params), func(ctx context.Context, p ListParams) (*Page[WebhookEndpoint], error) {
		return s.ListPage(ctx, WebhookEndpointListParams(p), opts...)
	})
}

// ListPage reads one page of endpoints. Safe to repeat.
func (s WebhookEndpointService) ListPage(ctx context.Context, params WebhookEndpointListParams, opts ...RequestOption) (*Page[WebhookEndpoint], error) {
	return readPage[WebhookEndpoint](ctx, s.client, webhooksPath, ListParams(params), opts)
}
