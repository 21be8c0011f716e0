package walletsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// script is a gateway that answers what a test says, whatever is asked; asked has the cursors.
type script struct {
	answers []answered
	asked   []string
}

type answered struct {
	items  string // id:amount:status:pending, with spaces between them
	cursor string
	err    error
}

func (s *script) Page(_ context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	s.asked = append(s.asked, params.Cursor)
	if len(s.answers) == 0 {
		return &wallet.Page{WalletID: params.WalletID, NextCursor: params.Cursor}, nil
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	page := &wallet.Page{WalletID: params.WalletID, NextCursor: next.cursor}
	for item := range strings.FieldsSeq(next.items) {
		parts := strings.Split(item+":::", ":")
		raw := fmt.Sprintf(
			`{"id":%q,"ts":"2026-05-28T09:14:02Z","amount_minor":%s,"status":%q,"pending_id":%q}`, parts[0], parts[1], parts[2], parts[3],
		)
		event, err := wallet.DecodeEvent([]byte(raw))
		entry := wallet.Item{Event: event}
		if err != nil {
			entry.Reason = err.Error()
		}
		page.Items = append(page.Items, entry)
	}
	return page, next.err
}

// scripted reads a wallet from a script until it is in step and calm, and returns the changes in short.
func scripted(t *testing.T, answers ...answered) (string, *memoryStore, *script) {
	t.Helper()
	now := time.Date(2026, 5, 28, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store, gateway := newMemoryStore(clock), &script{answers: answers}
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Owner: "p", Now: clock}
	engine := &Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p", Now: clock}
	key, err := keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "tok"})
	require.NoError(t, err)
	require.NoError(t, store.Register(t.Context(), "w", key))
	leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Hour, nil)
	require.NoError(t, err)
	reader := &Reader{Lease: leases[0]}
	for range len(answers) + 6 {
		now = now.Add(time.Minute)
		_, _, _ = engine.Step(t.Context(), reader, false)
	}
	var changes []string
	for _, change := range store.wallets["w"].changes {
		event, err := wallet.DecodeEvent(change.Raw)
		require.NoError(t, err)
		changes = append(changes, fmt.Sprintf("%s %s v%d %d", change.Kind, change.ID, change.Version, event.Amount))
	}
	return strings.Join(changes, "\n"), store, gateway
}

