package djamo_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// about builds an event from topic, id, status, the second of its updatedAt ("" is none), and more fields.
func about(topic djamo.Topic, id, status, second, more string) *djamo.Event {
	data := fmt.Sprintf(`{"id":%q,"status":%q`, id, status)
	if second != "" {
		data += fmt.Sprintf(`,"updatedAt":"2026-06-01T08:00:%sZ"`, second)
	}
	return &djamo.Event{Topic: topic, Data: json.RawMessage(data + more + "}")}
}

func transfer(status, second string) *djamo.Event {
	topic := map[string]djamo.Topic{"pending": djamo.TopicTransactionStarted, "completed": djamo.TopicTransactionCompleted, "failed": djamo.TopicTransactionFailed}[status]
	if topic == "" {
		topic = djamo.Topic("transactions/" + status)
	}
	return about(topic, "txn_1", status, second, "")
}

func charge(status, second, more string) *djamo.Event {
	return about(djamo.TopicCharge, "ch_1", status, second, more)
}

func TestEvent_Stale(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		event, previous *djamo.Event
		want            bool
	}{
		{"nothing before", transfer("pending", "01"), nil, false},
		{"completed after started", transfer("completed", "02"), transfer("pending", "01"), false},
		{"failed after started", transfer("failed", "02"), transfer("pending", "01"), false},
		{"started after completed", transfer("pending", "01"), transfer("completed", "02"), true},
		{"started after completed, by the clock too", transfer("pending", "03"), transfer("completed", "02"), true},
		{"completed after started, against the clock", transfer("completed", "01"), transfer("pending", "02"), false},
		{"a repeat", transfer("completed", "02"), transfer("completed", "02"), true},
		{"a repeat without a time", transfer("completed", ""), transfer("completed", ""), true},
		{"the same later", transfer("completed", "03"), transfer("completed", "02"), false},
		{"the same earlier", transfer("completed", "01"), transfer("completed", "02"), true},
		{"pending, updatedAt going backwards", transfer("pending", "01"), transfer("pending", "02"), true},
		{"failed after completed at the same time", transfer("failed", "02"), transfer("completed", "02"), true},
		{"failed after completed, without times", transfer("failed", ""), transfer("completed", ""), true},
		{"failed after completed, later", transfer("failed", "03"), transfer("completed", "02"), false},
		{"failed after completed, earlier", transfer("failed", "01"), transfer("completed", "02"), true},
		{"completed after failed at the same time", transfer("completed", "02"), transfer("failed", "02"), false},
		{"a time where there was none", transfer("failed", "01"), transfer("completed", ""), false},
		{"no time where there was one", transfer("failed", ""), transfer("completed", "01"), true},
		{"another transfer", about(djamo.TopicTransactionStarted, "txn_2", "pending", "01", ""), transfer("completed", "02"), false},
		{"a charge with the id of a transfer", about(djamo.TopicCharge, "txn_1", "created", "01", ""), transfer("completed", "02"), false},
		{"without an id", about(djamo.TopicTransactionStarted, "", "pending", "01", ""), about(djamo.TopicTransactionStarted, "", "pending", "01", ""), false},
		{"status from the topic alone", &djamo.Event{Topic: djamo.TopicTransactionStarted, Data: json.RawMessage(`{"id":"txn_1"}`)},
			&djamo.Event{Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(`{"id":"txn_1"}`)}, true},
		{"and forward", &djamo.Event{Topic: djamo.TopicTransactionCompleted, Data: json.RawMessage(`{"id":"txn_1"}`)},
			&djamo.Event{Topic: djamo.TopicTransactionStarted, Data: json.RawMessage(`{"id":"txn_1"}`)}, false},

		{"unknown status, later", transfer("reversed", "03"), transfer("completed", "02"), false},
		{"unknown status, earlier", transfer("reversed", "01"), transfer("completed", "02"), true},
		{"unknown status, same time", transfer("reversed", "02"), transfer("completed", "02"), true},
		{"after an unknown status, later", transfer("completed", "03"), transfer("reversed", "02"), false},
		{"after an unknown status, earlier", transfer("completed", "01"), transfer("reversed", "02"), true},
		{"unknown status without a time", transfer("reversed", ""), transfer("completed", "02"), true},
		{"unknown status, no times", transfer("reversed", ""), transfer("completed", ""), true},
		{"completed after an unknown step, no times", transfer("completed", ""), transfer("processing", ""), false},
		{"unknown status after pending, against the clock", transfer("processing", "01"), transfer("pending", "02"), false},
		{"pending after an unknown status, later", transfer("pending", "03"), transfer("reversed", "02"), true},
		{"unknown status again, the same data", transfer("reversed", ""), transfer("reversed", ""), true},
		{"unknown topic, other data", about("loans/paid", "l", "", "", `,"n":2`), about("loans/paid", "l", "", "", `,"n":1`), false},
		{"unknown topics, the same data", about("loans/paid", "l", "", "", ""), about("loans/granted", "l", "", "", ""), false},

		{"due after created", charge("due", "", ""), charge("created", "", ""), false},
		{"created after paid", charge("created", "", ""), charge("paid", "", ""), true},
		{"refunded after paid", charge("refunded", "", ""), charge("paid", "", ""), false},
		{"refunded after a partial refund", charge("refunded", "", ""), charge("refunded_partially", "", ""), false},
		{"partial refund after refunded", charge("refunded_partially", "", ""), charge("refunded", "", ""), true},
		{"a second partial refund", charge("refunded_partially", "", `,"refunded":300`), charge("refunded_partially", "", `,"refunded":100`), false},
		{"the first after the second", charge("refunded_partially", "", `,"refunded":100`), charge("refunded_partially", "", `,"refunded":300`), true},
		{"more was paid", charge("due", "", `,"paid":300`), charge("due", "", `,"paid":100`), false},
		{"less was paid", charge("due", "", `,"paid":100`), charge("due", "", `,"paid":300`), true},
		{"more was paid, in another case", charge("due", "", `,"PAID":300`), charge("due", "", `,"Paid":100`), false},
		{"more was refunded, in another case", charge("refunded_partially", "", `,"REFUNDED":300`), charge("refunded_partially", "", `,"refunded":100`), false},
		{"paid what is no number", charge("due", "", `,"paid":"x"`), charge("due", "", ""), true},
		{"paid more than can be counted", charge("due", "", `,"paid":99999999999999999999`), charge("due", "", `,"paid":100`), true},
		{"dropped after due", charge("dropped", "", ""), charge("due", "", ""), false},
		{"dropped after paid", charge("dropped", "", ""), charge("paid", "", ""), true},
		{"paid after dropped", charge("paid", "", ""), charge("dropped", "", ""), false},
		{"canceled after cancelled", charge("canceled", "", ""), charge("cancelled", "", ""), true},
		{"failed after created", charge("failed", "", ""), charge("created", "", ""), false},
		{"paid after an unknown step, no times", charge("paid", "", ""), charge("processing", "", ""), false},
		{"created after an unknown status", charge("created", "09", ""), charge("disputed", "", ""), true},
		{"dropped after an unknown status, later", charge("dropped", "09", ""), charge("disputed", "08", ""), true},
		{"disputed after refunded, later", charge("disputed", "09", ""), charge("refunded", "08", ""), false},
		{"paid after a refund that was taken back, later", charge("paid", "09", ""), charge("refunded", "08", ""), false},
		{"disputed after paid, earlier", charge("disputed", "07", ""), charge("paid", "08", ""), true},
		{"disputed after paid, later", charge("disputed", "09", ""), charge("paid", "08", ""), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.event.Stale(tt.previous))
		})
	}
}

