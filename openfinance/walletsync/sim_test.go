package walletsync

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

var (
	simFirst   = flag.Int("sim-first", 0, "first seed of the simulation")
	simSeeds   = flag.Int("sim-seeds", long(60, 10_000), "seeds of the simulation")
	simWallets = flag.Int("sim-wallets", long(6, 50), "wallets of a seed")
	simHours   = flag.Int("sim-hours", long(6, 24), "virtual hours of a seed")
)

// long is the second of two sizes when DJAMO_TEST_FULL is set.
func long(short, full int) int {
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		return full
	}
	return short
}

// step reads a wallet when that is due.
func (w *world) step(t *testing.T, id string) {
	next, _, _ := w.engine.Step(context.Background(), w.readers[id], false)
	if !w.dead && w.random.IntN(4) == 0 {
		w.stepHistory(id)
	}
	w.forget(id)
	w.due[id] = next
	w.check(t, id)
	if w.dead {
		w.start(t)
	}
}

// check holds the promises at every instant: the feed of changes has no gap, and no item lies behind the cursor unstored.
func (w *world) check(t *testing.T, id string) {
	k, f := w.store.wallets[id], w.feeds[id]
	require.Len(t, k.changes, int(k.state.Seq))
	for _, change := range k.changes[f.looked:] {
		if change.Kind == Removed {
			require.NotContains(t, f.ledger(), change.ID, "%s of %s was removed, and the gateway has it", change.ID, id)
		}
	}
	f.looked = len(k.changes)
	if seq, over := w.endedAt[id]; over {
		require.Equal(t, seq, k.state.Seq, "a page was stored after the end of its consent")
	}
	if ahead := w.ahead(id); ahead != "" && !w.broken {
		require.Fail(t, "the cursor is ahead", "%s of %s at %s, log %d", ahead, id, k.state.Cursor, len(f.log))
	}
}

// ahead names an item behind the cursor that is not stored.
func (w *world) ahead(id string) string {
	k, f := w.store.wallets[id], w.feeds[id]
	at, ok := f.place(k.state.Cursor, "f")
	if !ok || f.pagesChanged(k.state.Cursor, at) {
		return ""
	}
	for _, item := range f.log[:at] {
		if _, ok := k.items[item.ID]; !ok {
			return item.ID
		}
	}
	return ""
}

// finish calms the world and lets every wallet come in step; it returns the first promise that is broken.
func (w *world) finish(t *testing.T) error {
	t.Helper()
	w.calm, w.crashAt = true, 0
	if w.dead {
		w.start(t)
	}
	ids := slices.Sorted(maps.Keys(w.feeds))
	verify := func() error {
		for _, id := range ids {
			if err := w.verify(id); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
		}
		return nil
	}
	const maxRounds, more = 500, 10 // once everything is there it must stay so
	for round, good := 0, 0; round < maxRounds && good < more; round++ {
		w.now = w.now.Add(time.Minute)
		for _, id := range ids {
			_, _, _ = w.engine.Step(context.Background(), w.readers[id], false)
			_, _, _ = w.engine.Step(context.Background(), w.readers[id], true)
			w.check(t, id)
		}
		if good > 0 || verify() == nil {
			good++
		}
	}
	if err := verify(); err != nil {
		return err
	}
	for _, breach := range w.breaches {
		if breach != "" {
			return errors.New(breach)
		}
	}
	return nil
}

func (w *world) verify(id string) error {
	k := w.store.wallets[id]
	current, versions := map[string]string{}, map[string]int64{}
	var sum int64
	for i, change := range k.changes {
		_, there := current[change.ID]
		if change.Seq != int64(i+1) || change.Version <= versions[change.ID] || there == (change.Kind == Added) {
			return fmt.Errorf("change %d is out of order: %s %s version %d", i+1, change.Kind, change.ID, change.Version)
		}
		versions[change.ID] = change.Version
		current[change.ID] = string(change.Raw)
		if change.Kind == Removed {
			delete(current, change.ID)
		}
	}
	for _, raw := range current {
		event, err := wallet.DecodeEvent([]byte(raw))
		if err != nil {
			return err
		}
		sum += event.Amount
	}
	if sum != k.state.Sum || int64(len(current)) != k.state.Items {
		return fmt.Errorf(
			"the sum is %d and should be %d, the count is %d and should be %d",
			k.state.Sum,
			sum,
			k.state.Items,
			len(current),
		)
	}
	if record := w.store.consents[k.state.Consent]; !record.State.Live() {
		return nil // what came after the end is not to be read
	}
	if !k.state.InStep || !k.state.BackfillDone {
		return fmt.Errorf("not in step: %+v", k.state)
	}
	if k.state.Failing != "" {
		return errors.New("it shows as failing: " + k.state.Failing)
	}
	ledger := w.feeds[id].ledger()
	for item, raw := range ledger {
		if current[item] != raw {
			return fmt.Errorf("lost: %s is %q and in the ledger %q", item, current[item], raw)
		}
	}
	for item := range current {
		if _, ok := ledger[item]; !ok {
			return fmt.Errorf("%s is stored and the ledger does not have it", item)
		}
	}
	return nil
}

