//go:build unix

package riverpayroll_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// chaos is a run that three workers pay while they are frozen and killed, LISTEN connections end, the database crashes and
// fails over to a standby that replicates synchronously, and a person cancels and resumes, on an API that loses requests
// and answers and would pay a reference twice.
type chaos struct {
	testing.TB

	random  *rand.Rand
	cluster *cluster
	pool    *pgxpool.Pool
	commits *commits
	server  *djamotest.Server
	mode    payroll.Mode
	workers []*process
	killed  []time.Time

	guarded   bool      // by a standby
	cancelled time.Time // when the run's cancellation was committed; zero while it is not cancelled
	late      int       // how many requests left after that, at most
	done      map[string]int
}

// TestChaos is short; DJAMO_TEST_FULL=1 makes it an hour (go test -timeout 2h). DJAMO_TEST_SEED repeats one.
func TestChaos(t *testing.T) { //nolint:tparallel // the modes take turns, each with the machine to itself
	t.Parallel()
	seed, length := uint64(time.Now().UnixNano()), 10*time.Second
	if given := os.Getenv("DJAMO_TEST_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "DJAMO_TEST_SEED")
	}
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		length = 30 * time.Minute // for each mode
	}
	for i, mode := range []payroll.Mode{payroll.Single, payroll.Batch} { //nolint:paralleltest // see above
		t.Run(string(mode), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			cluster := newPrimary(t)
			for ends := time.Now().Add(length); time.Now().Before(ends); {
				c := &chaos{TB: t, random: random, cluster: cluster, mode: mode, done: map[string]int{}}
				c.pay(min(time.Until(ends), time.Minute))
				t.Logf("%s DJAMO_TEST_SEED=%d: paid %d once each, at most %d after a cancellation, %v", time.Now().UTC().Format(time.TimeOnly), seed,
					len(c.server.Transactions()), c.late, c.done)
			}
		})
	}
}

// open makes a database of the run's own and opens it.
func (c *chaos) open() {
	c.Helper()
	admin := open(c, c.cluster.address())
	name := "run_" + strconv.FormatUint(c.random.Uint64(), 36)
	c.cluster.persist(c, admin, "CREATE DATABASE "+name)
	admin.Close()
	config, err := pgxpool.ParseConfig(c.cluster.addressOf(name))
	require.NoError(c, err)
	c.commits = &commits{}
	config.MaxConns, config.ConnConfig.Tracer = 8, c.commits
	c.pool, err = pgxpool.NewWithConfig(c.Context(), config)
	require.NoError(c, err)
	c.Cleanup(c.pool.Close)
	c.again(func() error { return riverpayroll.Migrate(c.Context(), c.pool) })
}

func (c *chaos) pay(length time.Duration) {
	c.Helper()
	c.open()
	c.server = newServer(c, djamotest.WithRepeatedReferences(), djamotest.WithSeed(c.random.Uint64()))
	_, err := c.server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(c, err)
	_, err = c.server.Inject(djamotest.AnyOf(djamotest.RefuseConnection(), djamotest.CloseConnection(), djamotest.LoseReply(),
		djamotest.FailBefore(http.StatusServiceUnavailable), djamotest.FailAfter(http.StatusInternalServerError)), djamotest.Probability(0.1))
	require.NoError(c, err)
	plan, references := planOf(c, 60+int(length.Seconds())*10)
	if c.random.IntN(2) == 0 {
		demandApproval(c, c.pool)
		approveRun(c, c.pool, c.server, plan, 0)
		c.done["approved"]++
	}
	enqueue(c, c.pool, plan, 10)
	for range 3 {
		c.workers = append(c.workers, startProcess(c, c.pool, c.server, c.mode))
	}
	actions := []struct {
		name string
		do   func()
	}{
		{"freeze", func() { c.pick().freeze(c) }}, {"thaw", func() { c.pick().thaw(c) }}, {"kill", c.kill}, {"deafen", c.deafen},
		{"cancel", c.cancel}, {"cancel", c.cancel}, {"resume", c.resume}, {"resume", c.resume}, {"wait", func() {}}, {"crash", c.crash},
		{"fail over", c.failOver},
	}
	for ends := time.Now().Add(length); time.Now().Before(ends); {
		action := actions[c.random.IntN(len(actions))]
		action.do()
		c.done[action.name]++
		time.Sleep(time.Duration(c.random.IntN(500)) * time.Millisecond) //nolint:forbidigo // that is how long it lasts
	}
	for _, worker := range c.workers {
		worker.thaw(c)
	}
	c.resume()
	c.complete()
	c.server.AssertPaidOnce(c, references...)
	require.Len(c, c.server.Transactions(), len(references), "nothing else was paid")
	for _, worker := range c.workers {
		worker.kill()
	}
	c.workers = nil
	c.pool.Close()
}