// Whatever the order and however often, the same state is left.
func TestStatusTracker_AnyOrderEndsAlike(t *testing.T) {
	t.Parallel()
	stories := map[string][]*djamo.Event{
		"a payment":               {transfer("pending", "01"), transfer("completed", "02")},
		"updated while pending":   {transfer("pending", "01"), transfer("pending", "02"), transfer("pending", "03"), transfer("completed", "04"), transfer("completed", "05")},
		"without times":           {transfer("pending", ""), transfer("failed", "")},
		"corrected":               {transfer("pending", "01"), transfer("failed", "02"), transfer("completed", "03")},
		"against the clock":       {transfer("pending", "09"), transfer("pending", ""), transfer("completed", "02")},
		"with what is not known":  {transfer("pending", "01"), transfer("completed", "02"), transfer("reversed", "03")},
		"a charge":                {charge("created", "", ""), charge("due", "", ""), charge("paid", "", `,"paid":5000`), charge("refunded_partially", "", `,"refunded":10`), charge("refunded_partially", "", `,"refunded":20`), charge("refunded", "", `,"refunded":5000`)},
		"a charge paid after all": {charge("created", "", ""), charge("due", "", ""), charge("dropped", "", ""), charge("paid", "", "")},
	}
	random := rand.New(rand.NewPCG(4, 2026))
	for name, story := range stories {
		want := string(story[len(story)-1].Data)
		for round := range 500 {
			told := append(append([]*djamo.Event{}, story...), story[random.IntN(len(story))], story[random.IntN(len(story))])
			random.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
			var tracker djamo.StatusTracker
			var before *djamo.Event
			for _, event := range told {
				require.Equal(t, !event.Stale(before), tracker.Update(event), "%s, round %d", name, round)
				latest, ok := tracker.Latest(event.Topic, idOf(event))
				require.True(t, ok)
				before = latest
			}
			require.Equal(t, want, string(before.Data), "%s, round %d", name, round)
		}
	}
}