func TestEngine_Semantics(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []answered
		want    string
		inStep  bool
		asked   []string // the first cursors
	}{
		"an empty page is the end": {
			[]answered{{"a:1 b:2", "c1", nil}, {"", "c1", nil}}, "added a v1 1\nadded b v1 2", true, []string{"", "c1", "c1"},
		},
		"a short page is not": {[]answered{{"a:1", "c1", nil}, {"b:2", "c2", nil}}, "added a v1 1\nadded b v1 2", true, []string{"", "c1", "c2"}},
		"an empty cursor never overwrites": {
			[]answered{{"a:1", "c1", nil}, {"b:2", "", nil}, {"b:2", "c2", nil}, {"c:3", "c3", nil}}, "added a v1 1\nadded b v1 2\nadded c v1 3", true,
			[]string{"", "c1", "c1", "c2", "c3"},
		},
		"a cursor without items is saved": {
			[]answered{{"a:1", "c1", nil}, {"", "c2", nil}, {"b:2", "c3", nil}}, "added a v1 1\nadded b v1 2", true, []string{"", "c1", "c2", "c3"},
		},
		"the same id twice in a page: the last": {[]answered{{"a:1 b:5 a:2", "c1", nil}}, "added b v1 5\nadded a v1 2", true, nil},
		"equal content is no change":            {[]answered{{"a:1", "c1", nil}, {"a:1", "c2", nil}}, "added a v1 1", true, nil},
		"other content is a version":            {[]answered{{"a:1", "c1", nil}, {"a:2", "c2", nil}}, "added a v1 1\nmodified a v2 2", true, nil},
		"what is final stays":                   {[]answered{{"a:1:settled", "c1", nil}, {"a:2:settled", "c2", nil}}, "added a v1 1", true, nil},
		"a mutation goes back to the first cursor": {
			[]answered{{"a:1", "c1", nil}, {"", "c1", nil}, {"b:2 a:9", "c2", nil}, {"", "", wallet.ErrMutation}, {"c:3", "c3", nil}, {"", "c3", nil}},
			"added a v1 1\nadded b v1 2\nmodified a v2 9\nadded c v1 3\nremoved b v2 2\nmodified a v3 1", true, []string{"", "c1", "c1", "c2", "c1", "c3"},
		},
		"what an update that is given up calls final is not": {
			[]answered{
				{"a:5:pending", "c1", nil}, {"", "c1", nil}, {"a:7:settled b:7:settled", "c2", nil}, {"", "", wallet.ErrMutation},
				{"a:6:settled b:8:settled", "c3", nil}, {"", "c3", nil}, {"a:7:settled b:7:settled", "c4", nil},
			},
			"added a v1 5\nmodified a v2 7\nadded b v1 7\nmodified a v3 6\nmodified b v2 8", true, nil,
		},
		"what was final before it is": {
			[]answered{
				{"a:5:settled", "c1", nil}, {"", "c1", nil}, {"a:5:booked", "c2", nil}, {"", "", wallet.ErrMutation}, {"a:6:settled", "c3", nil},
			},
			"added a v1 5\nmodified a v2 5", true, nil,
		},
		"of two that replace an item, the one that is given up lets it be": {
			[]answered{
				{"p:1 q:2::p", "c1", nil}, {"", "c1", nil}, {"r:3::p", "c2", nil}, {"", "", wallet.ErrMutation}, {"p:1", "c3", nil}, {"", "c3", nil},
				{"p:1", "c3", nil}, {"", "c3", nil},
			},
			"added p v1 1\nadded q v1 2\nremoved p v2 1\nadded r v1 3\nremoved r v2 3", true, nil,
		},
		"so does the first of them": {
			[]answered{
				{"p:1", "c1", nil}, {"", "c1", nil}, {"q:2::p r:3::p", "c2", nil}, {"", "", wallet.ErrMutation}, {"r:3::p", "c3", nil}, {"", "c3", nil},
			},
			"added p v1 1\nadded q v1 2\nremoved p v2 1\nadded r v1 3\nremoved q v2 2", true, nil,
		},
		"a mutation of the first update": {
			[]answered{{"a:1", "c1", nil}, {"", "", wallet.ErrMutation}, {"b:2", "c2", nil}, {"", "c2", nil}}, "added a v1 1\nadded b v1 2\nremoved a v2 1", true,
			[]string{"", "c1", "", "c2"},
		},
		"a bad cursor reads anew, then reconciles": {
			[]answered{{"a:1 b:2", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor}, {"b:2", "d1", nil}, {"", "d1", nil}, {"a:1", "d2", nil}},
			"added a v1 1\nadded b v1 2\nremoved a v2 1\nadded a v3 1", true, []string{"", "c1", "c1", "", "d1"},
		},
		"nothing after a bad cursor is read twice before it is believed": {
			[]answered{{"a:1", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor}, {"", "", nil}, {"a:1", "d1", nil}},
			"added a v1 1", true, []string{"", "c1", "c1", "", "", "d1"},
		},
		"an item of the first page vanishes before that page comes again": {
			[]answered{{"a:1 b:2", "", nil}, {"b:2", "c1", nil}, {"", "c1", nil}}, "added a v1 1\nadded b v1 2\nremoved a v2 1", true,
			[]string{"", "", "c1"},
		},
		"so does a posted item after a bad cursor: its pending one is current again": {
			[]answered{
				{"p:1", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor}, {"p:1 q:2::p", "", nil}, {"p:1", "d1", nil}, {"", "d1", nil},
				{"p:1", "d1", nil}, {"", "d1", nil},
			},
			"added p v1 1\nadded q v1 2\nremoved p v2 1\nremoved q v2 2\nadded p v3 1", true, []string{"", "c1", "c1", "", "", "d1", "", "d1"},
		},
		"and the one before that, when the pending one does not come again either": {
			[]answered{
				{"p:1", "c1", nil}, {"", "c1", nil}, {"q:2::p", "c2", nil}, {"", "c2", nil}, {"r:3::q", "c3", nil}, {"", "c3", nil},
				{"", "", wallet.ErrInvalidCursor}, {"p:1 q:2::p", "d1", nil}, {"", "d1", nil}, {"p:1", "e1", nil}, {"", "e1", nil},
			},
			"added p v1 1\nadded q v1 2\nremoved p v2 1\nadded r v1 3\nremoved q v2 2\nremoved r v2 3\nadded p v3 1", true, nil,
		},
		"all three come again but the last": {
			[]answered{
				{"p:1 q:2::p r:3::q", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor}, {"q:2::p p:1", "d1", nil}, {"", "d1", nil},
				{"q:2::p p:1", "e1", nil}, {"", "e1", nil},
			},
			"added p v1 1\nadded q v1 2\nremoved p v2 1\nadded r v1 3\nremoved q v2 2\nremoved r v2 3\nadded q v3 2", true, nil,
		},
		"the first page comes again, shorter": {
			[]answered{{"a:1 b:2", "", nil}, {"a:1", "c1", nil}, {"b:2", "c2", nil}, {"", "c2", nil}}, "added a v1 1\nadded b v1 2", true,
			[]string{"", "", "c1", "c2"},
		},
		"one answer that lost its items removes nothing": {
			[]answered{{"a:1 b:2", "", nil}, {"", "", nil}, {"a:1 b:2", "c1", nil}, {"", "c1", nil}}, "added a v1 1\nadded b v1 2", true,
			[]string{"", "", "", "c1"},
		},
		"nor does it end a reading after a bad cursor": {
			[]answered{
				{"a:1 b:2", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor}, {"a:1", "", nil}, {"", "", nil}, {"a:1 b:2", "d1", nil},
				{"", "d1", nil},
			},
			"added a v1 1\nadded b v1 2", true, []string{"", "c1", "c1", "", "", "", "d1"},
		},
		"a gateway without cursors": {
			[]answered{{"a:1 b:2", "", nil}, {"a:1 b:2", "", nil}, {"a:1 b:2", "", nil}, {"a:1 b:2", "", nil}}, "added a v1 1\nadded b v1 2", true,
			[]string{"", "", "", ""},
		},
		"a pending item of one that is replaced itself, the newest first": {
			[]answered{{"c:3::b b:2::a a:1", "c1", nil}, {"", "c1", nil}}, "added c v1 3", true, nil,
		},
		"the same on pages of their own": {
			[]answered{{"c:3::b", "c1", nil}, {"b:2::a", "c2", nil}, {"a:1", "c3", nil}, {"", "c3", nil}}, "added c v1 3", true, nil,
		},
		"the same in the order of time": {
			[]answered{{"a:1 b:2::a c:3::b", "c1", nil}, {"", "c1", nil}},
			"added a v1 1\nadded b v1 2\nremoved a v2 1\nadded c v1 3\nremoved b v2 2", true, nil,
		},
		"two items that name each other: one stays": {[]answered{{"a:1::b b:2::a", "c1", nil}, {"", "c1", nil}}, "added a v1 1", true, nil},
		"the same with the other on a later page": {
			[]answered{{"a:1::b", "c1", nil}, {"b:2::a", "c2", nil}, {"", "c2", nil}}, "added a v1 1", true, nil,
		},
		"the same when the first changes later": {
			[]answered{{"a:1", "c1", nil}, {"", "c1", nil}, {"b:2::a", "c2", nil}, {"", "c2", nil}, {"a:1::b", "c3", nil}, {"", "c3", nil}},
			"added a v1 1\nadded b v1 2\nremoved a v2 1", true, nil,
		},
		"three in a circle, on pages of their own: one stays": {
			[]answered{{"a:1::b", "c1", nil}, {"b:2::c", "c2", nil}, {"", "c2", nil}, {"c:3::a", "c3", nil}, {"", "c3", nil}}, "added a v1 1", true, nil,
		},
		"an item that came and whose sum does not fit has not vanished": {
			[]answered{
				{"a:5 b:9223372036854775000", "c1", nil}, {"", "c1", nil}, {"", "", wallet.ErrInvalidCursor},
				{"b:9223372036854775000 a:9000", "d1", nil}, {"", "d1", nil},
			},
			"added a v1 5\nadded b v1 9223372036854775000", true, nil,
		},
		"an item that names itself":        {[]answered{{"a:1::a", "c1", nil}, {"", "c1", nil}}, "added a v1 1", true, nil},
		"a limit whose length nobody says": {[]answered{{"a:1", "c1", wallet.ErrRateLimited}, {"a:1", "c1", nil}, {"", "c1", nil}}, "added a v1 1", true, nil},
		"a page that is repeated ends nothing": {
			[]answered{{"a:1", "c1", nil}, {"a:1", "c1", nil}, {"a:1", "c1", nil}, {"b:2", "c2", nil}}, "added a v1 1\nadded b v1 2", true, nil,
		},
		"trouble changes nothing": {[]answered{{"a:1", "c1", nil}, {"b:2", "c2", errors.New("503")}}, "added a v1 1", true, []string{"", "c1", "c1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, store, gateway := scripted(t, test.answers...)
			require.Equal(t, test.want, changes)
			require.Equal(t, test.inStep, store.wallets["w"].state.InStep)
			require.Equal(t, fmt.Sprint(test.asked), fmt.Sprint(gateway.asked[:len(test.asked)]))
		})
	}
}

