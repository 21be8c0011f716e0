//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// TestMain lets the test binary be wallet-sync itself, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("WALLET_SYNC_PROCESS") != "" {
		main()
	}
	os.Exit(m.Run())
}

// process starts wallet-sync as a process of its own.
func (b *bench) process(args ...string) *exec.Cmd {
	b.t.Helper()
	self, err := os.Executable()
	require.NoError(b.t, err)
	command := exec.CommandContext(context.WithoutCancel(b.t.Context()), self, args...)
	command.Env = append(os.Environ(), "WALLET_SYNC_PROCESS=1")
	for name, value := range b.env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stderr = &bytes.Buffer{}
	require.NoError(b.t, command.Start())
	b.t.Cleanup(func() { _ = command.Process.Kill() })
	return command
}

// onEachDatabase runs a test with a file of SQLite, and with a database of PostgreSQL where there is a server.
func onEachDatabase(t *testing.T, options gatewaytest.Options, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newBench(t, options))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		address := pgtest.Database(t, "pgx")
		b := newBench(t, options)
		b.db = address
		test(t, b)
	})
}

// patience is for busy machines: what goes well takes no time.
const patience = 5 * time.Minute

// full asks for tests that are as long as the promise.
func full() bool { return os.Getenv("DJAMO_TEST_FULL") != "" }

// Whatever is killed, and whenever: each item is there once, in order. DJAMO_TEST_FULL=1 makes it 200 kills a database.
func TestProcess_KilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, gatewaytest.Options{Delay: time.Millisecond, TokenLife: 2 * time.Second}, func(t *testing.T, b *bench) {
		day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		wallets := []string{one, two}
		for _, id := range wallets {
			b.gateway.Live(id, day.AddDate(0, -2, 0), 60, true)
			b.gateway.Live(id, day, 60, false)
		}
		args := b.args("-wallet", strings.Join(wallets, ","), "-from", "2026-03-01")
		kills := 12
		switch {
		case full():
			kills = 200
		case testing.Short():
			kills = 4
		}
		killed := 0
		for i := 0; killed < kills; i++ {
			running := []*exec.Cmd{b.process(args...)}
			if i%3 == 2 {
				running = append(running, b.process(args...))
			}
			reads := b.waitForReads(1 + rand.IntN(12))
			if reads && i%4 == 0 { // pages are stored together, so that a reader killed soon has stored none
				b.waitForChanges(len(b.changes(one)) + 1)
			}
			for _, id := range wallets {
				b.sale(id, -10*(i+1))
			}
			switch i % 4 {
			case 1:
				b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Mutation})
			case 3:
				b.gateway.Remove(one, fmt.Sprintf("tx_%08d", 300+i))
			}
			for _, process := range running {
				require.NoError(t, process.Process.Kill(), "it was running")
				_ = process.Wait()
				require.False(t, process.ProcessState.Exited(), "it was killed, and did not end by itself: %s", process.Stderr)
				killed++
			}
			// The server notices late that a killed reader is gone, and the next one does not wait for the end of its lease.
			require.Eventually(t, func() bool { return b.gateway.InFlight(one)+b.gateway.InFlight(two) == 0 }, patience, time.Millisecond)
			if !reads { // what is asked of the holder is given, so that later kills strike a reader that reads
				b.heal()
			}
		}
		require.NotEmpty(t, b.changes(one), "readers were killed that had read")
		t.Logf("%d kills, %d reads, %d changes", killed, b.gateway.Reads(), len(b.changes(one))+len(b.changes(two)))
		b.heal()
		code := b.once("-wallet", strings.Join(wallets, ","), "-from", "2026-03-01")
		require.Zero(t, code, b.stderr.String())
		for _, id := range wallets {
			b.requireSame(id, "2026-03-01")
			require.Equal(t, 1, b.gateway.MostInFlight(id))
		}
	})
}

// waitForReads waits until the gateway was asked for so many pages more, and a moment longer, so that a kill strikes anywhere
// between one read and the next. It reports whether they came.
func (b *bench) waitForReads(count int) bool {
	b.t.Helper()
	before := b.gateway.Reads()
	for range 1000 {
		if b.gateway.Reads()-before >= count {
			time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond) //nolint:forbidigo // processes run in real time
			return true
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // as above
	}
	return false
}

