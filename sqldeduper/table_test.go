package sqldeduper_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/sqldeduper"
)

// PostgreSQL fails one of two that create the same table at the same moment, in spite of IF NOT EXISTS.
func TestCreate_ManyMachinesAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 5 {
				s := open(t)
				machines := make([]*sqldeduper.Deduper, 8)
				for i := range machines {
					machines[i] = s.uncreated(t)
				}
				errs := make([]error, len(machines))
				start := make(chan struct{})
				var all sync.WaitGroup
				for i, d := range machines {
					all.Go(func() {
						<-start
						errs[i] = d.Create(t.Context())
					})
				}
				close(start)
				all.Wait()
				for _, err := range errs {
					require.NoError(t, err)
				}
				claims(t, machines[0], "key", "a", djamo.ClaimGranted)
				require.NoError(t, machines[1].Create(t.Context()), "the table is there already")
				claims(t, machines[1], "key", "b", djamo.ClaimHeld)
			}
		})
	}
}

func TestCreate_OddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"order", strings.Repeat("x", 50)} {
		s := sqliteStore(t)
		s.table = name
		claims(t, s.machine(t), "key", "a", djamo.ClaimGranted)
	}
}

func TestCreate_InASchemaOfPostgreSQL(t *testing.T) {
	t.Parallel()
	s := postgresStore(t)
	db, schema := s.db(t), newTable()
	_, err := db.Exec("CREATE SCHEMA " + schema)
	require.NoError(t, err)
	defer func() {
		_, err := db.Exec("DROP SCHEMA " + schema + " CASCADE")
		require.NoError(t, err)
	}()

	s.table = schema + ".seen"
	d := s.machine(t)
	claims(t, d, "key", "a", djamo.ClaimGranted)
	var rows int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM "+schema+".seen").Scan(&rows))
	require.Equal(t, 1, rows)
	_, err = d.Prune(t.Context())
	require.NoError(t, err)
}

// Schema is for programs that create their tables otherwise.
func TestSchema_IsWhatCreateRuns(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			d, db := s.uncreated(t), s.db(t)
			for range 2 { // safe to repeat
				for _, statement := range d.Schema() {
					_, err := db.Exec(statement)
					require.NoError(t, err)
				}
			}
			claims(t, d, "key", "a", djamo.ClaimGranted)
			require.NoError(t, d.Create(t.Context()))
			claims(t, d, "key", "b", djamo.ClaimHeld)
		})
	}
}

func TestPrune_ForgetsWhatIsOld(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			short, long := s.machine(t, sqldeduper.WithRetention(time.Millisecond)), s.machine(t)
			const old = 2_500 // more than one statement deletes
			db := s.db(t)
			_, err := db.Exec(manyOld(s, old))
			require.NoError(t, err)

			require.NoError(t, long.Done(t.Context(), "handled", "a"))
			require.NoError(t, short.Done(t.Context(), "handled long ago", "a"))
			claims(t, short, "held", "a", djamo.ClaimGranted)
			answer, err := short.Claim(t.Context(), "abandoned", "a", time.Millisecond)
			require.NoError(t, err)
			require.Equal(t, djamo.ClaimGranted, answer)
			claims(t, short, "handled long ago", "b", djamo.ClaimDone) // remembered until it is pruned

			var deleted int64
			require.Eventually(t, func() bool { // the two milliseconds pass meanwhile
				n, err := long.Prune(t.Context())
				deleted += n
				return err == nil && deleted >= old+2
			}, 5*time.Minute, time.Millisecond)
			require.EqualValues(t, old+2, deleted)

			claims(t, long, "handled", "c", djamo.ClaimDone)
			claims(t, long, "held", "c", djamo.ClaimHeld)
			claims(t, long, "handled long ago", "c", djamo.ClaimGranted)
			claims(t, long, "abandoned", "c", djamo.ClaimGranted)
		})
	}
}

// manyOld fills the table with deliveries whose time is over.
func manyOld(s store, rows int) string {
	past := "now() - interval '1 hour'"
	if s.dialect == sqldeduper.SQLite {
		past = "unixepoch() * 1000 - 3600000"
	}
	return fmt.Sprintf(`WITH RECURSIVE old(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM old WHERE n < %d)
INSERT INTO "%s" (delivery, owner, done, expires_at) SELECT 'old ' || n, 'a', n %% 2 = 0, %s FROM old`, rows, s.table, past)
}

// Machines that prune at the same moment as others claim take nothing away that is claimed or handled.
func TestPrune_BesideClaims(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			first := s.machine(t)
			_, err := s.db(t).Exec(manyOld(s, 3_000))
			require.NoError(t, err)

			var all sync.WaitGroup
			for range 3 {
				d := s.machine(t)
				all.Go(func() {
					_, err := d.Prune(t.Context())
					if err != nil {
						t.Error(err)
					}
				})
			}
			const keys = 50
			for i := range keys { // each is old, and may be pruned while it is claimed anew
				claims(t, first, fmt.Sprintf("old %d", i*60+1), "new", djamo.ClaimGranted)
			}
			all.Wait()
			_, err = first.Prune(t.Context())
			require.NoError(t, err)
			for i := range keys {
				claims(t, first, fmt.Sprintf("old %d", i*60+1), "another", djamo.ClaimHeld)
			}
			var rows int
			require.NoError(t, s.db(t).QueryRow(`SELECT count(*) FROM "`+s.table+`"`).Scan(&rows))
			require.Equal(t, keys, rows)
		})
	}
}

// A row is there to be read by people, unless the database could not hold it.
func TestDeduper_RowsAreReadable(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			d := s.machine(t)
			readable := map[string]bool{
				"données: 6ae4":          true,
				strings.Repeat("x", 255): true,
				strings.Repeat("x", 256): false,
				"sha256:00f5":            false, // or somebody's key could be made to equal another's
				"nul\x00":                false,
				"\xff":                   false,
			}
			for key, asItIs := range readable {
				want := key
				if !asItIs {
					want = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key)))
				}
				claims(t, d, key, "a", djamo.ClaimGranted)
				var found int
				require.NoError(t, s.db(t).QueryRow(fmt.Sprintf(`SELECT count(*) FROM "%s" WHERE delivery = '%s'`, s.table, want)).Scan(&found))
				require.Equal(t, 1, found, want)
			}
		})
	}
}

// claims asks for a minute and checks the answer.
func claims(t testing.TB, d djamo.Deduper, key, owner string, want djamo.Claim) {
	t.Helper()
	answer, err := d.Claim(t.Context(), key, owner, time.Minute)
	require.NoError(t, err)
	require.Equal(t, want, answer, "%s by %s", key, owner)
}