// Of an id that stands twice in a page the last that can be read counts, and what cannot be read is seen by a person.
func TestEngine_TheSameIDTwiceInAPage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		page, want string
		aside      int
	}{
		"both can be read":         {"a:1:settled b:5 a:2:settled", "added b v1 5\nadded a v1 2", 0},
		"the last cannot be read":  {"a:1 b:5 a:null", "added a v1 1\nadded b v1 5", 1},
		"the first cannot be read": {"a:null b:5 a:2", "added b v1 5\nadded a v1 2", 0},
	} {
		changes, store, _ := scripted(t, answered{test.page, "c1", nil})
		require.Equal(t, test.want, changes, name)
		require.Len(t, store.wallets["w"].quarantine, test.aside, name)
	}
}

func TestEngine_AFileIsOlderThanTheGateway(t *testing.T) {
	t.Parallel()
	_, store, _ := scripted(t, answered{"a:1 b:2", "c1", nil}, answered{"", "c1", nil}, answered{"", "", wallet.ErrInvalidCursor},
		answered{"b:2", "d1", nil}, answered{"", "d1", nil})
	engine := &Engine{Store: store}
	var rows []wallet.Event
	for _, id := range []string{"a", "b", "z"} {
		event, err := wallet.DecodeEvent([]byte(`{"id":"` + id + `","ts":"2026-01-01T00:00:00Z","amount_minor":7}`))
		require.NoError(t, err)
		rows = append(rows, event)
	}
	added, err := engine.Import(t.Context(), "w", rows)
	require.NoError(t, err)
	require.Equal(t, 1, added, "what was taken back stays so, what the gateway gave stays as it is")
	added, err = engine.Import(t.Context(), "w", rows)
	require.NoError(t, err)
	require.Zero(t, added)
}