// waitForChanges waits a while until so many changes of a wallet are stored.
func (b *bench) waitForChanges(count int) {
	b.t.Helper()
	for range 50 {
		if len(b.changes(one)) >= count {
			return
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // processes run in real time
	}
}

// heal gives new tokens where a kill struck between an exchange and the store: only the holder can.
func (b *bench) heal() {
	b.t.Helper()
	b.once("-wallet", one+","+two)
	if b.status(one).ConsentState == "needs_reauth" {
		b.grant(b.gateway.Reissue(b.env["DJAMO_CONSENT_ID"]))
	}
}

func TestProcess_TwoOnOneStore(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, gatewaytest.Options{Delay: 2 * time.Millisecond}, func(t *testing.T, b *bench) {
		b.gateway.Live(one, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 60, false)
		first, second := b.process(b.args("-wallet", one)...), b.process(b.args("-wallet", one)...)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
		require.NoError(t, first.Process.Kill())
		_ = first.Wait()
		b.sale(one, -77)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
		b.requireSame(one, "")
		require.Equal(t, 1, b.gateway.MostInFlight(one))
		require.NoError(t, second.Process.Signal(syscall.SIGTERM))
		require.NoError(t, second.Wait(), "a signal ends a run with 0")
	})
}

// inStep reports whether the store has what the ledger has.
func (b *bench) inStep(wallet string) bool { //nolint:unparam // says at its calls which wallet
	var out bytes.Buffer
	if command(b.t.Context(), []string{"status", "-db", b.db}, func(string) string { return "" }, &out, &bytes.Buffer{}) != exitDone {
		return false // the first process has not made it yet
	}
	for line := range strings.Lines(out.String()) {
		var status walletservice.StatusLine
		if json.Unmarshal([]byte(line), &status) == nil && status.Wallet == wallet {
			return status.State == "in_step" && int(status.Items) == len(b.gateway.Ledger(wallet, ""))
		}
	}
	return false
}

func TestProcess_PushesAreStoredAtOnce(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, gatewaytest.Options{}, func(t *testing.T, b *bench) {
		b.sale(one, -1)
		address := fmt.Sprintf("127.0.0.1:%d", pgtest.FreePort(t))
		process := b.process("run", "-gateway", b.url, "-db", b.db, "-wallet", one, "-poll", "1h", "-read-timeout", "1h", "-listen", address)
		var pushed string
		require.Eventually(t, func() bool {
			status, err := b.gateway.Push(t.Context(), "http://"+address+"/djamo/pi-spi", "wrong", one, "tx")
			return err == nil && status == 401
		}, patience, 50*time.Millisecond)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
		pushed = b.sale(one, -2)
		status, err := b.gateway.Push(t.Context(), "http://"+address+"/djamo/pi-spi", secret, one, pushed)
		require.NoError(t, err)
		require.Equal(t, 204, status)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 20*time.Millisecond)

		_, err = b.gateway.Push(t.Context(), "http://"+address+"/djamo/pi-spi", secret, one, "tx_early") // before the item is there
		require.NoError(t, err)
		require.EqualValues(t, 1, b.status(one).Expected)
		b.gateway.Add(one, map[string]any{"id": "tx_early", "type": "card_purchase", "amount_minor": -3})
		require.Eventually(t, func() bool { return b.inStep(one) && b.status(one).Expected == 0 }, patience, 20*time.Millisecond)
		b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Hang, Count: -1})
		_, err = b.gateway.Push(t.Context(), "http://"+address+"/djamo/pi-spi", secret, one, "tx_never")
		require.NoError(t, err)
		require.NoError(t, process.Process.Signal(syscall.SIGTERM))
		require.NoError(t, process.Wait(), "%s: nothing else ends the read that hangs", process.Stderr)
	})
}

