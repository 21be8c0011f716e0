package djamo

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/edit"
	"github.com/djamo/djamo-go/internal/wire"
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

// Topics returns the topics that the documentation names. The set is open: a delivery or a listing may have others.
func Topics() []Topic {
	topics := documentedTopics()
	return topics[:]
}

func documentedTopics() [4]Topic {
	return [...]Topic{TopicTransactionStarted, TopicTransactionCompleted, TopicTransactionFailed, TopicCharge}
}

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
	if p.Topic.isSeveral() {
		return &ValidationError{Field: "topic", Value: quoted(string(p.Topic)),
			Rule: "must be one topic, such as transactions/completed: each is registered by itself (Client.Do registers any topic)"}
	}
	if meant := p.Topic.meant(); meant != "" {
		return &ValidationError{Field: "topic", Value: quoted(string(p.Topic)),
			Rule: "is a misspelling of " + string(meant) + ", it seems, and would bring no events (Client.Do registers any topic)"}
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

// Create registers an address for a topic. A topic that is nearly one of the constants, such as transactions/complete, is
// refused: no event would ever come. It has no key, so it is never sent again after its answer was lost: look
// for it with List when the error is an *OutcomeUnknownError.
func (s WebhookEndpointService) Create(ctx context.Context, params WebhookEndpointParams, opts ...RequestOption) (*WebhookEndpoint, error) {
	if err := params.validate(); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return write[WebhookEndpoint](ctx, s.client, wire.At(http.MethodPost, webhooksPath), params, opts)
}

// Get reads one endpoint by its id. Safe to repeat.
func (s WebhookEndpointService) Get(ctx context.Context, id string, opts ...RequestOption) (*WebhookEndpoint, error) {
	e, err := atID(http.MethodGet, webhooksPath+"/{id}", id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return readTo(ctx, s.client, e, &single[WebhookEndpoint]{want: id, keyOf: func(e *WebhookEndpoint) string { return e.ID }}, nil, opts)
}

// WebhookEndpointListParams says where a listing of endpoints starts and how long its pages are. Both fields are optional.
type WebhookEndpointListParams struct {
	Cursor string // where to start: Page.Cursor.Next of an earlier page; empty for the beginning
	Limit  int    // endpoints on a page, not in all; 0 leaves it to the API, which uses 15
}

// List walks every endpoint, page after page. The order is not documented: see TransactionService.List.
func (s WebhookEndpointService) List(
	ctx context.Context, params WebhookEndpointListParams, opts ...RequestOption,
) iter.Seq2[*WebhookEndpoint, error] {
	return eachPage(ctx, ListParams(params), func(ctx context.Context, p ListParams) (*Page[WebhookEndpoint], error) {
		return s.ListPage(ctx, WebhookEndpointListParams(p), opts...)
	})
}

// ListPage reads one page of endpoints. Safe to repeat.
func (s WebhookEndpointService) ListPage(
	ctx context.Context, params WebhookEndpointListParams, opts ...RequestOption,
) (*Page[WebhookEndpoint], error) {
	return readPage[WebhookEndpoint](ctx, s.client, webhooksPath, ListParams(params), opts)
}

// isSeveral reports whether a topic is a pattern, a list, or the part before the slash alone: no event bears it.
func (t Topic) isSeveral() bool {
	object, event, _ := strings.Cut(strings.TrimSpace(string(t)), "/")
	switch {
	case strings.ContainsAny(string(t), "*#,;|"), strings.Count(string(t), "/") > 1 && strings.ContainsAny(string(t), " \n\t"):
		return true
	case event == "":
		return object == "transaction" || object == "transactions" || object == "charge" || object == "charges"
	}
	return false
}

// meant is the documented topic that a topic is a misspelling of; "" when it is none, or is one itself. The API takes topics
// that it does not know, perhaps, and never sends anything for them. An unknown topic that resembles none may be a new one.
func (t Topic) meant() Topic {
	const maxEdits = 2
	switch {
	case t.known():
		return ""
	case t == "transaction/started", t == "charges/events": // Djamo has written these itself
		return ""
	}
	written := strings.ToLower(strings.Join(strings.Fields(string(t)), ""))
	written = strings.NewReplacer(".", "/", ":", "/", "_", "/", "-", "/", "\\", "/").Replace(strings.Trim(written, "/"))
	switch object, event, _ := strings.Cut(written, "/"); object {
	case "transaction", "transactions": // which of the two it is does not count
		if strings.HasPrefix(event, "succe") {
			return TopicTransactionCompleted // integrators look for a status succeeded, which does not exist
		}
		if TransactionStatus(event) == TransactionPending {
			return TopicTransactionStarted
		}
		written = "transactions/" + event
	case "charge", "charges":
		switch ChargeStatus(event) { // which the data of an event hold, whose topic is always the same
		case ChargeCreated, ChargeDue, ChargePaid, ChargeRefunded, ChargeDropped, ChargeCancelled, "canceled", ChargeFailed,
			"refunded/partially", "completed", "succeeded":
			return TopicCharge
		}
		written = "charge/" + event
	}
	meant, fewest := Topic(""), maxEdits+1
	for _, topic := range documentedTopics() {
		if edits := editDistance(written, string(topic)); edits < fewest {
			meant, fewest = topic, edits
		}
	}
	return meant
}

// editDistance counts the letters to put in, leave out or replace. Texts that differ much in length are far apart at once.
func editDistance(a, b string) int {
	const far = 1 << 10
	if len(a) > 2*len(b) || len(b) > 2*len(a) {
		return far
	}
	return edit.Distance([]byte(a), []byte(b))
}