// What history brought before an update began was there before it. So it stays when pages change while the update is read, and the
// update does not have it any more.
func TestEngine_AMutationTakesNothingOfHistoryBack(t *testing.T) {
	t.Parallel()
	for name, update := range map[string][]answered{
		"the item as it was":             {{"h:7", "c2", nil}},
		"another version of it":          {{"h:8", "c2", nil}},
		"pages that had changed before":  {{"", "", wallet.ErrMutation}, {"h:7", "c2", nil}},
		"and another version after that": {{"", "", wallet.ErrMutation}, {"h:8", "c2", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, store, gateway := scripted(t, answered{"a:1", "c1", nil}, answered{"", "c1", nil})
			sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
			require.NoError(t, err)
			now := time.Date(2026, 5, 28, 12, 0, 0, 0, time.UTC)
			clock := func() time.Time { return now }
			engine := &Engine{
				Store: store, Gateway: gateway, Owner: "p", Now: clock,
				Keeper: &consent.Keeper{Store: store, Sealer: sealer, Owner: "p", Now: clock},
			}
			day, err := wallet.ParseDate("2026-01-01")
			require.NoError(t, err)
			require.NoError(t, engine.Backfill(t.Context(), "w", day))
			state := &store.wallets["w"].state
			m := &memory{lease: Lease{Wallet: "w", Owner: state.Owner, Fence: state.Fence}}
			gateway.answers = []answered{{"h:7", "h1", nil}, {"", "h1", nil}}
			for range 3 {
				_, err = engine.step(t.Context(), m, history)
				require.NoError(t, err)
			}
			require.True(t, state.BackfillDone)
			gateway.answers = append(slices.Clone(update), []answered{{"", "", wallet.ErrMutation}, {"b:2", "c3", nil}, {"", "c3", nil}}...)
			for range len(gateway.answers) + 2 {
				_, _ = engine.step(t.Context(), m, live)
			}
			require.True(t, state.InStep)
			require.EqualValues(t, 3, state.Items)
			require.EqualValues(t, 1+7+2, state.Sum)
		})
	}
}