// A file that another process has locked, such as a backup, keeps nobody from ending in time, whatever is waited for.
func TestProcess_ALockedFileDoesNotKeepARunFromEnding(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -1)
	require.Zero(t, b.once(), b.stderr.String())
	db, err := sql.Open("sqlite", b.db)
	require.NoError(t, err)
	defer db.Close()
	for _, early := range []bool{true, false} {
		lock, err := db.Conn(t.Context())
		require.NoError(t, err)
		begin := func() {
			require.Eventually(t, func() bool {
				_, err := lock.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
				return err == nil
			}, time.Minute, 5*time.Millisecond)
		}
		if early {
			begin() // before it has begun
		}
		process := b.process(b.args("-wallet", one)...)
		if !early {
			require.True(t, b.waitForReads(2))
			begin() // while it reads
			b.sale(one, -2)
			require.True(t, b.waitForReads(1))
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // processes run in real time: it waits for the file by now
		began := time.Now()
		require.NoError(t, process.Process.Signal(syscall.SIGTERM))
		require.NoError(t, process.Wait(), "%s", process.Stderr)
		require.Less(t, time.Since(began), 10*time.Second)
		_, err = lock.ExecContext(t.Context(), "ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, lock.Close())
	}
	require.Zero(t, b.once(), b.stderr.String())
	b.requireSame(one, "")
}

func TestProcess_AnOutageShowsAndHeals(t *testing.T) {
	t.Parallel()
	b := newBench(t, gatewaytest.Options{})
	b.sale(one, -1)
	process := b.process(b.args("-wallet", one, "-read-timeout", "500ms")...)
	require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.Hang, Count: 1})
	b.gateway.Inject(gatewaytest.Fault{Kind: gatewaytest.ServerError, Count: -1})
	require.Eventually(t, func() bool {
		status := b.status(one)
		return status.State == "failing" && *status.Lag >= 3
	}, patience, 100*time.Millisecond)
	require.Len(t, b.changes(one), 1)
	b.sale(one, -2)
	b.gateway.ClearFaults()
	require.Eventually(t, func() bool { return b.inStep(one) && *b.status(one).Lag < 3 }, patience, 100*time.Millisecond)
	require.NoError(t, process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, process.Wait())
}

// freeze stops a process while no transaction is open: who is frozen in the middle of one keeps a file of SQLite locked, and for ten
// seconds what it has locked in PostgreSQL.
func (b *bench) freeze(process *exec.Cmd) {
	b.t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(b.db, "postgres://") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, b.db)
	require.NoError(b.t, err)
	defer db.Close()
	require.Eventually(b.t, func() bool {
		var status syscall.WaitStatus
		require.NoError(b.t, process.Process.Signal(syscall.SIGSTOP))
		_, err := syscall.Wait4(process.Process.Pid, &status, syscall.WUNTRACED, nil)
		require.NoError(b.t, err)
		require.True(b.t, status.Stopped())
		if b.isUnlocked(db, driver) {
			return true
		}
		require.NoError(b.t, process.Process.Signal(syscall.SIGCONT))
		return false
	}, patience, 10*time.Millisecond)
}

func (b *bench) isUnlocked(db *sql.DB, driver string) bool {
	if driver == "pgx" {
		const query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
		var open int
		require.NoError(b.t, db.QueryRowContext(b.t.Context(), query).Scan(&open))
		return open == 0
	}
	conn, err := db.Conn(b.t.Context())
	require.NoError(b.t, err)
	defer conn.Close()
	if _, err := conn.ExecContext(b.t.Context(), "BEGIN IMMEDIATE"); err != nil {
		return false
	}
	_, err = conn.ExecContext(b.t.Context(), "ROLLBACK")
	require.NoError(b.t, err)
	return true
}

// A reader that is frozen for longer than its lease loses it, and what it had asked for is not stored when it wakes.
func TestProcess_AFrozenReaderIsReplaced(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, gatewaytest.Options{Delay: 2 * time.Millisecond}, func(t *testing.T, b *bench) {
		b.sale(one, -1)
		first := b.process(b.args("-wallet", one)...)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
		second := b.process(b.args("-wallet", one)...)
		time.Sleep(time.Second) //nolint:forbidigo // processes run in real time
		b.freeze(first)
		b.sale(one, -2)
		require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond, "the second takes over")
		require.NoError(t, first.Process.Signal(syscall.SIGCONT))
		for i := range 5 {
			b.sale(one, -10-i)
			require.Eventually(t, func() bool { return b.inStep(one) }, patience, 50*time.Millisecond)
		}
		b.requireSame(one, "")
		// A request that was about to leave when its process froze leaves when it wakes; what it brings is not stored.
		require.LessOrEqual(t, b.gateway.MostInFlight(one), 2)
		for _, process := range []*exec.Cmd{first, second} {
			require.NoError(t, process.Process.Signal(syscall.SIGTERM))
			require.NoError(t, process.Wait())
		}
	})
}
