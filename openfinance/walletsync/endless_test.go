package walletsync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// endless is a gateway that answers with a function: n is how many requests came before, of the feed or of history.
type endless struct {
	present, past   func(n int, cursor string) (items []string, next string, err error)
	presents, pasts atomic.Int64
}

func (g *endless) Page(_ context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	time.Sleep(20 * time.Millisecond) //nolint:forbidigo // in a bubble
	answer, count := g.present, &g.presents
	if params.From != (wallet.Date{}) {
		answer, count = g.past, &g.pasts
	}
	ids, next, err := answer(int(count.Add(1)-1), params.Cursor)
	if err != nil {
		return nil, err
	}
	page := &wallet.Page{WalletID: params.WalletID, NextCursor: next}
	for _, id := range ids {
		page.Items = append(page.Items, itemOf(id))
	}
	return page, nil
}

// changing is an item that is another with each answer, as where the gateway writes the time of the answer into it.
func changing(id string, n int) string { return id + `","seen":"` + strconv.Itoa(n) }

// someOf 500 items, others for each n.
func someOf(count, n int) []string {
	var ids []string
	for _, i := range rand.New(rand.NewPCG(1, uint64(n))).Perm(500)[:count] {
		ids = append(ids, "tx_"+strconv.Itoa(i))
	}
	return ids
}

// calm is a feed, or a history, of two items.
func calm(_ int, cursor string) (items []string, next string, err error) {
	if cursor == "" {
		return []string{"a", "b"}, "end", nil
	}
	return nil, "end", nil
}

// registered is an engine whose store has the wallet w.
func registered(t *testing.T, gateway Gateway) (*Engine, *memoryStore) {
	t.Helper()
	store := newMemoryStore(time.Now)
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Owner: "p"}
	key, err := keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "tok"})
	require.NoError(t, err)
	require.NoError(t, store.Register(t.Context(), "w", key))
	return &Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}, store
}

// Gateways that lead nowhere, though each of their answers looks well or like a mishap that passes: a run with Once ends, one
// without asks seldom, and the wallet shows as failing. What they gave is stored once.
func TestEngine_GatewaysThatLeadNowhere(t *testing.T) {
	t.Parallel()
	type answers = func(n int, cursor string) ([]string, string, error)
	refusesCursors := func(err error) answers {
		return func(n int, cursor string) ([]string, string, error) {
			if cursor != "" {
				return nil, "", err
			}
			return []string{"a", "b"}, "c" + strconv.Itoa(n), nil
		}
	}
	for name, test := range map[string]struct {
		present, past answers
		failing       string
		changes       bool // items have more than one version
	}{
		"every cursor is refused":              {present: refusesCursors(wallet.ErrInvalidCursor), failing: "cursor"},
		"pages change whenever they are read":  {present: refusesCursors(wallet.ErrMutation), failing: "changing"},
		"one page for ever, under new cursors": {present: func(n int, _ string) ([]string, string, error) { return []string{"a", "b"}, "c" + strconv.Itoa(n), nil }, failing: "circle"},
		"two pages in turns, under new cursors": {present: func(n int, _ string) ([]string, string, error) {
			return []string{[]string{"a", "b"}[n%2]}, "c" + strconv.Itoa(n), nil
		}, failing: "circle"},
		"cursors in a circle": {present: func(n int, cursor string) ([]string, string, error) {
			return []string{"a", "b"}, map[string]string{"": "x", "x": "y", "y": "x"}[cursor], nil
		}, failing: "circle"},
		"good pages, then one that goes bad": {present: func(_ int, cursor string) ([]string, string, error) {
			at, _ := strconv.Atoi(cursor)
			if at == 5 {
				return nil, "", wallet.ErrInvalidCursor
			}
			return []string{string(rune('a' + at))}, strconv.Itoa(at + 1), nil
		}, failing: "cursor"},
		"an item that changes with each answer, under one cursor": {present: func(n int, _ string) ([]string, string, error) {
			return []string{"a", changing("b", n)}, "c", nil
		}, failing: "circle", changes: true},
		"an item that changes with each answer, under cursors in a circle": {present: func(n int, cursor string) ([]string, string, error) {
			return []string{"a", changing("b", n)}, map[string]string{"": "x", "x": "y", "y": "x"}[cursor], nil
		}, failing: "circle", changes: true},
		"an item that changes with each answer, under new cursors": {present: func(n int, _ string) ([]string, string, error) {
			return []string{"a", changing("b", n)}, "c" + strconv.Itoa(n), nil
		}, failing: "circle", changes: true},
		"two first pages in turns, without a cursor": {present: func(n int, _ string) ([]string, string, error) {
			return []string{[]string{"a", "b"}[n%2]}, "", nil
		}, failing: "circle"},
		"pages that are all different, of what is there": {present: func(n int, _ string) ([]string, string, error) {
			if n == 0 {
				return append(someOf(500, 0), "a"), "c0", nil
			}
			return someOf(400, n), "c" + strconv.Itoa(n), nil
		}, failing: "circle"},
		"history changes with each answer": {
			past: func(n int, _ string) ([]string, string, error) { return []string{changing("o", n)}, "c", nil }, failing: "backfill: ", changes: true,
		},
		"every cursor of history is refused":  {past: refusesCursors(wallet.ErrInvalidCursor), failing: "backfill: "},
		"history changes whenever it is read": {past: refusesCursors(wallet.ErrMutation), failing: "backfill: "},
		"history is one page for ever": {
			past: func(n int, _ string) ([]string, string, error) { return []string{"o"}, "c" + strconv.Itoa(n), nil }, failing: "backfill: ",
		},
	} {
		for _, once := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", once ", once), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					gateway := &endless{present: calm, past: calm}
					if test.present != nil {
						gateway.present = test.present
					}
					if test.past != nil {
						gateway.past = test.past
					}
					engine, store := registered(t, gateway)
					engine.LookBack = -1
					day, err := wallet.ParseDate("2026-01-01")
					require.NoError(t, err)
					require.NoError(t, engine.Backfill(t.Context(), "w", day))
					runner, began := engine.Runner([]string{"w"}), time.Now()
					if once {
						require.Error(t, runner.Once(t.Context()))
						require.Less(t, time.Since(began), 2*time.Minute)
					} else {
						ctx, cancel := context.WithTimeout(t.Context(), 6*time.Hour)
						defer cancel()
						require.NoError(t, runner.Run(ctx))
						require.Less(t, gateway.presents.Load()+gateway.pasts.Load(), int64(6*60*12), "at most a few times as often as one that is well")
						require.Contains(t, store.wallets["w"].state.Failing, test.failing)
					}
					seen := map[string]bool{}
					for _, change := range store.wallets["w"].changes {
						if test.changes && seen[change.ID] {
							require.Equal(t, Modified, change.Kind)
							continue
						}
						require.Equal(t, Added, change.Kind)
						require.False(t, seen[change.ID], "%s twice", change.ID)
						seen[change.ID] = true
					}
					require.True(t, seen["a"])
				})
			})
		}
	}
}