func TestEngine_ObservesEachRead(t *testing.T) {
	t.Parallel()
	_, store, gateway := scripted(t, answered{"a:1:settled", "c1", nil}, answered{"", "c1", nil})
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	now := time.Date(2026, 5, 28, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	var seen []Observation
	engine := &Engine{
		Store: store, Gateway: gateway, Owner: "p", Now: clock, Observe: func(o Observation) { seen = append(seen, o) },
		Keeper: &consent.Keeper{Store: store, Sealer: sealer, Owner: "p", Now: clock},
	}
	state := store.wallets["w"].state
	m := &memory{lease: Lease{Wallet: "w", Owner: state.Owner, Fence: state.Fence}, nextLive: now.Add(-7 * time.Second)}
	gateway.answers = []answered{{"b:2 x:no a:9:settled", "c2", nil}, {"", "", errors.New("503")}}
	for range 2 {
		_, _ = engine.step(t.Context(), m, live)
	}
	require.Len(t, seen, 2)
	require.Equal(t, Observation{Wallet: "w", Items: 3, Changes: 1, Quarantined: 2, Lag: 7 * time.Second}, seen[0])
	require.ErrorContains(t, seen[1].Err, "503")
}

// Once a day the latest days are read again, and an entry that was made late comes in. After an outage none of the days is left out.
func TestEngine_LooksBackOnceADay(t *testing.T) {
	t.Parallel()
	_, store, _ := scripted(t, answered{"a:1", "c1", nil}, answered{"", "c1", nil})
	state := &store.wallets["w"].state
	require.False(t, state.LookBackAt.IsZero())
	now := state.LookBackAt
	gateway := &script{}
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	clock := func() time.Time { return now }
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Owner: "p", Now: clock}
	engine := &Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p", Now: clock}
	m := &memory{lease: Lease{Wallet: "w", Owner: state.Owner, Fence: state.Fence}}
	require.NoError(t, engine.lookBackWhenDue(t.Context(), m, *state))
	require.False(t, m.backfilling, "not yet")
	from := wallet.DateOf(now.AddDate(0, 0, -10)).String()
	now = now.AddDate(0, 0, 40)
	require.NoError(t, engine.lookBackWhenDue(t.Context(), m, *state))
	require.True(t, m.backfilling)
	require.Equal(t, from, state.BackfillFrom)
	require.Equal(t, now, state.LookBackAt)
	gateway.answers = []answered{{"", "", nil}, {"late:5 a:1", "h1", nil}, {"", "h1", nil}}
	for range 4 {
		_, err = engine.step(t.Context(), m, history)
		require.NoError(t, err)
	}
	require.True(t, state.BackfillDone)
	require.Len(t, store.wallets["w"].changes, 2)
	require.Empty(t, state.CoveredFrom, "a look-back covers no history")

	m.backfilling, state.LookBackAt = false, now.AddDate(5, 0, 0)
	require.NoError(t, engine.lookBackWhenDue(t.Context(), m, *state))
	from = wallet.DateOf(now.AddDate(0, 0, -10)).String()
	require.Equal(t, from, state.BackfillFrom, "that time was noted while the clock was wrong")
	require.NoError(t, engine.Backfill(t.Context(), "w", wallet.DateOf(now)))
	require.Equal(t, from, state.BackfillFrom, "a backfill of fewer days looks back as well")
	require.False(t, state.LookingBack)
}
