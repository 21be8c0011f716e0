package djamo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
)

// Event is one verified delivery.
type Event struct {
	// Topic is what it is about, in the spelling of the Topic constants where it is one of them. An unknown topic is no
	// error: it is kept as it came.
	Topic Topic
	// Data is the transaction or charge as it came, for Transaction, Charge, or a type of the caller's. Of an unknown
	// topic it may be nil or any JSON.
	Data json.RawMessage
}

// Transaction reads the data of a transaction's event. Where they lack the status, it is that of the topic. A field that
// cannot be read and does not matter, such as the fee, stays zero: Data shows what came.
func (e Event) Transaction() (*Transaction, error) {
	payment, err := eventData[Transaction](e)
	if err == nil && payment.Status == "" {
		payment.Status = e.Topic.status()
	}
	return payment, err
}

// Charge reads the data of a charge's event.
func (e Event) Charge() (*Charge, error) { return eventData[Charge](e) }

func eventData[T any](e Event) (*T, error) {
	out := new(T)
	if _, err := decodeWhole(innermost(e.Data), out); err != nil {
		return nil, fmt.Errorf("djamo: webhook %s: its data cannot be read: %w", quoted(string(e.Topic)), err)
	}
	return out, nil
}

// Format prints the topic and the object's id and status, whatever the verb: the data may hold whole phone numbers.
func (e Event) Format(state fmt.State, _ rune) {
	o := e.object()
	_, _ = fmt.Fprintf(state, "djamo.Event(%s %s %s)", logText(string(e.Topic)), logText(o.id), logText(o.status))
}

// LogValue gives slog the topic and the object's id and status.
func (e Event) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

func (e Event) attrs() []slog.Attr {
	o := e.object()
	return []slog.Attr{
		slog.String("topic", logText(string(e.Topic))), slog.String("id", logText(o.id)), slog.String("status", logText(o.status)),
	}
}

// Key names the delivery for a Deduper: 64 hex digits, the same for every copy of it and on every machine. It stands for
// the topic and a transaction's id, status and updatedAt. Of a charge, where two partial refunds share a status and may
// share a second, of what is not known, and where one of the three is missing, it stands for the topic and all of the
// data instead: news is never taken for a repeat.
func (e Event) Key() string {
	o := e.object()
	hash := sha256.New()
	var room [256]byte
	text := appendText(room[:0], string(e.Topic))
	if o.kind != kindTransaction || o.id == "" || o.status == "" || o.updatedAt.IsZero() {
		hash.Write(append(text, 'd'))
		hash.Write(e.Data)
	} else {
		text = appendText(appendText(append(text, 'o'), o.id), o.status)
		hash.Write(o.updatedAt.AppendFormat(text, time.RFC3339Nano))
	}
	var sum [sha256.Size]byte
	return hex.EncodeToString(hash.Sum(sum[:0]))
}

// appendText writes the length first, so that no two lists of texts come out alike.
func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(text))), text...)
}

// eventObject is what an event's data say of the object they are about; zero where they do not.
type eventObject struct {
	kind           string // the topic's part before the slash
	id, status     string
	updatedAt      time.Time
	paid, refunded int64 // whole francs
}

// object reads the data once, and as encoding/json does for Transaction and Charge: names in any case, of a field that
// is there twice the last counts, and null is as good as absent, but for a time, which it clears.
func (e Event) object() eventObject {
	o := eventObject{kind: e.Topic.kind()}
	fields, _ := fieldsOf(innermost(e.Data))
	for name, value := fields.next(); name != nil; name, value = fields.next() {
		switch field := foldedName(name); {
		case field == "updatedAt":
			o.updatedAt = fieldTime(value)
		case string(value) == "null":
		case field == "id":
			o.id = fieldText(value)
		case field == "status":
			o.status = fieldText(value)
		case field == "paid":
			o.paid = fieldNumber(value)
		case field == "refunded":
			o.refunded = fieldNumber(value)
		}
	}
	if o.status == "" {
		o.status = string(e.Topic.status())
	}
	return o
}

// innermost is the object that data are about: the one inside {"data": {…}} where only that has an id.
func innermost(data []byte) []byte {
	if !bytes.Contains(data, []byte(`"data"`)) {
		return data
	}
	var inner []byte
	fields, _ := fieldsOf(data)
	for name, value := fields.next(); name != nil; name, value = fields.next() {
		switch foldedName(name) {
		case "id":
			if string(value) != "null" && string(value) != `""` {
				return data
			}
		case "data":
			inner = value
		}
	}
	if _, isObject := fieldsOf(inner); isObject {
		return inner
	}
	return data
}

// status is what a topic alone says of a transaction.
func (t Topic) status() TransactionStatus {
	switch t {
	case TopicTransactionStarted:
		return TransactionPending
	case TopicTransactionCompleted:
		return TransactionCompleted
	case TopicTransactionFailed:
		return TransactionFailed
	}
	return ""
}

// The kinds of object the documentation names.
const (
	kindTransaction = "transactions"
	kindCharge      = "charge"
)

// kind is the topic's part before the slash: all topics about one kind of object share it.
func (t Topic) kind() string {
	kind, _, _ := strings.Cut(string(t), "/")
	return kind
}

// fieldTime reads a timestamp in any of the API's forms. Anything else is the zero time.
func fieldTime(value []byte) time.Time {
	var t Timestamp
	if t.UnmarshalJSON(value) != nil {
		return time.Time{}
	}
	return t.Time
}

// known reports whether the documentation names the topic.
func (t Topic) known() bool {
	topics := documentedTopics()
	return slices.Contains(topics[:], t)
}

// normalTopic brings the spellings that were seen, singular and plural, to the documented ones, without copying those;
// anything but a string is "".
func normalTopic(value []byte) Topic {
	for _, topic := range documentedTopics() {
		if len(value) == len(topic)+2 && value[0] == '"' && string(value[1:len(value)-1]) == string(topic) {
			return topic
		}
	}
	topic := fieldText(value)
	object, event, ok := strings.Cut(topic, "/")
	switch {
	case !ok:
	case object == "transaction", object == "transactions":
		return Topic("transactions/" + event)
	case object == "charge", object == "charges":
		return Topic("charge/" + event)
	}
	return Topic(topic)
}

// logText keeps a text that came from outside to one bounded line without whole phone numbers.
func logText(text string) string { return redact.OneLine(redact.MaskPhones(text)) }