// A gateway that loses cursors now and then, and many items are on the way, is read to the end without a pause worth mention.
func TestEngine_AFewLostCursorsCostNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pages, lost = 50, 3
		losses := 0
		gateway := &endless{past: calm, present: func(_ int, cursor string) ([]string, string, error) {
			at, _ := strconv.Atoi(cursor)
			switch {
			case at == 10*(losses+1) && losses < lost:
				losses++
				return nil, "", wallet.ErrInvalidCursor
			case at == pages:
				return nil, cursor, nil
			}
			return []string{"tx_" + strconv.Itoa(at)}, strconv.Itoa(at + 1), nil
		}}
		engine, store := registered(t, gateway)
		began := time.Now()
		require.NoError(t, engine.Runner([]string{"w"}).Once(t.Context()))
		require.Less(t, time.Since(began), 10*time.Second)
		require.EqualValues(t, pages, store.wallets["w"].state.Seq)
		require.EqualValues(t, 1+lost, store.wallets["w"].state.CursorEpoch)
	})
}

// A gateway that gives each version of an item a page of its own, and some as they were before, goes in no circle when everything is
// read anew and nothing of it is new.
func TestEngine_VersionsOnPagesOfTheirOwnAreNoCircle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const versions = 15
		var feed []string
		for n := range versions {
			feed = append(feed, "tx_"+strconv.Itoa(n), changing("v", n), "same")
		}
		lost := false
		gateway := &endless{past: calm, present: func(_ int, cursor string) ([]string, string, error) {
			at, _ := strconv.Atoi(cursor)
			switch {
			case at < len(feed):
				return feed[at : at+1], strconv.Itoa(at + 1), nil
			case !lost:
				lost = true
				return nil, "", wallet.ErrInvalidCursor
			}
			return nil, cursor, nil
		}}
		engine, store := registered(t, gateway)
		began := time.Now()
		require.NoError(t, engine.Runner([]string{"w"}).Once(t.Context()))
		require.Less(t, time.Since(began), 10*time.Second)
		require.EqualValues(t, versions+2, store.wallets["w"].state.Items)
	})
}

// What the store keeps of a pause is a time of the clock. A clock that was set since the process began makes it no longer.
func TestSchedule_APauseIsNotMovedByTheClock(t *testing.T) {
	t.Parallel()
	began := time.Now()
	until := began.Add(time.Hour).Round(0) // as it comes from a store: without the clock that cannot be set
	var m memory
	(&Engine{}).schedule(&m, live, began, outcome{}, &consent.HeldError{Until: until})
	for _, next := range []time.Time{m.nextLive, m.nextHistory} {
		require.InDelta(t, time.Hour, next.Sub(began), float64(time.Minute))
		require.Contains(t, next.String(), "m=", "it is kept by the clock that cannot be set")
	}
}

// What comes is stored before it fills the memory, also where each item is large.
func TestRequest_LargePagesAreStoredSoon(t *testing.T) {
	t.Parallel()
	r := &request{source: history, memory: &memory{}}
	for range 2 {
		items := []wallet.Item{{Event: wallet.Event{Raw: make([]byte, maxBytes/2)}}}
		r.pages = append(r.pages, received{Page: &wallet.Page{Items: items, NextCursor: "c"}})
		require.Equal(t, len(r.pages) == 1, r.more(0))
	}
}
