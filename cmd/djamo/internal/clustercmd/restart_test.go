//go:build unix

package clustercmd

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// The database crashes twice in the middle of a run, under workers that go on living and faults of the API.
func TestProcess_DatabaseRestarts(t *testing.T) {
	t.Parallel()
	programs, port := pgtest.NewPrograms(t), pgtest.FreePort(t)
	data := filepath.Join(programs.Directory, "data")
	programs.Init(t, data)
	programs.Start(t, data, port, 200)
	payouts := 150
	if full() {
		payouts = 5_000
	}
	address := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	s := newSiteOn(t, address, payouts, djamotest.WithRepeatedReferences(), djamotest.WithSeed(11))
	_, err := s.server.Inject(djamotest.ProcessLate(200*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	s.do(t, "enqueue", "--part-size", "10", s.file)
	mixedFaults(t, s.server) // from here on: a payee that cannot be asked about would have to be confirmed
	for range 4 {
		worker := s.worker(t)
		t.Cleanup(func() { killed(worker) })
	}
	for crash := range 2 {
		sent := (crash + 1) * payouts / 4
		require.Eventually(t, func() bool { return len(s.server.Transactions()) >= sent }, patience, time.Millisecond)
		programs.Stop(t, data)
		programs.Start(t, data, port, 200)
	}
	s.waitUntilPaid(t)
	s.check(t)
}
