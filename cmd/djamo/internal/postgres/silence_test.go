package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/internal/pgtest"
)

const (
	startup = "\x00\x00\x00\x08\x00\x03\x00\x00"
	query   = "Q\x00\x00\x00\x0dSELECT 1\x00"
	notice  = "N\x00\x00\x00\x05\x00"
	ready   = "Z\x00\x00\x00\x05I"
	row     = "D\x00\x00\x00\x06\x00\x00"
)

// Messages are counted as they are, into whatever pieces they are cut.
func TestFrames_HoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	for size := 1; size < 20; size++ {
		f, kinds := frames{bare: true}, ""
		for piece := range slices.Chunk([]byte(startup+query+row+notice+ready), size) {
			f.read(piece, func(kind byte) { kinds += string(kind) })
		}
		require.Equal(t, "QDNZ", kinds, size)
		f.read([]byte("HTTP/1.1 \x00\x00\x00\x00"), func(byte) {})
		require.NotPanics(t, func() { f.read([]byte("x\x00\x00\x00\x00x\x00\x00\x00\x04"), func(byte) {}) })
	}
	f := frames{}
	f.read([]byte("x\x00\x00\x00\x03Z\x00\x00\x00\x05I"), func(byte) { t.Error("that was no message") })
	require.True(t, f.lost)
}

// asked is a connection under watch with its server at the other end.
func asked(t *testing.T, ask func() error) (conn net.Conn, server net.Conn, waits *[]time.Duration) {
	t.Helper()
	client, server := net.Pipe()
	waits = new([]time.Duration)
	w := &watch{
		after: 30 * time.Second, ask: func(context.Context) error { return ask() },
		tell: func(waited time.Duration) { *waits = append(*waits, waited) },
	}
	conn = w.over(client)
	t.Cleanup(func() { _, _ = conn.Close(), server.Close() })
	go func() { _, _ = io.CopyN(io.Discard, server, int64(len(startup+query))) }()
	_, err := conn.Write([]byte(startup + query))
	require.NoError(t, err)
	return conn, server, waits
}

var errGone = errors.New("nobody answers")

// after takes a while to find that out.
func after(d time.Duration) error {
	time.Sleep(d) //nolint:forbidigo // in a bubble
	return errGone
}

// What was asked for is waited for as long as the server lets others in, and it is told once that it is waited for.
func TestWatch_WaitsForAServerThatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		visits := 0
		conn, server, waits := asked(t, func() error { visits++; return nil })
		go func() {
			time.Sleep(time.Hour + 7*time.Second) //nolint:forbidigo // in a bubble, and not at a moment when somebody asks
			_, _ = io.WriteString(server, row)
			time.Sleep(time.Hour + 7*time.Second) //nolint:forbidigo // in a bubble, and not at a moment when somebody asks
			_, _ = io.WriteString(server, ready)
		}()
		answer := make([]byte, len(row+ready))
		_, err := io.ReadFull(conn, answer)
		require.NoError(t, err)
		require.Equal(t, row+ready, string(answer))
		require.Equal(t, []time.Duration{30 * time.Second, 30 * time.Second}, *waits, "once before the row, once before the end")
		require.Greater(t, visits, 100)
	})
}

// One that lets nobody in either is given up.
func TestWatch_GivesUpAServerThatIsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, server, waits := asked(t, func() error { return after(15 * time.Second) })
		began := time.Now()
		_, err := io.ReadAll(conn)
		require.ErrorAs(t, err, new(*SilentError))
		require.Equal(t, 45*time.Second, time.Since(began))
		require.Empty(t, *waits)
		_, err = conn.Write([]byte(query))
		require.ErrorAs(t, err, new(*SilentError), "and is not asked again")
		_, err = io.ReadAll(server)
		require.NoError(t, err, "the connection is closed")
	})
}

// A server that takes no more bytes is silent as well.
func TestWatch_GivesUpAServerThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, _, _ := asked(t, func() error { return errGone })
		_, err := conn.Write([]byte(query))
		require.ErrorAs(t, err, new(*SilentError))
	})
}

// What was not asked for may take for ever, also behind an answer: notifications come when they come.
func TestWatch_WaitsForNotificationsForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, server, waits := asked(t, func() error { t.Error("nobody has to ask"); return errGone })
		go func() {
			_, _ = io.WriteString(server, ready)
			time.Sleep(1000 * time.Hour) //nolint:forbidigo // in a bubble
			_, _ = io.WriteString(server, notice)
		}()
		answer := make([]byte, len(ready+notice))
		_, err := io.ReadFull(conn, answer)
		require.NoError(t, err)
		require.Empty(t, *waits)
	})
}

// An answer that comes while somebody asks counts, whatever the other learns.
func TestWatch_HearsAnAnswerAtTheLastMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, server, _ := asked(t, func() error { return after(10 * time.Second) })
		go func() {
			time.Sleep(35 * time.Second) //nolint:forbidigo // in a bubble
			_, _ = io.WriteString(server, ready)
		}()
		_, err := io.ReadFull(conn, make([]byte, len(ready)))
		require.NoError(t, err)
		time.Sleep(time.Hour) //nolint:forbidigo // in a bubble
		go func() { _, _ = io.CopyN(io.Discard, server, int64(len(query))) }()
		_, err = conn.Write([]byte(query))
		require.NoError(t, err)
	})
}

// The same with the driver, over TCP.
func TestWatch_EndsTheWaitOfADriver(t *testing.T) {
	t.Parallel()
	address, visits := pgtest.Mute(t)
	config, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	Watch(config, nil)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT 1")
	silent := (*SilentError)(nil)
	require.ErrorAs(t, err, &silent)
	require.GreaterOrEqual(t, silent.For, 2*time.Second)
	require.GreaterOrEqual(t, visits.Load(), int64(2), "somebody else has asked")
	require.Contains(t, silent.In(lang.French), "ne lui a pas répondu")
	_ = conn.Close(t.Context())
}

// A statement that is only slow ends well, and so does one that waits for the lock of another.
func TestWatch_LeavesASlowStatementAlone(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.Address(t))
	require.NoError(t, err)
	config.ConnectTimeout = 3 * time.Second // which a busy machine takes to let somebody in
	told := make(chan time.Duration, 100)
	Watch(config, func(waited time.Duration) { told <- waited })
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), "SELECT pg_sleep(8)")
	require.NoError(t, err)
	require.GreaterOrEqual(t, <-told, 6*time.Second)
}
