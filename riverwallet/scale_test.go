package riverwallet

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
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

// far is a gateway where nothing happens, whose answers take from 50 to 250 ms.
type far struct{ polls atomic.Int64 }

func (f *far) Page(ctx context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	n := f.polls.Add(1)
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

	memory := inUse()
	gateway, began := &far{}, time.Now()
	own, server := processorTime("self"), serverTime()
	var machines []*machine
	for i := range *manyProcess {
		machines = append(machines, start(t, address+"&pool_max_conns=16", fmt.Sprint("machine-", i), gateway, *manyShards, 0, time.Minute))
	}
	claimed := time.Duration(0)
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
		}
		var updated int64
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT COALESCE(SUM(n_tup_upd + n_tup_ins + n_tup_del), 0)::bigint
			FROM pg_stat_user_tables WHERE relname LIKE 'djamo%'`).Scan(&updated))
		polls := gateway.polls.Load()
		nowOwn, nowServer := processorTime("self"), serverTime()
		t.Logf("after %v: %d polls, %.0f/s; %.0f rows written a second; %.2f cores here, %.2f in PostgreSQL; %.0f MB more",
			time.Since(began).Round(time.Second), polls, float64(polls-last)/30, float64(updated-writes)/30,
			(nowOwn-own).Seconds()/30, (nowServer-server).Seconds()/30, float64(inUse()-memory)/1e6)
		last, writes, own, server = polls, updated, nowOwn, nowServer
	}
	t.Logf("all shards were held after %v", claimed.Round(time.Second))
	began = time.Now()
	for _, m := range machines {
		m.stop()
	}
	t.Logf("they ended within %v", time.Since(began).Round(time.Millisecond))
}

func inUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
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
