package intent

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

const account = "api-civ.djamo.com c1"

func payment(reference string) Intent {
	return Intent{
		At: time.Date(2026, 7, 31, 8, 0, 0, 0, time.UTC), Kind: Transfer, Account: account, Reference: reference, MSISDN: "+2250748710523",
		Amount: 50_000, Description: "Salaire", Batch: "sent_1",
	}
}

func open(t *testing.T) (Journal, string) {
	t.Helper()
	dir := t.TempDir()
	j, err := Open(dir)
	require.NoError(t, err)
	return j, filepath.Join(dir, "intents")
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	var paths []string
	for _, entry := range found {
		paths = append(paths, filepath.Join(dir, entry.Name()))
	}
	return paths
}

func TestJournal_KeepsWhatWasBegunAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	j, dir := open(t)
	found, err := j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.Nil(t, found)

	begun, err := j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	found, err = j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.Equal(t, payment("a/1"), found.Intent)
	require.True(t, found.IsOpen(), "of a program that was ended while it was sending")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(files(t, dir)[0])
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it has a whole phone number")
	}

	require.NoError(t, begun.Record(Outcome{Result: Unknown}))
	found, err = j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.True(t, found.IsOpen())
	require.NoError(t, found.Record(Outcome{Result: Accepted, ID: "txn_1", Batch: "bat_9"}))
	found, err = j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.False(t, found.IsOpen())
	require.Equal(t, "txn_1", found.Last.ID)

	// The same reference is another payment elsewhere, and of another kind.
	for _, other := range []struct {
		kind      Kind
		account   string
		reference string
	}{{Refund, account, "a/1"}, {Transfer, "api-sen.djamo.com c1", "a/1"}, {Transfer, account, "a/1 "}} {
		found, err = j.Find(other.kind, other.account, other.reference)
		require.NoError(t, err)
		require.Nil(t, found, other)
	}
}

func TestJournal_ATryAfterARefusalIsOpenAgain(t *testing.T) {
	t.Parallel()
	j, _ := open(t)
	begun, err := j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	require.NoError(t, begun.Record(Outcome{Result: Refused}))
	earlier, err := j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.False(t, earlier.IsOpen())

	again := payment("a/1")
	again.Amount = 60_000
	_, err = j.Begin(again, earlier)
	require.NoError(t, err)
	found, err := j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.Equal(t, djamo.XOF(60_000), found.Amount)
	require.True(t, found.IsOpen(), "what became of the first try says nothing of the second")
}

// Whatever a power cut leaves of the last line, no payment that may have left is forgotten, and none is invented.
func TestJournal_SurvivesATornLine(t *testing.T) {
	t.Parallel()
	j, dir := open(t)
	begun, err := j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	path := files(t, dir)[0]
	intent, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, begun.Record(Outcome{Result: Accepted, ID: "txn_1"}))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for n := range whole {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		found, err := j.Find(Transfer, account, "a/1")
		require.NoError(t, err, n)
		if n < len(intent)-1 { // nothing had left yet
			require.Nil(t, found, n)
			continue
		}
		require.NotNil(t, found, n)
		require.Equal(t, n < len(whole)-1, found.IsOpen(), n)
		// What is written behind the torn line is on a line of its own.
		require.NoError(t, found.Record(Outcome{Result: Unknown, ID: "later"}))
		found, err = j.Find(Transfer, account, "a/1")
		require.NoError(t, err, n)
		require.Equal(t, "later", found.Last.ID, n)
	}
	// A file of which nothing whole is left hinders no new try.
	require.NoError(t, os.WriteFile(path, whole[:20], 0o600))
	soon := time.Now().Add(time.Hour) // it stays young, however busy the machine is
	require.NoError(t, os.Chtimes(path, soon, soon))
	_, err = j.Begin(payment("a/1"), nil)
	require.ErrorIs(t, err, ErrBegun, "it may be one that is being written")
	long := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(path, long, long))
	_, err = j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	found, err := j.Find(Transfer, account, "a/1")
	require.NoError(t, err)
	require.True(t, found.IsOpen())
}