// complete waits until everybody is paid, for as long as somebody is from time to time: a busy machine is slow.
func (c *chaos) complete() {
	c.Helper()
	const patience = 5 * time.Minute
	for last, changed := -1, time.Now(); last != 0; {
		var open int
		err := c.pool.QueryRow(c.Context(), "SELECT count(*) FROM djamo_payroll_payouts WHERE state <> 'completed'").Scan(&open)
		if err == nil && open != last {
			last, changed = open, time.Now()
		}
		require.Less(c, time.Since(changed), patience, "every run completes after its last resume: %d payouts are open", last)
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // see above
	}
}

func (c *chaos) pick() *process { return c.workers[c.random.IntN(len(c.workers))] }

func (c *chaos) kill() {
	i := c.random.IntN(len(c.workers))
	c.workers[i].kill()
	c.killed = append(c.killed, time.Now())
	c.workers[i] = startProcess(c, c.pool, c.server, c.mode)
}

// deafen ends the connections by which workers hear of anything.
func (c *chaos) deafen() {
	c.cluster.persist(c, c.pool, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
}

func (c *chaos) crash() { c.cluster.crash(c, c.pool) }

// failOver sees to it first that there is a standby, and lets workers commit to both for a while.
func (c *chaos) failOver() {
	if !c.guarded {
		c.cluster.protect(c, c.pool)
	}
	time.Sleep(time.Duration(c.random.IntN(2000)) * time.Millisecond) //nolint:forbidigo // see above
	c.cluster.failOver(c, c.pool)
	c.guarded = false
}

// again repeats what fails for a broken connection only. The database is there: whoever did that to it has waited.
func (c *chaos) again(do func() error) {
	c.Helper()
	var err error
	for ends := time.Now().Add(soon); time.Now().Before(ends); {
		if err = do(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // until the connections are new
	}
	require.NoError(c, err)
}

func (c *chaos) cancel() {
	c.again(func() error {
		c.commits.forget()
		cancelled, err := riverpayroll.Cancel(c.Context(), c.pool, run, riverpayroll.CancelOptions{})
		if err != nil {
			return err
		}
		require.Empty(c, cancelled.Holders, cancelled.String())
		if c.cancelled.IsZero() {
			c.cancelled = c.commits.first()
			require.False(c, c.cancelled.IsZero() || c.cancelled.Before(cancelled.At))
		}
		return nil
	})
}

// resume looks first what has left since the cancellation was committed: of each worker one request at most, which the
// database had allowed before. A worker that was killed just before may have left one in the network.
func (c *chaos) resume() {
	if !c.cancelled.IsZero() {
		allowed := len(c.workers)
		for _, at := range c.killed {
			if at.Before(c.cancelled) && c.cancelled.Sub(at) < 5*time.Second {
				allowed++
			}
		}
		late := posts(c.server, c.cancelled)
		require.LessOrEqual(c, late, allowed, "requests that left after a cancellation was committed")
		c.late = max(c.late, late)
	}
	db := database(c, c.pool)
	c.again(func() error {
		tx, err := db.BeginTx(c.Context(), nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := riverpayroll.Resume(c.Context(), tx, run, riverpayroll.Options{}); err != nil {
			return err
		}
		return tx.Commit()
	})
	c.cancelled = time.Time{}
}
