package databasetest_test

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

var (
	scaleWallets = flag.Int("scale-wallets", 1000, "wallets of TestScale_LatencyOnRealStores")
	scaleItems   = flag.Int("scale-items", 10_000_000, "items of its backfills, together; 0: it has none")
	scaleWorkers = flag.Int("scale-workers", 150, "reads at a time, a fifth of them of history")
	scaleFor     = flag.Duration("scale-for", 6*time.Minute, "how long things happen, at the least")
	scaleMost    = flag.Duration("scale-most", 9*time.Minute, "after which the backfills are left unfinished")
)

// timed is a store that knows when items of the feed were stored.
type timed struct {
	*sqlstore.Store

	mu     sync.Mutex
	stored map[string]time.Time
	past   int // items of history
}

type timedTx struct {
	walletsync.Tx

	ids  []string
	past int
}

func (tx *timedTx) Append(changes []walletsync.Change) error {
	for _, change := range changes {
		if strings.HasPrefix(change.ID, "new_") {
			tx.ids = append(tx.ids, change.ID)
		} else {
			tx.past++
		}
	}
	return tx.Tx.Append(changes)
}

func (s *timed) Update(ctx context.Context, id string, change func(walletsync.Tx) error) error {
	var last *timedTx
	err := s.Store.Update(ctx, id, func(tx walletsync.Tx) error {
		last = &timedTx{Tx: tx}
		return change(last)
	})
	if err != nil || last == nil || len(last.ids)+last.past == 0 {
		return err
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past += last.past
	for _, id := range last.ids {
		s.stored[id] = now
	}
	return nil
}

func (s *timed) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.past
}

// distant is a gateway whose answers take from 50 to 250 ms, and are decoded from JSON. Each wallet has so many items of history.
type distant struct {
	history int

	mu    sync.Mutex
	texts map[string]*template
	feeds map[string][]string
	polls map[string]int
	calls int
}

func (g *distant) Page(ctx context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	past := params.From != (wallet.Date{})
	g.mu.Lock()
	g.calls++
	draw := fnv.New32a()
	_, _ = draw.Write([]byte(params.WalletID + strconv.Itoa(g.calls)))
	if !past {
		g.polls[params.WalletID]++
	}
	g.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(50*time.Millisecond + time.Duration(draw.Sum32()%200)*time.Millisecond):
	}
	at, _ := strconv.Atoi(params.Cursor)
	if past {
		g.mu.Lock()
		text := g.texts[params.WalletID] // nobody else reads the wallet
		g.mu.Unlock()
		if at >= g.history {
			return &wallet.Page{WalletID: params.WalletID, NextCursor: params.Cursor}, nil
		}
		return text.page(at, at+pageItems)
	}
	g.mu.Lock()
	ids := slices.Clone(g.feeds[params.WalletID][at:])
	g.mu.Unlock()
	var body strings.Builder
	for i, id := range ids {
		if i > 0 {
			body.WriteByte(',')
		}
		_, _ = fmt.Fprintf(&body, `{"id":%q,"ts":"2026-05-28T09:14:02Z","type":"fee","amount_minor":-50,"status":"settled"}`, id)
	}
	return wallet.DecodePage([]byte(fmt.Sprintf(`{"wallet_id":%q,"items":[%s],"next_cursor":"%d"}`, params.WalletID, body.String(), at+len(ids))))
}

// What happens is stored soon, whatever history is read beside it: a thousand wallets in a real database, a network that is
// played. DJAMO_TEST_FULL=1 runs it, for ten minutes a database; -scale-items 0 is the same without history.
func TestScale_LatencyOnRealStores(t *testing.T) { //nolint:paralleltest // it measures
	if os.Getenv("DJAMO_TEST_FULL") == "" {
		t.Skip("it takes ten minutes: set DJAMO_TEST_FULL=1")
	}
	t.Run("SQLite", func(t *testing.T) { //nolint:paralleltest // as above
		latencies(t, database{"sqlite", filepath.Join(t.TempDir(), "wallets.db"), sqlstore.SQLite}, &processes{})
	})
	t.Run("PostgreSQL", func(t *testing.T) { //nolint:paralleltest // as above
		d := database{"pgx", pgtest.Schema(t, "pgx"), sqlstore.PostgreSQL}
		latencies(t, d, &processes{db: d.connect(t)})
	})
}

