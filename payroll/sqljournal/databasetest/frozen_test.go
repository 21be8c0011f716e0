package databasetest_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// frozenAt is the address of a database as a program sees it that is frozen right before it sends a statement: what it
// sent before stays, its connection too.
func frozenAt(t testing.TB, database, statement string) string {
	t.Helper()
	address, err := url.Parse(database)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	frozen, server := make(chan struct{}), address.Host
	t.Cleanup(func() { close(frozen); _ = listener.Close() })
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", server)
			if err != nil {
				_ = here.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(here, there)
				_ = here.Close()
			}()
			go func() {
				defer there.Close()
				packet := make([]byte, 1<<20)
				for {
					n, err := here.Read(packet)
					if bytes.Contains(packet[:n], []byte(statement)) {
						<-frozen
						return
					}
					if _, writeErr := there.Write(packet[:n]); err != nil || writeErr != nil {
						return
					}
				}
			}()
		}
	}()
	address.Host = listener.Addr().String()
	return address.String()
}

// A worker that is frozen in the middle of a transaction has the part's row locked. It must not keep the next one waiting
// for as long as it is frozen, which may be for ever.
func TestPart_FrozenInTheMiddleOfATransaction(t *testing.T) {
	t.Parallel()
	database := schemaAddress(t)
	db := opened(t, "pgx", database)
	require.NoError(t, sqljournal.Migrate(t.Context(), db, sqljournal.PostgreSQL))
	divided(t, db, "run", planOf(t, 1), 1)
	frozen := openPart(t, opened(t, "pgx", frozenAt(t, database, "UPDATE djamo_payroll_payouts")), "run", 1)
	lease, err := frozen.Acquire(t.Context(), "frozen", 8*time.Second) // less than a transaction may stand still
	require.NoError(t, err)
	payouts, err := frozen.Payouts(t.Context(), 0, 1)
	require.NoError(t, err)
	payouts[0].State = payroll.Submitting
	stuck := make(chan error)
	go func() {
		stuck <- frozen.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: payouts[0]})
	}()
	require.Eventually(t, func() bool {
		var locked bool
		err := db.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = current_setting('application_name'))").Scan(&locked)
		return err == nil && locked
	}, time.Minute, 10*time.Millisecond)

	part := openPart(t, db, "run", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	require.Eventually(t, func() bool {
		lease, err = part.Acquire(ctx, "next", time.Hour)
		return err == nil
	}, 5*time.Minute, 10*time.Millisecond)
	require.NoError(t, part.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: payouts[0]}))
	require.Error(t, <-stuck, "what it was writing is lost")
}
