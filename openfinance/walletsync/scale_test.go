package walletsync

import (
	"container/heap"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// slowStore is a store whose transactions take virtual time, one after the other, as those of SQLite do: 3 ms and 40 µs an
// item, which is more than a busy machine needs.
type slowStore struct {
	*memoryStore

	writer  chan struct{}
	stored  map[string]time.Time // by item
	takes   time.Duration        // a transaction
	updates int
	touched int // wallets
}

func (s *slowStore) lock() func() {
	s.writer <- struct{}{}
	return func() { <-s.writer }
}

func (s *slowStore) Update(ctx context.Context, id string, change func(Tx) error) error {
	defer s.lock()()
	s.updates++
	before := len(s.wallets[id].changes)
	err := s.memoryStore.Update(ctx, id, change)
	added := s.wallets[id].changes[before:]
	time.Sleep(s.takes + time.Duration(len(added))*40*time.Microsecond) //nolint:forbidigo // in a bubble
	for _, change := range added {
		s.stored[change.ID] = time.Now()
	}
	return err
}

// counts are how often wallets were written and recorded as read.
func (s *slowStore) counts() (updates, touched int) {
	defer s.lock()()
	return s.updates, s.touched
}

func (s *slowStore) Touch(ctx context.Context, reads []Idle) error {
	defer s.lock()()
	s.touched += len(reads)
	time.Sleep(time.Duration(len(reads)) * 100 * time.Microsecond) //nolint:forbidigo // in a bubble
	return s.memoryStore.Touch(ctx, reads)
}

func (s *slowStore) Load(ctx context.Context, id string) (State, error) {
	defer s.lock()()
	return s.memoryStore.Load(ctx, id)
}

func (s *slowStore) Consent(ctx context.Context, key string) (consent.Record, bool, error) {
	defer s.lock()()
	return s.memoryStore.Consent(ctx, key)
}

// fleet is a gateway with many wallets, whose answers take from 50 to 250 ms. Each has history without an end.
type fleet struct {
	guard chan struct{}
	feeds map[string][]wallet.Item
	polls map[string]int
	calls map[string]int
	pages int // of history
	items int // in one of them
}

func (f *fleet) lock() func() {
	f.guard <- struct{}{}
	return func() { <-f.guard }
}

func (f *fleet) Page(_ context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	past := params.From != (wallet.Date{})
	unlock := f.lock()
	call := fmt.Sprint(params.WalletID, past)
	f.calls[call]++
	draw := fnv.New32a()
	_, _ = draw.Write([]byte(call + strconv.Itoa(f.calls[call])))
	unlock()
	time.Sleep(50*time.Millisecond + time.Duration(draw.Sum32()%200)*time.Millisecond) //nolint:forbidigo // in a bubble
	defer f.lock()()
	at, _ := strconv.Atoi(params.Cursor)
	page := &wallet.Page{WalletID: params.WalletID}
	if past {
		f.pages++
		for i := range f.items {
			page.Items = append(page.Items, itemOf(fmt.Sprintf("old_%s_%d", params.WalletID, at+i)))
		}
		page.NextCursor = strconv.Itoa(at + f.items)
		return page, nil
	}
	f.polls[params.WalletID]++
	page.Items = slices.Clone(f.feeds[params.WalletID][at:])
	page.NextCursor = strconv.Itoa(at + len(page.Items))
	return page, nil
}

func itemOf(id string) wallet.Item {
	event, err := wallet.DecodeEvent([]byte(`{"id":"` + id + `","ts":"2026-05-28T09:14:02Z","amount_minor":-50}`))
	if err != nil {
		panic(err)
	}
	return wallet.Item{Event: event}
}

// scale is a process that reads many wallets, in a bubble.
type scale struct {
	store  *slowStore
	fleet  *fleet
	runner *Runner
	ids    []string
}

func newScale(t *testing.T, wallets int, backfill bool) *scale {
	t.Helper()
	s := &scale{
		store: &slowStore{takes: 3 * time.Millisecond, memoryStore: newMemoryStore(time.Now), writer: make(chan struct{}, 1), stored: map[string]time.Time{}},
		fleet: &fleet{items: 20, guard: make(chan struct{}, 1), feeds: map[string][]wallet.Item{}, polls: map[string]int{}, calls: map[string]int{}},
	}
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: s.store, Sealer: sealer, Owner: "p"}
	engine := &Engine{Store: s.store, Gateway: s.fleet, Keeper: keeper, Owner: "p"}
	day, err := wallet.ParseDate("2000-01-01")
	require.NoError(t, err)
	for i := range wallets {
		id := fmt.Sprintf("wal_%05d", i)
		key, err := keeper.Adopt(t.Context(), consent.Grant{ID: "con_" + id, Token: "tok"})
		require.NoError(t, err)
		require.NoError(t, s.store.Register(t.Context(), id, key))
		if backfill {
			require.NoError(t, engine.Backfill(t.Context(), id, day))
		}
		s.ids = append(s.ids, id)
	}
	s.runner = engine.Runner(s.ids)
	return s
}