// anyEvent is about one transaction or charge, with a status that may be unknown and a time that may be missing.
func anyEvent(random *rand.Rand, kind djamo.Topic) *djamo.Event {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	second := pick("", "01", "02", "03")
	if kind == djamo.TopicCharge {
		status := pick("created", "due", "dropped", "failed", "cancelled", "canceled", "paid", "refunded_partially", "refunded", "disputed", "held")
		return charge(status, second, pick("", `,"paid":5`, `,"refunded":1`, `,"paid":5,"refunded":2`))
	}
	return transfer(pick("pending", "completed", "failed", "reversed", "processing"), second)
}

// Of any three events, known or not, timed or not, no two are each news after the other, and what is news after what is
// news after a third is news after that.
func TestEvent_Stale_IsOneOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 2026))
	for _, kind := range []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicCharge} {
		for range 50_000 {
			a, b, c := anyEvent(random, kind), anyEvent(random, kind), anyEvent(random, kind)
			require.True(t, a.Stale(b) || b.Stale(a), "%s and %s are both news", a.Data, b.Data)
			if a.Stale(b) && b.Stale(c) {
				require.True(t, a.Stale(c), "%s is told by %s, that by %s, and yet it is news", a.Data, b.Data, c.Data)
			}
		}
	}
}

// All orders of the same events leave a state that tells as much, with what is not known among them, and none ever leads
// from a final state to one before it.
func TestStatusTracker_AllOrdersEndAlike(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 2026))
	before := map[string]bool{"pending": true, "created": true, "due": true}
	for range 500 {
		kind := []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicCharge}[random.IntN(2)]
		told := []*djamo.Event{anyEvent(random, kind), anyEvent(random, kind), anyEvent(random, kind), anyEvent(random, kind)}
		var end *djamo.Event
		permute(told, 0, func() {
			var tracker djamo.StatusTracker
			was := ""
			var latest *djamo.Event
			for _, event := range told {
				tracker.Update(event)
				latest, _ = tracker.Latest(kind, idOf(event))
				status := statusOf(latest)
				require.False(t, was != "" && !before[was] && before[status], "from %s back to %s", was, status)
				was = status
			}
			if end == nil {
				end = latest
			}
			require.True(t, end.Stale(latest) && latest.Stale(end), "%s or %s, as they came", end.Data, latest.Data)
			one, other := statusOf(end), statusOf(latest)
			known := one != "reversed" && one != "processing" && one != "disputed" && one != "held" && one != "canceled" && one != "cancelled"
			require.True(t, !known || one == other, "%s or %s, as they came", one, other)
		})
	}
}

