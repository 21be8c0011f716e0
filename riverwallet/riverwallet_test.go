package riverwallet_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/riverwallet"
)

// TestMain lets the test binary be a worker, so that it can be killed.
func TestMain(m *testing.M) {
	if address := os.Getenv("RIVERWALLET_WORKER"); address != "" {
		fmt.Fprintln(os.Stderr, work(context.Background(), address, os.Getenv("RIVERWALLET_GATEWAY")))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const (
	shards = 4
	period = 2 * time.Second
)

// work is a worker as a program would have it.
func work(ctx context.Context, database, gateway string) error {
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := riverwallet.OpenStore(ctx, pool)
	if err != nil {
		return err
	}
	defer store.Close()
	client, err := wallet.NewClient(wallet.Options{URL: gateway, MaxAttempts: 1})
	if err != nil {
		return err
	}
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	if err != nil {
		return err
	}
	owner := fmt.Sprintf("worker-%d", os.Getpid())
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Exchanger: &consent.OAuth{TokenURL: gateway + "/oauth/token"}, Owner: owner}
	workers := river.NewWorkers()
	worker, err := riverwallet.AddWorker(workers, riverwallet.Config{
		Pool: pool, Shards: shards, Turn: period,
		Engine: &walletsync.Engine{Store: store, Gateway: client, Keeper: keeper, Owner: owner, Poll: 200 * time.Millisecond, PageSize: 5},
	})
	if err != nil {
		return err
	}
	jobs, err := river.NewClient(riverpgxv5.New(pool), riverwallet.ClientConfig(workers, shards))
	if err != nil {
		return err
	}
	if err := jobs.Start(ctx); err != nil {
		return err
	}
	err = worker.Run(ctx, jobs)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if stop := jobs.StopAndCancel(ending); err == nil {
		err = stop
	}
	return err
}

// Four workers, of which one is killed every second: every wallet comes in step, nothing twice. DJAMO_TEST_FULL=1 makes it a
// minute of kills.
func TestWorker_KilledEverySecond(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t, "pgx")
	pool, err := pgxpool.New(t.Context(), database)
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, riverwallet.Migrate(t.Context(), pool))
	require.NoError(t, riverwallet.Migrate(t.Context(), pool), "it may be repeated")
	gateway := gatewaytest.New(gatewaytest.Options{Seed: 5, Delay: time.Millisecond})
	url, err := gateway.Start()
	require.NoError(t, err)
	defer gateway.Close()
	store, err := riverwallet.OpenStore(t.Context(), pool)
	require.NoError(t, err)
	defer store.Close()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: store, Sealer: sealer}
	var wallets []string
	for i := range 12 {
		id := fmt.Sprintf("wal_%d", i)
		wallets = append(wallets, id)
		gateway.AddWallet(id, 0)
		gateway.Live(id, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 20, false)
		given := gateway.Issue(id)
		key, err := keeper.Adopt(t.Context(), consent.Grant{ID: given.ID, Token: given.Token, RefreshToken: given.RefreshToken})
		require.NoError(t, err)
		require.NoError(t, store.Register(t.Context(), id, key))
	}
	var workers []*exec.Cmd
	start := func() {
		self, err := os.Executable()
		require.NoError(t, err)
		command := exec.CommandContext(context.WithoutCancel(t.Context()), self)
		command.Env = append(os.Environ(), "RIVERWALLET_WORKER="+database, "RIVERWALLET_GATEWAY="+url)
		require.NoError(t, command.Start())
		workers = append(workers, command)
	}
	for range 4 {
		start()
	}
	kills := 6
	switch {
	case os.Getenv("DJAMO_TEST_FULL") != "":
		kills = 60
	case testing.Short():
		kills = 2
	}
	for i := range kills {
		time.Sleep(time.Second) //nolint:forbidigo // processes run in real time
		victim := workers[i]
		require.NoError(t, victim.Process.Kill())
		_ = victim.Wait()
		require.False(t, victim.ProcessState.Exited(), "it was killed, and did not end by itself")
		gateway.Add(wallets[i%len(wallets)], map[string]any{"type": "fee", "amount_minor": -1})
		start()
	}
	defer func() {
		for _, worker := range workers {
			_ = worker.Process.Kill()
			_ = worker.Wait()
		}
	}()
	killed := time.Now()
	// A turn of two seconds is over before a busy machine has renewed a lease: it takes its time, and goes on when it can.
	const patience = 5 * time.Minute
	require.Eventually(t, func() bool {
		statuses, err := store.Statuses(t.Context())
		for _, status := range statuses {
			if err != nil || !status.InStep || int(status.Items) != len(gateway.Ledger(status.Wallet, "")) || status.LastOK.Before(killed) {
				return false
			}
		}
		return true
	}, patience, 100*time.Millisecond)
	t.Logf("every wallet was read again %v after the last kill", time.Since(killed).Round(100*time.Millisecond))
	for _, id := range wallets {
		changes, err := store.Changes(t.Context(), id, 0, 100_000)
		require.NoError(t, err)
		contents := map[string]bool{}
		for i, change := range changes {
			require.EqualValues(t, i+1, change.Seq)
			content := strings.Join([]string{string(change.Kind), change.ID, string(change.Raw)}, " ")
			require.False(t, contents[content], "twice: %s", content)
			contents[content] = true
		}
	}
}