// A seed is the same each time it is run.
func TestSimulation_IsReproducible(t *testing.T) {
	t.Parallel()
	first, again := simulate(t, 3), simulate(t, 3)
	require.Equal(t, first.calls, again.calls)
	require.Equal(t, first.owner, again.owner)
	for id, k := range first.store.wallets {
		require.Equal(t, k.changes, again.store.wallets[id].changes)
		require.Equal(t, k.state, again.store.wallets[id].state)
	}
}

// Long: DJAMO_TEST_FULL=1 go test ./openfinance/walletsync -run 'TestSimulation$' -timeout 0 -v. It says how far it is, and
// -sim-first begins at another seed.
func TestSimulation(t *testing.T) { //nolint:tparallel // it sums up when all seeds are done
	t.Parallel()
	const chunk = 20
	var done, lost, overtook, revoked, mutated, archived, changes atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		for first := *simFirst; first < *simFirst+*simSeeds; first += chunk {
			t.Run(strconv.Itoa(first), func(t *testing.T) {
				t.Parallel()
				for seed := first; seed < min(first+chunk, *simFirst+*simSeeds); seed++ {
					w := simulate(t, uint64(seed))
					for _, record := range w.store.consents {
						if record.State == consent.NeedsReauth {
							lost.Add(1)
						}
					}
					for _, k := range w.store.wallets {
						changes.Add(k.state.Seq)
					}
					overtook.Add(int64(w.overtook))
					revoked.Add(int64(w.revoked))
					mutated.Add(int64(w.mutated))
					archived.Add(int64(w.archived))
					if n := done.Add(1); n%100 == 0 {
						t.Logf("%d seeds are done, %d changes", n, changes.Load())
					}
				}
			})
		}
	})
	t.Logf("%d seeds, %d changes, %d pages came to a process that was overtaken, %d after a revocation, %d items were taken back while they were read; %d of %d consents need their "+
		"holder, for exchanges that a kill or a lost answer left open",
		done.Load(), changes.Load(), overtook.Load(), revoked.Load(), mutated.Load(), lost.Load(), int(done.Load())**simWallets)
	require.Positive(t, overtook.Load())
	require.Positive(t, revoked.Load())
	require.Positive(t, mutated.Load())
	require.Positive(t, archived.Load())
}

// simulate lets a world live for its hours, and checks its promises.
func simulate(t *testing.T, seed uint64) *world {
	t.Helper()
	w := newWorld(t, seed, *simWallets)
	end := w.now.Add(time.Duration(*simHours) * time.Hour)
	ids := slices.Sorted(maps.Keys(w.feeds))
	for w.now.Before(end) {
		w.now = w.now.Add(time.Duration(1+w.random.IntN(120)) * time.Second)
		switch w.random.IntN(400) { // a clock that jumps
		case 0, 1:
			w.now = w.now.Add(-time.Minute)
		case 2:
			w.now = w.now.Add(time.Hour)
		}
		for range 1 + len(ids)/50 {
			w.happen(ids[w.random.IntN(len(ids))])
		}
		if w.random.IntN(20) == 0 {
			w.crashAt, w.after = w.calls+1+w.random.IntN(8), w.random.IntN(2) == 0
		}
		for _, id := range ids {
			if !w.due[id].After(w.now) {
				w.step(t, id)
			}
		}
	}
	require.NoError(t, w.finish(t), "seed %d", seed)
	return w
}

// crashEverywhere kills a process before and after each call of a short life, and returns the first promise that is broken.
func crashEverywhere(t *testing.T, broken bool) error {
	t.Helper()
	for at := 1; ; at++ {
		reached := false
		for _, after := range []bool{false, true} {
			w := newWorld(t, 7, 1)
			w.broken, w.calm = broken, true
			w.start(t)
			w.crashAt, w.after = w.calls+at, after
			f := w.feeds["wal_0"]
			for turn := range 12 {
				w.now = w.now.Add(6 * time.Minute)
				f.log = append(f.log, w.item(f, ""), w.item(f, ""))
				switch turn {
				case 4:
					f.log = append(f.log, w.item(f, f.log[1].ID))
				case 8:
					f.log, f.generation = f.log[1:], f.generation+1
				}
				for range 4 {
					w.step(t, "wal_0")
				}
			}
			reached = reached || w.calls >= w.crashAt
			if err := w.finish(t); err != nil {
				return fmt.Errorf("call %d, after %v: %w", at, after, err)
			}
		}
		if !reached {
			require.Greater(t, at, 60, "there are many calls")
			return nil
		}
	}
}

func TestSimulation_KilledAroundEveryCall(t *testing.T) {
	t.Parallel()
	require.NoError(t, crashEverywhere(t, false))
}

// The test of the test: with the cursor stored first, a kill loses items, and the simulation says so.
func TestSimulation_NoticesABrokenRule(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, crashEverywhere(t, true), "ledger")
}