func permute(events []*djamo.Event, from int, visit func()) {
	if from == len(events) {
		visit()
		return
	}
	for i := from; i < len(events); i++ {
		events[from], events[i] = events[i], events[from]
		permute(events, from+1, visit)
		events[from], events[i] = events[i], events[from]
	}
}

func statusOf(event *djamo.Event) string {
	var object struct{ Status string }
	_ = json.Unmarshal(event.Data, &object)
	return object.Status
}

func idOf(event *djamo.Event) string {
	var object struct{ ID string }
	_ = json.Unmarshal(event.Data, &object)
	return object.ID
}

func TestStatusTracker_ForgetsTheOldest(t *testing.T) {
	t.Parallel()
	tracker := djamo.StatusTracker{Remember: 3}
	tell := func(id, status string) bool {
		return tracker.Update(about(djamo.TopicTransactionStarted, id, status, "", ""))
	}
	for i := range 5 {
		require.True(t, tell(strconv.Itoa(i), "pending"))
	}
	require.True(t, tell("4", "completed"))
	for id, want := range map[string]bool{"0": false, "1": false, "2": true, "3": true, "4": true} {
		_, ok := tracker.Latest(djamo.TopicTransactionFailed, id)
		require.Equal(t, want, ok, id)
	}
	require.True(t, tell("0", "pending"), "what is forgotten is news again")
	_, ok := tracker.Latest(djamo.TopicTransactionStarted, "2")
	require.False(t, ok)

	require.False(t, tracker.Update(nil))
	require.True(t, tell("", "pending"))
	require.True(t, tell("", "pending"), "without an id nobody knows")
	_, ok = tracker.Latest(djamo.TopicTransactionStarted, "")
	require.False(t, ok)
	_, ok = (&djamo.StatusTracker{}).Latest(djamo.TopicCharge, "0")
	require.False(t, ok)
}

func TestStatusTracker_KeepsACopy(t *testing.T) {
	t.Parallel()
	var tracker djamo.StatusTracker
	event := transfer("completed", "01")
	require.True(t, tracker.Update(event))
	*event = *transfer("pending", "01")
	latest, ok := tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	require.True(t, ok)
	latest.Topic = "changed"
	latest, _ = tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	require.Equal(t, djamo.TopicTransactionCompleted, latest.Topic)

	// What is done to the bytes of either changes nothing.
	told := transfer("completed", "02")
	require.True(t, tracker.Update(told))
	clear(told.Data)
	latest, _ = tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	clear(latest.Data)
	require.False(t, tracker.Update(transfer("pending", "03")))
	require.False(t, tracker.Update(transfer("completed", "02")))
}

// Of a delivery only the event's data are held, not what came around them.
func TestStatusTracker_HoldsNoDelivery(t *testing.T) {
	t.Parallel()
	var tracker djamo.StatusTracker
	freed := make(chan struct{})
	func() {
		padded, err := djamo.ParseWebhook(clienttest.Signed(`{"pad":"`+strings.Repeat("x", 500<<10)+`","topic":"transactions/started","data":{"id":"txn_1","status":"pending"}}`), "s")
		require.NoError(t, err)
		runtime.AddCleanup(&padded.Data[0], func(int) { close(freed) }, 0)
		require.True(t, tracker.Update(padded))
	}()
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	}, 5*time.Minute, time.Millisecond)
	_, ok := tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	require.True(t, ok)
}

func TestStatusTracker_IsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	tracker := djamo.StatusTracker{Remember: 4}
	var running sync.WaitGroup
	news := make([]int, 8)
	for worker := range news {
		running.Go(func() {
			for second := range 50 {
				if tracker.Update(transfer("pending", fmt.Sprintf("%02d", second))) {
					news[worker]++
				}
				tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
			}
		})
	}
	running.Wait()
	total := 0
	for _, n := range news {
		total += n
	}
	require.LessOrEqual(t, total, 50, "each state is news to one of them at most")
	latest, ok := tracker.Latest(djamo.TopicTransactionStarted, "txn_1")
	require.True(t, ok)
	require.Contains(t, string(latest.Data), "08:00:49Z")
}