// run runs the process beside a function, and ends it.
func (s *scale) run(t *testing.T, beside func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.runner.Run(ctx) }()
	beside()
	cancel()
	if err := <-ended; err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
}

// latencies lets things happen for some minutes, four a second, of which a push tells in three of four cases. It returns how
// long it took until they were stored, sorted: with a push, and without one.
func (s *scale) latencies(t *testing.T, minutes int) (pushed, silent []time.Duration) {
	t.Helper()
	random := rand.New(rand.NewPCG(16, 1))
	happened, told := map[string]time.Time{}, map[string]bool{}
	s.run(t, func() {
		time.Sleep(2 * time.Minute) //nolint:forbidigo // in a bubble: until all are in step
		for n := range minutes * 60 * 4 {
			time.Sleep(250 * time.Millisecond) //nolint:forbidigo // in a bubble
			id, item := s.ids[random.IntN(len(s.ids))], fmt.Sprint("new_", n)
			unlock := s.fleet.lock()
			s.fleet.feeds[id] = append(s.fleet.feeds[id], itemOf(item))
			unlock()
			happened[item] = time.Now()
			if n%4 > 0 {
				told[item] = true
				s.runner.Poke(id)
			}
		}
		time.Sleep(2 * time.Minute) //nolint:forbidigo // in a bubble
	})
	for item, at := range happened {
		stored, ok := s.store.stored[item]
		require.True(t, ok, "%s was not stored", item)
		if told[item] {
			pushed = append(pushed, stored.Sub(at))
		} else {
			silent = append(silent, stored.Sub(at))
		}
	}
	slices.Sort(pushed)
	slices.Sort(silent)
	return pushed, silent
}

func p99(sorted []time.Duration) time.Duration { return sorted[len(sorted)*99/100] }

// A thousand wallets, each with a backfill that does not end: what happens is stored soon, and the backfill does not make it
// later. The network and the store take virtual time.
func TestScale_ABackfillDelaysNobody(t *testing.T) {
	t.Parallel()
	var alone time.Duration
	for _, backfill := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newScale(t, 1000, backfill)
			pushed, silent := s.latencies(t, 5)
			t.Logf("backfill %v, %d pages of history: p50 and p99 with a push %v and %v, without one %v and %v", backfill, s.fleet.pages,
				pushed[len(pushed)/2], p99(pushed), silent[len(silent)/2], p99(silent))
			require.LessOrEqual(t, p99(pushed), 5*time.Second)
			require.LessOrEqual(t, p99(silent), 75*time.Second)
			if !backfill {
				alone = p99(pushed)
				require.Zero(t, s.fleet.pages)
				return
			}
			require.Greater(t, s.fleet.pages, 1000, "there is a backfill")
			require.LessOrEqual(t, p99(pushed), alone+alone/10, "without the backfill it was %v", alone)
		})
	}
}

// Many read history at a time, and the disk is slow. What is live waits for none of them but the one that reads the wallet itself, and
// for that no longer than a page takes.
func TestScale_ManyBackfillsDelayNobody(t *testing.T) {
	t.Parallel()
	var alone time.Duration
	for _, backfill := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newScale(t, 200, backfill)
			s.store.takes, s.fleet.items, s.runner.engine.Workers = 50*time.Millisecond, 5, 300
			pushed, _ := s.latencies(t, 2)
			t.Logf("backfill %v, %d pages of history: p50 and p99 with a push %v and %v", backfill, s.fleet.pages, pushed[len(pushed)/2], p99(pushed))
			if !backfill {
				alone = p99(pushed)
				return
			}
			require.Greater(t, s.fleet.pages, 1000, "there is a backfill")
			const page = 250 * time.Millisecond // that is on its way, and then is stored
			require.LessOrEqual(t, p99(pushed), alone+page+8*s.store.takes, "without the backfill it was %v", alone)
		})
	}
}

// Every wallet is read as often as any other, whatever history is read beside it, and reads that find nothing write nothing but that
// they were made, seldom.
func TestScale_PollsEvenly(t *testing.T) {
	t.Parallel()
	for wallets, backfill := range map[int]bool{400: false, 1000: true} {
		t.Run(strconv.Itoa(wallets), func(t *testing.T) {
			t.Parallel()
			pollsEvenly(t, wallets, backfill)
		})
	}
}