func latencies(t *testing.T, d database, cpu *processes) {
	t.Helper()
	db := d.connect(t)
	const connections = 8 // far fewer than reads at a time: a server of PostgreSQL has room for a hundred, of all its clients
	db.SetMaxOpenConns(connections)
	opened, err := sqlstore.Open(t.Context(), db, d.dialect)
	require.NoError(t, err)
	t.Cleanup(opened.Close)
	store := &timed{Store: opened, stored: map[string]time.Time{}}
	gateway := &distant{history: *scaleItems / *scaleWallets, texts: map[string]*template{}, feeds: map[string][]string{}, polls: map[string]int{}}
	ids := make([]string, 0, *scaleWallets)
	for i := range *scaleWallets {
		id := fmt.Sprintf("wal_%05d", i)
		ids = append(ids, id)
		gateway.texts[id] = newTemplate(id)
	}
	keeper, _ := grant(t, store, ids...)
	engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p", Workers: *scaleWorkers, PageSize: pageItems}
	if *scaleItems > 0 {
		day, err := wallet.ParseDate("2020-01-01")
		require.NoError(t, err)
		for _, id := range ids {
			require.NoError(t, engine.Backfill(t.Context(), id, day))
		}
	}
	runner := engine.Runner(ids)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- runner.Run(ctx) }()
	time.Sleep(time.Minute) //nolint:forbidigo // it measures: until all are in step
	cpu.start()
	random, happened, told := rand.New(rand.NewPCG(16, 1)), map[string]time.Time{}, map[string]bool{}
	gateway.mu.Lock()
	clear(gateway.polls)
	gateway.mu.Unlock()
	counted, before := time.Now(), store.count()
	for n := 0; ; n++ {
		took := time.Since(began)
		if (took > *scaleFor && store.count() >= gateway.history**scaleWallets) || took > *scaleMost {
			break
		}
		time.Sleep(250 * time.Millisecond) //nolint:forbidigo // as above
		id, item := ids[random.IntN(len(ids))], fmt.Sprint("new_", n)
		gateway.mu.Lock()
		gateway.feeds[id] = append(gateway.feeds[id], item)
		gateway.mu.Unlock()
		happened[item] = time.Now()
		if n%4 > 0 {
			told[item] = true
			_, err := store.Announce(t.Context(), id, item, time.Now())
			require.NoError(t, err)
			runner.Poke(id)
		}
	}
	window := time.Since(counted)
	fewest, most, past := 1<<30, 0, store.count()-before
	gateway.mu.Lock()
	for _, id := range ids {
		fewest, most = min(fewest, gateway.polls[id]), max(most, gateway.polls[id])
	}
	gateway.mu.Unlock()
	time.Sleep(80 * time.Second) //nolint:forbidigo // as above
	cancel()
	if err := <-ended; err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	var pushed, silent []time.Duration
	for item, at := range happened {
		stored, ok := store.stored[item]
		require.True(t, ok, "%s was not stored", item)
		if told[item] {
			pushed = append(pushed, stored.Sub(at))
		} else {
			silent = append(silent, stored.Sub(at))
		}
	}
	slices.Sort(pushed)
	slices.Sort(silent)
	at := func(list []time.Duration, percent int) time.Duration {
		return list[len(list)*percent/100].Round(time.Millisecond)
	}
	t.Logf("%d wallets, %d items of history in %v (%.0f/s), %d new: p50 and p99 with a push %v and %v, without one %v and %v; polls from %d to %d",
		*scaleWallets, past, window.Round(time.Second), float64(past)/window.Seconds(), len(happened), at(pushed, 50), at(pushed, 99),
		at(silent, 50), at(silent, 99), fewest, most)
	cpu.log(t, float64(max(1, past)))
	require.LessOrEqual(t, at(pushed, 99), 5*time.Second)
	require.LessOrEqual(t, at(silent, 99), 75*time.Second)
}
