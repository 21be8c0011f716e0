package riverwallet

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

var (
	manyWallets = flag.Int("many-wallets", 0, "wallets of TestScale_ManyIdleWallets; 0: it is not run")
	manyShards  = flag.Int("many-shards", 256, "shards it has")
	manyProcess = flag.Int("many-processes", 2, "processes it has, which are played in one")
	manyFor     = flag.Duration("many-for", 8*time.Minute, "how long it looks on")
)

// far is a gateway where nothing happens, whose answers take from 50 to 250 ms. Wallets have their number at the end of their id.
type far struct {
	polls, read atomic.Int64
	seen        []atomic.Bool // wallets, by number
}

func (f *far) Page(ctx context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	n := f.polls.Add(1)
	_, digits, _ := strings.Cut(params.WalletID, "wal_XOF_")
	if number, err := strconv.Atoi(digits); err == nil && !f.seen[number-1].Swap(true) {
		f.read.Add(1)
	}
	draw := fnv.New32a()
	_, _ = fmt.Fprint(draw, params.WalletID, n)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(50*time.Millisecond + time.Duration(draw.Sum32()%200)*time.Millisecond):
	}
	return &wallet.Page{WalletID: params.WalletID, NextCursor: params.Cursor}, nil
}

// What idle wallets cost by their number: reads, rows that are written, the time of processors, memory. The wallets are in step
// when it begins; each has a consent of its own. It prints a line every 30 seconds.
func TestScale_ManyIdleWallets(t *testing.T) { //nolint:paralleltest // it measures
	if *manyWallets == 0 {
		t.Skip("it takes ten minutes: give it -many-wallets 100000")
	}
	address, pool, store := migrated(t)
	began := time.Now()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	key, err := (&consent.Keeper{Store: store, Sealer: sealer}).Adopt(t.Context(), consent.Grant{ID: "con", Token: "tok"})
	require.NoError(t, err)
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO djamo_wallets (id, consent, cursor, in_step, last_ok, look_back_at)
			SELECT 'wal_XOF_' || lpad(n::text, 8, '0'), '%s', 'eyJsYXN0X2lkIjogInR4XzAxSEoz', 1, %d, %d FROM generate_series(1, %d) AS n`,
			key, began.UnixNano(), began.UnixNano(), *manyWallets),
		"UPDATE djamo_wallet_consents SET state = 'active'", "VACUUM ANALYZE",
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	t.Logf("%d wallets are registered after %v", *manyWallets, time.Since(began).Round(time.Second))

	gateway := &far{seen: make([]atomic.Bool, *manyWallets)}
	memory, stacks := inUse()
	began = time.Now()
	own, server := processorTime("self"), serverTime()
	var machines []*machine
	for i := range *manyProcess {
		machines = append(machines, start(t, address+"&pool_max_conns=16", fmt.Sprint("machine-", i), gateway, *manyShards, 0, time.Minute))
	}
	claimed, all := time.Duration(0), time.Duration(0)
	last := gateway.polls.Load()
	var writes int64
	for next := began.Add(30 * time.Second); time.Since(began) < *manyFor; next = next.Add(30 * time.Second) {
		for time.Now().Before(next) {
			time.Sleep(250 * time.Millisecond) //nolint:forbidigo // it measures
			shards := 0
			for _, m := range machines {
				shards += m.shards()
			}
			if claimed == 0 && shards == *manyShards {
				claimed = time.Since(began)
			}
			if all == 0 && gateway.read.Load() == int64(*manyWallets) {
				all = time.Since(began)
			}
		}
		var updated int64
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT COALESCE(SUM(n_tup_upd + n_tup_ins + n_tup_del), 0)::bigint
			FROM pg_stat_user_tables WHERE relname LIKE 'djamo%'`).Scan(&updated))
		polls := gateway.polls.Load()
		nowOwn, nowServer := processorTime("self"), serverTime()
		heap, stack := inUse()
		t.Logf("after %v: %d wallets were read, %d polls, %.0f/s; %.0f rows written a second; %.2f cores here, %.2f in PostgreSQL; "+
			"%.0f MB more on the heap, and %.0f of stacks; %d goroutines",
			time.Since(began).Round(time.Second), gateway.read.Load(), polls, float64(polls-last)/30, float64(updated-writes)/30,
			(nowOwn-own).Seconds()/30, (nowServer-server).Seconds()/30, float64(heap-memory)/1e6, float64(stack-stacks)/1e6,
			runtime.NumGoroutine())
		last, writes, own, server = polls, updated, nowOwn, nowServer
	}
	var again, most int64
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT COUNT(*) FILTER (WHERE fence > 1), MAX(fence) FROM djamo_wallets").Scan(&again, &most))
	t.Logf("all shards were held after %v, and all wallets read after %v; %d wallets were claimed more than once, at most %d times",
		claimed.Round(time.Second), all.Round(time.Second), again, most)
	began = time.Now()
	for _, m := range machines {
		m.stop()
	}
	t.Logf("they ended within %v", time.Since(began).Round(time.Millisecond))
}

func inUse() (heap, stacks int64) {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc), int64(stats.StackInuse)
}

// processorTime is what a process has used, where Linux says so.
func processorTime(pid string) time.Duration {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, fields, _ := strings.Cut(string(text), ") ")
	var user, system int64
	const at = 11
	if list := strings.Fields(fields); len(list) > at+1 {
		_, _ = fmt.Sscan(list[at]+" "+list[at+1], &user, &system)
	}
	const tick = 10 * time.Millisecond
	return time.Duration(user+system) * tick
}

// serverTime is what the processes of PostgreSQL have used that live now, with those that ended and were waited for.
func serverTime() time.Duration {
	var sum time.Duration
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		if comm, _ := os.ReadFile(name); strings.TrimSpace(string(comm)) == "postgres" {
			sum += processorTime(filepath.Base(filepath.Dir(name)))
		}
	}
	return sum
}