func TestBegin_OnlyOneOfManyThatBeginAtOnce(t *testing.T) {
	t.Parallel()
	j, dir := open(t)
	var began atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := j.Begin(payment("a/1"), nil)
			if err == nil {
				began.Add(1)
				return
			}
			if !strings.Contains(err.Error(), "nothing was sent") || exit.Code(err) != exit.Usage {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	require.Equal(t, int32(1), began.Load())
	require.Len(t, files(t, dir), 1, "no draft stays")
	_, err := j.Begin(payment("a/1"), nil)
	require.ErrorIs(t, err, ErrBegun)
}

func TestJournal_ListsWhatIsOpenAndWhatABatchHas(t *testing.T) {
	t.Parallel()
	j, _ := open(t)
	for i, reference := range []string{"late", "early", "done", "elsewhere"} {
		in := payment(reference)
		in.At = in.At.Add(-time.Duration(i) * time.Hour)
		if reference == "elsewhere" {
			in.Account = "api-sen.djamo.com c1"
		}
		begun, err := j.Begin(in, nil)
		require.NoError(t, err)
		if reference == "done" {
			require.NoError(t, begun.Record(Outcome{Result: Accepted, Batch: "bat_9"}))
		}
	}
	references := func(entries []*Entry) (names []string) {
		for _, e := range entries {
			names = append(names, e.Reference)
		}
		return names
	}
	pending, err := j.Pending(account)
	require.NoError(t, err)
	require.Equal(t, []string{"early", "late"}, references(pending), "oldest first")
	batch, err := j.Batch(account, "sent_1")
	require.NoError(t, err)
	require.Equal(t, []string{"done", "early", "late"}, references(batch))
	batch, err = j.Batch(account, "bat_9")
	require.NoError(t, err)
	require.Equal(t, []string{"done"}, references(batch))
}

// What cannot be written is not sent.
func TestJournal_SaysWhenItCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file)
	require.ErrorContains(t, err, "nothing was sent: the journal cannot be written")
	require.Equal(t, exit.Usage, exit.Code(err))

	j, dir := open(t)
	begun, err := j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	require.ErrorContains(t, begun.Record(Outcome{Result: Accepted}), "the outcome could not be written to the journal")
	require.Empty(t, begun.Last.Result, "what is not on the disk is not known")
	_, err = j.Begin(payment("a/2"), nil)
	require.ErrorContains(t, err, "nothing was sent: the journal cannot be written")
	require.NotContains(t, err.Error(), "+2250748710523")
}

func TestJournal_RefusesALineThatIsTooLongToBeItsOwn(t *testing.T) {
	t.Parallel()
	j, dir := open(t)
	_, err := j.Begin(payment("a/1"), nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files(t, dir)[0], []byte(strings.Repeat("x", 2<<20)), 0o600))
	_, err = j.Find(Transfer, account, "a/1")
	require.Error(t, err)
	_, err = j.Pending(account)
	require.Error(t, err)
	_, err = j.Batch(account, "sent_1")
	require.Error(t, err)
}

func TestSame_IsThePayeeAmountAndSubCompany(t *testing.T) {
	t.Parallel()
	e := Entry{Intent: payment("a/1")}
	same := djamo.TransactionParams{MSISDN: "+2250748710523", Amount: 50_000, Reference: "a/1", Description: "other", SubCompanyID: " "}
	require.True(t, e.Same(same))
	for _, change := range []func(*djamo.TransactionParams){
		func(p *djamo.TransactionParams) { p.MSISDN = "+2250748710524" },
		func(p *djamo.TransactionParams) { p.Amount++ },
		func(p *djamo.TransactionParams) { p.SubCompanyID = "subco_1" },
	} {
		other := same
		change(&other)
		require.False(t, e.Same(other), other)
	}
}
