package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var nine = time.Date(2026, 5, 28, 9, 30, 0, 0, time.UTC)

// A hash must never come out otherwise: it is what old rows are verified with.
func TestHead_HashesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	var h Head
	rows := h.Append("wal_1", Record{
		At: nine, Consent: "c", Action: "read", Scope: "transactions.read", Request: "r", Status: 200, Count: 3, Fields: "id,ts",
	}, Record{At: nine, Action: "read", Status: 429})
	require.Len(t, rows, 2)
	require.Equal(t, "465eec7cfc9fa8c97f235678a3964fcb247bf81592acc6badc080c97091ab517", rows[0].Hash)
	require.Equal(t, "a1babe6f85a2c06316a5ec23bc78188a8d7ca9de4e7f6841e12669784b2b17d8", rows[1].Hash)
	require.Equal(t, Head{N: 2, Hash: rows[1].Hash}, h)
	first := Row{Chain: "wal_1", N: 1, Record: Record{At: nine, Consent: "c", Action: "read", Request: "r", Status: 200, Count: 3}, format: 1}
	require.Equal(t, "d6165fcfab72f9717a6203559a777272893b39a1891dbf169339b2162e692704", first.sum(""))
}

// Two records that differ anywhere have other hashes, also where a text ends and the next begins.
func TestHead_EveryFieldCounts(t *testing.T) {
	t.Parallel()
	base := Record{At: nine, Consent: "a", Action: "b", Scope: "c", Request: "d", Status: 1, Count: 2, Fields: "e"}
	seen := map[string]bool{}
	for _, change := range []func(*Record){
		func(*Record) {}, func(r *Record) { r.At = r.At.Add(1) }, func(r *Record) { r.Consent, r.Action = "ab", "" },
		func(r *Record) { r.Consent, r.Action = "", "ab" }, func(r *Record) { r.Scope, r.Request = "cd", "" }, func(r *Record) { r.Status = 2 },
		func(r *Record) { r.Count = 1 }, func(r *Record) { r.Fields = "" }, func(r *Record) { r.Request, r.Fields = "", "de" },
	} {
		var h Head
		record := base
		change(&record)
		hash := h.Append("w", record)[0].Hash
		require.False(t, seen[hash], "%+v", record)
		seen[hash] = true
	}
	var other Head
	require.False(t, seen[other.Append("v", base)[0].Hash], "the chain counts as well")
}

// What a database would give back otherwise is not hashed as it came.
func TestHead_TakesWhatADatabaseTakes(t *testing.T) {
	t.Parallel()
	var h Head
	row := h.Append("w", Record{At: nine, Fields: "a\x00\xffb"})[0]
	require.Equal(t, "a\uFFFDb", row.Fields)
	require.Equal(t, row.sum(""), row.Hash)
}

func TestHead_Idle(t *testing.T) {
	t.Parallel()
	var h Head
	reads := func(at time.Time, count int64, consent string) Reads {
		return Reads{Last: at, Count: count, Consent: consent, Scope: "s"}
	}
	require.Empty(t, h.Idle("w", reads(nine, 0, "c")))
	require.Zero(t, h)
	require.Empty(t, h.Idle("w", reads(nine, 2, "c")))
	require.Empty(t, h.Idle("w", reads(nine.Add(-time.Minute), 3, "c")), "late, and of the same hour")
	require.Equal(t, reads(nine, 5, "c"), h.Open)
	require.Empty(t, h.Close("w", nine.Add(29*time.Minute)), "the hour is not over")
	rows := h.Idle("w", reads(nine, 1, "d"))
	require.Len(t, rows, 1, "another consent")
	require.Equal(t, Record{At: nine, Consent: "c", Action: "idle", Scope: "s", Status: 200, Count: 5}, rows[0].Record)
	rows = h.Idle("w", reads(nine.Add(time.Hour), 1, "d"))
	require.Len(t, rows, 1, "another hour")
	rows = h.Append("w", Record{At: nine.Add(time.Hour), Action: "read"})
	require.Len(t, rows, 1, "the hour goes on")
	rows = h.Append("w", Record{At: nine.Add(2 * time.Hour), Action: "read"})
	require.Len(t, rows, 2, "and is over")
	require.Equal(t, "idle", rows[0].Action)
	require.EqualValues(t, 5, h.N)
}

func TestRow_Account(t *testing.T) {
	t.Parallel()
	require.Equal(t, "wal_1", (&Row{Chain: "wal_1"}).Account())
	require.Empty(t, (&Row{Chain: ConsentChain("c0ffee")}).Account())
	require.Equal(t, "'=1", cell("=1"))
	require.Equal(t, "a=1", cell("a=1"))
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	got, err := ParsePrivateKey(secret)
	require.NoError(t, err)
	require.Equal(t, private, got)
	der, err = x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	open := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	known, err := ParsePublicKey(open)
	require.NoError(t, err)
	require.Equal(t, public, known)
	for _, bad := range [][]byte{nil, []byte("x"), open, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})} {
		_, err := ParsePrivateKey(bad)
		require.ErrorContains(t, err, "openssl genpkey")
		require.NotContains(t, err.Error(), "secret")
	}
	for _, bad := range [][]byte{nil, secret, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})} {
		_, err := ParsePublicKey(bad)
		require.ErrorContains(t, err, "openssl pkey")
	}
}

// Whatever is read as a checkpoint, it is refused unless it is the one that was signed.
func FuzzReadCheckpoint(f *testing.F) {
	public, private, err := ed25519.GenerateKey(bytes.NewReader(make([]byte, 64)))
	require.NoError(f, err)
	body := `{"format":"djamo-audit-checkpoint-1","at":"2026-05-28T09:30:00Z","key":"` + Fingerprint(public) + `"}` + "\n" +
		`{"chain":"w","n":2,"hash":"h"}` + "\n"
	good := body + signedLine(private, body, Summary{Chains: 1, Rows: 2})
	f.Add([]byte(good))
	f.Add([]byte(body))
	f.Add([]byte(strings.Replace(good, `"n":2`, `"n":3`, 1)))
	f.Add([]byte("{}\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var at time.Time
		var failed error
		for m, err := range readCheckpoint(&Signed{Checkpoint: bytes.NewReader(text), PublicKey: public}, &at) {
			if failed = err; err == nil && m.N < 1 {
				t.Fatal("a mark without rows")
			}
		}
		lines := strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		if same := lines == strings.TrimSuffix(good, "\n"); failed == nil && !same && !strings.HasPrefix(lines, body) {
			t.Fatalf("it was not signed: %q", text)
		} else if same && failed != nil {
			t.Fatal(failed)
		}
	})
}

// signedLine is the closing of a checkpoint.
func signedLine(key ed25519.PrivateKey, body string, sum Summary) string {
	digest := sha256.New()
	digest.Write([]byte(body))
	line, err := json.Marshal(closing{sum.Chains, sum.Rows, ed25519.Sign(key, signed(digest, sum))})
	if err != nil {
		panic(err)
	}
	return string(line) + "\n"
}