func pollsEvenly(t *testing.T, wallets int, backfill bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t, wallets, backfill)
		s.fleet.items = 1
		s.run(t, func() {
			time.Sleep(2 * time.Minute) //nolint:forbidigo // in a bubble
			unlock := s.fleet.lock()
			clear(s.fleet.polls)
			unlock()
			updates, touched := s.store.counts()
			time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
			fewest, most, all := 1_000_000, 0, 0
			updatesAfter, touchedAfter := s.store.counts()
			unlock = s.fleet.lock()
			pages := s.fleet.pages
			for _, id := range s.ids {
				fewest, most, all = min(fewest, s.fleet.polls[id]), max(most, s.fleet.polls[id]), all+s.fleet.polls[id]
			}
			unlock()
			t.Logf("polls of a wallet from %d to %d, %d in all; %d wallets were recorded as read", fewest, most, all, touchedAfter-touched)
			require.GreaterOrEqual(t, fewest, 58)
			require.LessOrEqual(t, most*10, fewest*11)
			if backfill {
				require.Greater(t, pages, 10_000)
				return
			}
			require.Equal(t, updates, updatesAfter, "a poll that finds nothing writes nothing")
			require.LessOrEqual(t, touchedAfter-touched, all/4, "and that it was made is written every five minutes")
		})
	})
}

// Many idle wallets are read every quarter of an hour, and recorded once an hour, also where this Runner has few of them.
func TestScale_RecordsIdleWalletsSeldom(t *testing.T) {
	t.Parallel()
	for wallets, all := range map[int]int{maxEqual + 100: 0, 20: 1_000_000} {
		t.Run(strconv.Itoa(wallets), func(t *testing.T) {
			t.Parallel()
			recordsSeldom(t, wallets, all)
		})
	}
}

func recordsSeldom(t *testing.T, wallets, all int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t, wallets, false)
		s.runner.engine.Wallets = all
		s.run(t, func() {
			time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
			unlock := s.fleet.lock()
			clear(s.fleet.polls)
			unlock()
			updates, touched := s.store.counts()
			time.Sleep(3 * time.Hour) //nolint:forbidigo // in a bubble
			updatesAfter, touchedAfter := s.store.counts()
			unlock = s.fleet.lock()
			defer unlock()
			polls := 0
			for _, id := range s.ids {
				require.GreaterOrEqual(t, s.fleet.polls[id], 11)
				require.LessOrEqual(t, s.fleet.polls[id], 13)
				polls += s.fleet.polls[id]
			}
			t.Logf("%d polls, %d records", polls, touchedAfter-touched)
			require.Equal(t, updates, updatesAfter)
			require.LessOrEqual(t, touchedAfter-touched, 3*wallets)
			require.GreaterOrEqual(t, s.store.touched-touched, 2*wallets, "that it was read is recorded")
		})
		require.Empty(t, s.runner.idle)
	})
}

// idleRunner has wallets that are in step, and reads that found nothing to be recorded.
func idleRunner(t testing.TB, wallets int) (*Runner, func(p *place)) {
	t.Helper()
	now := time.Date(2026, 5, 28, 9, 0, 0, 0, time.UTC)
	engine := &Engine{Owner: "p", Now: func() time.Time { return now }}
	ids := make([]string, 0, wallets)
	for i := range wallets {
		ids = append(ids, fmt.Sprintf("wal_XOF_%08d", i))
	}
	r := engine.Runner(ids)
	for i := range r.wallets {
		r.wallets[i].fence = 1
	}
	return r, func(p *place) {
		m := r.remember(p)
		p.busy = true
		r.live++
		state := State{Wallet: p.id, Consent: p.consent, InStep: true}
		if state.Consent == "" {
			state.Consent = fmt.Sprintf("%032x", p.fence) // a text of its own, as it comes from a store
		}
		out := outcome{state: state, ended: true, resumed: true}
		now = now.Add(time.Microsecond)
		engine.schedule(m, live, now, out, nil)
		r.finish(p, live, out, nil)
	}
}

// What an idle wallet takes is its place, its id, the name of its consent and an entry in the heap.
func TestScale_AnIdleWalletIsSmall(t *testing.T) {
	t.Parallel()
	r, poll := idleRunner(t, 10)
	for i := range r.wallets {
		poll(&r.wallets[i])
		require.Nil(t, r.wallets[i].memory, "there is nothing to remember")
		require.EqualValues(t, 1, r.wallets[i].count)
	}
	require.Len(t, r.due, 10)
	const id, consentKey, entry = 16, 32, 8
	require.LessOrEqual(t, int(unsafe.Sizeof(place{}))+id+consentKey+entry, 150)
	p := &r.wallets[3]
	r.poke(p)
	require.NotNil(t, p.memory)
	require.Same(t, p, r.due[0])
	require.Nil(t, r.find("unknown"))
}

// BenchmarkScheduler lets a poll that finds nothing go through the scheduler: it is taken from the heap, and put back.
func BenchmarkScheduler(b *testing.B) {
	for _, wallets := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(wallets), func(b *testing.B) {
			before := heapInUse()
			r, poll := idleRunner(b, wallets)
			for i := range r.wallets {
				poll(&r.wallets[i])
			}
			bytes := float64(heapInUse()-before) / float64(wallets)
			b.ResetTimer()
			for b.Loop() {
				p := r.due[0]
				heap.Pop(&r.due)
				r.note(0)
				poll(p)
			}
			b.ReportMetric(bytes, "B/wallet")
		})
	}
}

// heapInUse is what is alive on the heap.
func heapInUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
