package djamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

const transactionData = `{"id":"txn_1","status":"completed","updatedAt":"2023-11-24T17:43:15.970Z"}`

func TestEvent_Key(t *testing.T) {
	t.Parallel()
	key := func(topic djamo.Topic, data string) string {
		e := &djamo.Event{Topic: topic, Data: json.RawMessage(data)}
		require.Len(t, e.Key(), 64)
		return e.Key()
	}
	same := key(djamo.TopicTransactionCompleted, transactionData)
	for name, data := range map[string]string{
		"other white space":    `{ "id" : "txn_1", "status":"completed","updatedAt" : "2023-11-24T17:43:15.970Z" }`,
		"other order":          `{"updatedAt":"2023-11-24T17:43:15.970Z","status":"completed","id":"txn_1"}`,
		"a field that is new":  `{"id":"txn_1","new":{"id":"x"},"status":"completed","updatedAt":"2023-11-24T17:43:15.970Z"}`,
		"names in other cases": `{"ID":"txn_1","Status":"completed","UPDATEDAT":"2023-11-24T17:43:15.970Z"}`,
		"compact timestamp":    `{"id":"txn_1","status":"completed","updatedAt":"20231124T174315.970Z"}`,
		"escaped":              `{"\u0069d":"\u0074xn_1","status":"completed","updatedAt":"2023-11-24T17:43:15.970Z"}`,
		"the last of two":      `{"id":"txn_0","id":"txn_1","status":"completed","updatedAt":"2023-11-24T17:43:15.970Z"}`,
		"nested, with its own": `{"a":[{"id":"}\"]"}],"id":"txn_1","status":"completed","updatedAt":"2023-11-24T17:43:15.970Z"}`,
	} {
		require.Equal(t, same, key(djamo.TopicTransactionCompleted, data), name)
	}
	seen := map[string]string{same: "the first"}
	for name, e := range map[string]djamo.Event{
		"topic":                            {Topic: djamo.TopicTransactionFailed, Data: json.RawMessage(transactionData)},
		"id":                               {Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(strings.Replace(transactionData, "txn_1", "txn_2", 1))},
		"status":                           {Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(strings.Replace(transactionData, "completed", "failed", 1))},
		"updatedAt":                        {Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(strings.Replace(transactionData, "970Z", "971Z", 1))},
		"where a text ends":                {Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(strings.Replace(strings.Replace(transactionData, "txn_1", "txn_1c", 1), `"completed`, `"ompleted`, 1))},
		"no updatedAt":                     {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":"ch_1","status":"refunded_partially","refunded":100}`)},
		"a second refund":                  {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":"ch_1","status":"refunded_partially","refunded":200}`)},
		"a refund with a time":             {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":"ch_1","status":"refunded_partially","refunded":100,"updatedAt":"2023-11-24T17:43:15.970Z"}`)},
		"a second one in the same instant": {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":"ch_1","status":"refunded_partially","refunded":200,"updatedAt":"2023-11-24T17:43:15.970Z"}`)},
		"no id":                            {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"status":"paid","updatedAt":"2023-11-24T17:43:15.970Z"}`)},
		"no id, more":                      {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"status":"paid","updatedAt":"2023-11-24T17:43:15.970Z","a":1}`)},
		"a time that is no":                {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":"ch_1","status":"paid","updatedAt":"yesterday"}`)},
		"a number as id":                   {Topic: djamo.TopicCharge, Data: json.RawMessage(`{"id":1,"status":"paid","updatedAt":"2023-11-24T17:43:15.970Z"}`)},
		"no data":                          {Topic: "ping"},
		"null":                             {Topic: "ping", Data: json.RawMessage(`null`)},
		"an array":                         {Topic: "ping", Data: json.RawMessage(`[1]`)},
	} {
		k := key(e.Topic, string(e.Data))
		require.Empty(t, seen[k], "%s has the key of %s", name, seen[k])
		seen[k] = name
	}
}

func TestParseWebhook_Events(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		topic      djamo.Topic // "" is refused
		data       string
	}{
		{"documented", `{"topic":"transactions/failed","data":{"id":"x"}}`, djamo.TopicTransactionFailed, `{"id":"x"}`},
		{"other order, white space", " {\n\t\"data\" : { \"id\" : \"x\" } ,\r\n \"topic\" : \"charge/events\" } ", djamo.TopicCharge, `{ "id" : "x" }`},
		{"older spelling", `{"topic":"charges/events","data":{}}`, djamo.TopicCharge, `{}`},
		{"singular", `{"topic":"transaction/started","data":{}}`, djamo.TopicTransactionStarted, `{}`},
		{"escaped", `{"\u0074opic":"transactions\/completed","d\u0061ta":{}}`, djamo.TopicTransactionCompleted, `{}`},
		{"more than is known", `{"v":[{"topic":"x"},"]}\\\""],"topic":"charge/events","data":{"a":[1,{"b":"}"}]},"n":-1.5e3,"z":null}`, djamo.TopicCharge, `{"a":[1,{"b":"}"}]}`},
		{"the last of two", `{"topic":"a","topic":"b","data":1,"data":2}`, "b", `2`},
		{"unknown topic, number", `{"topic":"ping","data":17}`, "ping", `17`},
		{"unknown topic, text", `{"topic":"ping","data":"a\"b"}`, "ping", `"a\"b"`},
		{"unknown topic, no data", `{"topic":"transactions/reversed"}`, "transactions/reversed", ``},
		{"known topic, no data", `{"topic":"charge/events"}`, "", ""},
		{"known topic, null", `{"topic":"charge/events","data":null}`, "", ""},
		{"known topic, an array", `{"topic":"charge/events","data":[{"id":"x"}]}`, "", ""},
		{"no topic", `{"data":{"id":"x"}}`, "", ""},
		{"empty topic", `{"topic":"","data":{"id":"x"}}`, "", ""},
		{"a number as topic", `{"topic":5,"data":{"id":"x"}}`, "", ""},
		{"null", `null`, "", ""},
		{"array", `[{"topic":"ping"}]`, "", ""},
		{"text", `"topic"`, "", ""},
		{"empty object", `{}`, "", ""},
		{"empty", ``, "", ""},
		{"cut off", `{"topic":"ping","data":{"id":"x"}`, "", ""},
		{"two values", `{"topic":"ping"} {"topic":"ping"}`, "", ""},
		{"form", `topic=ping`, "", ""},
		{"deep", `{"topic":"ping","data":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			event, err := djamo.ParseWebhook(clienttest.Signed(tt.body), "s")
			if tt.topic == "" {
				require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
				require.NotErrorIs(t, err, djamo.ErrInvalidSignature)
				require.Nil(t, event)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.topic, event.Topic)
			require.Equal(t, tt.data, string(event.Data))
		})
	}
}

// What names an event, puts it in order and goes to the log is what a callback is given.
func TestEvent_AgreesWithItsTransaction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data, id string
		status         djamo.TransactionStatus
	}{
		{"documented", `{"id":"a","status":"failed"}`, "a", "failed"},
		{"names in another case", `{"ID":"a","Status":"failed"}`, "a", "failed"},
		{"names in two cases", `{"id":"a","ID":"b","status":"completed","STATUS":"failed"}`, "b", "failed"},
		{"escaped, in another case", `{"\u0049d":"a","\u0053tatus":"failed"}`, "a", "failed"},
		{"a letter that folds to s", `{"id":"a","ſtatus":"failed"}`, "a", "failed"},
		{"null after a value", `{"id":"a","id":null,"status":"failed","status":null}`, "a", "failed"},
		{"no status", `{"id":"a"}`, "a", "completed"},
		{"null as status", `{"id":"a","status":null}`, "a", "completed"},
		{"empty status", `{"id":"a","status":""}`, "a", "completed"},
		{"wrapped", `{"data":{"id":"a","status":"failed"}}`, "a", "failed"},
		{"wrapped, with a status of its own", `{"status":"success","data":{"id":"a","status":"failed"}}`, "a", "failed"},
		{"wrapped, with an empty id", `{"id":"","data":{"id":"a","status":"failed"}}`, "a", "failed"},
		{"wrapped, and null as id", `{"id":null,"data":{"id":"a"}}`, "a", "completed"},
		{"wrapped, the last of two cases", `{"data":null,"Data":{"id":"a","status":"failed"}}`, "a", "failed"},
		{"with data of its own", `{"id":"a","status":"failed","data":{"id":"b","status":"pending"}}`, "a", "failed"},
		{"with data that are no object", `{"id":"a","status":"failed","data":["id"]}`, "a", "failed"},
		{"bytes that are no text", "{\"id\":\"a\xff\",\"status\":\"failed\"}", "a\uFFFD", "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			event := &djamo.Event{Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(tt.data)}
			payment, err := event.Transaction()
			require.NoError(t, err)
			require.Equal(t, tt.id, payment.ID)
			require.Equal(t, tt.status, payment.Status)
			require.Equal(t, fmt.Sprintf("djamo.Event(transactions/completed %s %s)", tt.id, tt.status), fmt.Sprint(event))
			var tracker djamo.StatusTracker
			require.True(t, tracker.Update(event))
			_, ok := tracker.Latest(event.Topic, payment.ID)
			require.True(t, ok)
		})
	}
	wrapped := &djamo.Event{Topic: djamo.TopicCharge, Data: json.RawMessage(`{"status":"paid","data":{"id":"ch_1","status":"paid","paid":500}}`)}
	charge, err := wrapped.Charge()
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(500), charge.Paid)
	require.True(t, wrapped.Stale(about(djamo.TopicCharge, "ch_1", "refunded", "", "")))
}

// The event's data are part of the bytes that came, and cannot be written over by appending.
func TestParseWebhook_DataCannotGrowIntoTheRest(t *testing.T) {
	t.Parallel()
	event, err := djamo.ParseWebhook(clienttest.Signed(`{"data":{"id":"x"},"topic":"ping"}`), "s")
	require.NoError(t, err)
	require.Equal(t, len(event.Data), cap(event.Data))
}

// Reading in place finds what encoding/json finds, where the names are spelled as documented.
func FuzzParseWebhook(f *testing.F) {
	for _, body := range []string{
		clienttest.Delivery, completedEvent, `{"topic":"ping","data":17}`, `{"topic":"a","topic":"b","data":{},"data":[{}]}`, `{"t\u006fpic":"\ud800","data":"\""}`,
		` { "data" : [ true , "}" ] , "topic" : "charges/events" } `, `[]`, `{"topic":null}`, "{\"topic\":\"\xff\"}", `{"topic":"x","data":{"id":1,"status":[],"updatedAt":{}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := djamo.ParseWebhook(clienttest.Signed(string(body)), "s")
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) != nil {
			if err == nil {
				t.Fatalf("%q was taken for an event", body)
			}
			return
		}
		var topic string
		if json.Unmarshal(members["topic"], &topic) != nil || topic == "" {
			if err == nil {
				t.Fatalf("%q has no topic and was taken for an event", body)
			}
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "no object as its data") || bytes.HasPrefix(members["data"], []byte("{")) {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if !bytes.Equal(event.Data, members["data"]) {
			t.Fatalf("%q: data %q, want %q", body, event.Data, members["data"])
		}
		if string(event.Topic) != topic && !strings.Contains(topic, "/") {
			t.Fatalf("%q: topic %q, want %q", body, event.Topic, topic)
		}
		_, _ = event.Transaction()
		_, _ = event.Charge()
	})
}

// Whatever an event holds, its key is 64 hex digits and that of its copy; it is news once at most where it has an id, and
// what is about another object never makes it stale.
func FuzzEvent(f *testing.F) {
	f.Add("transactions/completed", []byte(transactionData), []byte(transactionData))
	f.Add("charge/events", []byte(`{"id":"ch_1","status":"paid","paid":5000}`), []byte(`{"id":"ch_1","status":"refunded","refunded":5000}`))
	f.Add("x", []byte(`{"id":"`), []byte(`{"id":"\`))
	f.Add("x", []byte(`{"id":{"a":[`), []byte(`}`))
	f.Fuzz(func(t *testing.T, topic string, a, b []byte) {
		first, second := &djamo.Event{Topic: djamo.Topic(topic), Data: a}, &djamo.Event{Topic: djamo.Topic(topic), Data: b}
		if len(first.Key()) != 64 || first.Key() != (&djamo.Event{Topic: djamo.Topic(topic), Data: bytes.Clone(a)}).Key() {
			t.Fatalf("key %q", first.Key())
		}
		if first.Stale(nil) {
			t.Fatal("stale after nothing")
		}
		var tracker djamo.StatusTracker
		tracker.Update(first)
		var x, y struct{ ID string }
		if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil || x.ID == "" || y.ID == "" || strings.ContainsRune(x.ID+y.ID, '\uFFFD') {
			return
		}
		if payment, err := first.Transaction(); err == nil {
			if _, ok := tracker.Latest(first.Topic, payment.ID); !ok {
				t.Fatalf("%q is about %q to a callback alone", a, payment.ID)
			}
		}
		if _, ok := tracker.Latest(first.Topic, x.ID); ok && tracker.Update(first) {
			t.Fatalf("%q is news twice", a)
		}
		if x.ID != y.ID && (first.Stale(second) || second.Stale(first)) && bytes.Contains(a, []byte(`"id"`)) && bytes.Contains(b, []byte(`"id"`)) {
			t.Fatalf("%q and %q are about two objects", a, b)
		}
	})
}

// Keys are stored, and asked for by programs built with another version: they never change.
func TestEvent_Key_StaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ topic, data, want string }{
		{"transactions/completed", `{"id":"txn_1","status":"completed","updatedAt":"2026-06-30T10:00:00Z","amount":5000}`, "856ca839a0f625668038fd0057c8627e13f1062dc58a265e64321ca38dc4072d"},
		{"transactions/completed", `{"id":"txn_1","status":"completed"}`, "75d8d5d5ffd439fc80c76f84279f95f6784ab291e157aeb434aa583651846acb"},
		{"charge/events", `{"id":"ch_1","status":"paid","updatedAt":"2026-06-30T10:00:00Z"}`, "73a735f3db8950cc3e65bd361ff12093dc8b7a1790ab6f0ff936a05ea1db7ae2"},
		{"loans/granted", `{"id":"loan_1"}`, "d7bbc7489595d88962e096ac52812ab39baa345348688c8e44e751bb8c554efb"},
	} {
		require.Equal(t, row.want, djamo.Event{Topic: djamo.Topic(row.topic), Data: []byte(row.data)}.Key(), row.data)
	}
}

// Where a field is missing, what is not said must not make two deliveries one.
func TestEvent_Key_StandsForAllDataWhereAFieldIsMissing(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]string{
		"no time":   {`{"id":"txn_1","status":"completed","fee":1}`, `{"id":"txn_1","status":"completed","fee":2}`},
		"no id":     {`{"status":"completed","updatedAt":"2026-06-30T10:00:00Z","fee":1}`, `{"status":"completed","updatedAt":"2026-06-30T10:00:00Z","fee":2}`},
		"no status": {`{"id":"txn_1","updatedAt":"2026-06-30T10:00:00Z","fee":1}`, `{"id":"txn_1","updatedAt":"2026-06-30T10:00:00Z","fee":2}`},
	} {
		key := func(data string) string { return djamo.Event{Topic: "transactions/other", Data: []byte(data)}.Key() }
		require.NotEqual(t, key(pair[0]), key(pair[1]), name)
	}
	whole := func(fee string) string {
		return djamo.Event{Topic: "transactions/completed", Data: []byte(`{"id":"txn_1","status":"completed","updatedAt":"2026-06-30T10:00:00Z","fee":` + fee + `}`)}.Key()
	}
	require.Equal(t, whole("1"), whole("2"), "id, status and time are all there")
}

// Of kinds this package does not know only time tells, and only where both have one.
func TestEvent_Stale_OfOtherKindsByTimeAlone(t *testing.T) {
	t.Parallel()
	loan := func(updatedAt string) *djamo.Event {
		return &djamo.Event{Topic: "loans/granted", Data: []byte(`{"id":"loan_1"` + updatedAt + `}`)}
	}
	const first, second, odd = `,"updatedAt":"2026-06-30T10:00:00Z"`, `,"updatedAt":"2026-06-30T10:00:01Z"`, `,"updatedAt":"2026-06-30T10:00:00.000Z"`
	require.True(t, loan(first).Stale(loan(second)))
	require.False(t, loan(second).Stale(loan(first)))
	require.True(t, loan(odd).Stale(loan(first)), "no later")
	require.False(t, loan("").Stale(loan(first)))
	require.False(t, loan(first).Stale(loan("")))
	require.True(t, loan("").Stale(loan("")), "the very same data")
	require.False(t, loan(`,"x":1`).Stale(loan(`,"x":2`)))
}

// The oldest is forgotten first, each time, and what is forgotten is as good as never seen.
func TestMemoryDeduper_ForgetsInOrder(t *testing.T) {
	t.Parallel()
	seen := djamo.MemoryDeduper{Remember: 2}
	for _, key := range []string{"a", "b", "c", "d"} {
		claim, err := seen.Claim(t.Context(), key, "one", time.Hour)
		require.NoError(t, err)
		require.Equal(t, djamo.ClaimGranted, claim)
		require.NoError(t, seen.Done(t.Context(), key, "one"))
	}
	for key, want := range map[string]djamo.Claim{"a": djamo.ClaimGranted, "b": djamo.ClaimGranted, "c": djamo.ClaimDone, "d": djamo.ClaimDone} {
		claim, err := seen.Claim(t.Context(), key, "another", time.Hour)
		require.NoError(t, err)
		require.Equal(t, want, claim, key)
	}

	single := djamo.MemoryDeduper{Remember: 1}
	require.NoError(t, single.Done(t.Context(), "a", "one"))
	require.NoError(t, single.Done(t.Context(), "b", "one"))
	claim, err := single.Claim(t.Context(), "a", "one", time.Hour)
	require.NoError(t, err)
	require.Equal(t, djamo.ClaimGranted, claim)
}

func TestStatusTracker_ForgetsInOrder(t *testing.T) {
	t.Parallel()
	tracker := djamo.StatusTracker{Remember: 2}
	for _, id := range []string{"a", "b", "c", "d"} {
		require.True(t, tracker.Update(&djamo.Event{Topic: djamo.TopicTransactionStarted, Data: []byte(`{"id":"` + id + `"}`)}))
	}
	for id, held := range map[string]bool{"a": false, "b": false, "c": true, "d": true} {
		_, ok := tracker.Latest(djamo.TopicTransactionStarted, id)
		require.Equal(t, held, ok, id)
	}
	single := djamo.StatusTracker{Remember: 1}
	single.Update(&djamo.Event{Topic: djamo.TopicTransactionStarted, Data: []byte(`{"id":"a"}`)})
	single.Update(&djamo.Event{Topic: djamo.TopicTransactionStarted, Data: []byte(`{"id":"b"}`)})
	_, ok := single.Latest(djamo.TopicTransactionStarted, "a")
	require.False(t, ok)
}

// White space, which JSON allows around every value, changes nothing of what is read.
func TestEvent_ReadsThroughWhiteSpace(t *testing.T) {
	t.Parallel()
	charge := func(paid, space string) *djamo.Event {
		return &djamo.Event{Topic: djamo.TopicCharge, Data: []byte(`{"id"` + space + `:` + space + `"ch_1"` + space + `,"status":"paid","paid":` + space + paid + space + `,"refunded":0` + space + `}`)}
	}
	for _, space := range []string{"", " ", "\t", "\r", "\n", "\r\n\t "} {
		require.True(t, charge("4000", "").Stale(charge("5000", space)), "%q", space)
		require.True(t, charge("4000", space).Stale(charge("5000", "")), "%q", space)
		require.False(t, charge("5000", space).Stale(charge("4000", "")), "%q", space)
	}
}
