package djamo_test

import (
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

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
